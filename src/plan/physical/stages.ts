import { assert, must } from '../../core/assert.ts'
import type { ConnectorSpec, ExchangeStep, PhysicalPlan, ScanStep, SinkStep, Step } from './nodes.ts'

/**
 * A plan cut at its exchanges, for a log whose partitions are read by different tasks: each stage is a plan of its own,
 * which runs once a partition. Where the plan exchanges rows, the stage before writes them to a topic by their key, and
 * the stage behind reads them. Steps keep their ids, and with them their state.
 */
export interface Stage {
  /** From 0, each behind those that it reads from. */
  readonly number: number
  readonly plan: PhysicalPlan
  /** Ids of the exchanges that it reads. */
  readonly reads: readonly string[]
  /** Ids of the exchanges that it writes. */
  readonly writes: readonly string[]
  /** All rows meet in one task: it aggregates without a key. */
  readonly single: boolean
}

/** The connector of both ends of an exchange. The runtime adds the topic, and what it knows of the tasks. */
export function exchangeConnector(exchange: ExchangeStep): ConnectorSpec {
  return { kind: 'exchange', options: { exchange: exchange.id, keys: exchange.keys.join(',') } }
}

/** The columns by whose values the rows meet, from a connector of exchangeConnector. */
export function exchangeKeys({ options }: ConnectorSpec): readonly number[] {
  return (options['keys'] ?? '').split(',').filter(Boolean).map(Number)
}

export function cutIntoStages(whole: PhysicalPlan): readonly Stage[] {
  const plan = withExchangedLimits(whole)
  const byId = new Map(plan.steps.map((step) => [step.id, step]))
  const groups = connected(plan, byId)
  return groups.map((own, number) => {
    const reads: ExchangeStep[] = []
    const writes: ExchangeStep[] = []
    for (const step of plan.steps) {
      if (step.kind !== 'exchange') continue
      // An exchange belongs to what reads it; its input writes it.
      if (own.has(step.id)) reads.push(step)
      if (own.has(must(step.inputs[0], 'an exchange has an input'))) writes.push(step)
    }
    const steps = [
      ...reads.map(exchangeScan),
      ...plan.steps.filter((step) => own.has(step.id) && step.kind !== 'exchange'),
      ...writes.map((exchange) => exchangeSink(exchange, must(byId.get(exchange.inputs[0] ?? ''), 'an input'))),
    ]
    return {
      number,
      plan: { ...plan, steps },
      reads: reads.map(({ id }) => id),
      writes: writes.map(({ id }) => id),
      single: reads.some(({ keys }) => keys.length === 0),
    }
  })
}

/**
 * Tasks of a stage: as many as its sources have partitions, or as its exchanges have. Sources that meet in one stage
 * without an exchange are read side by side, each task the partitions of its own number.
 */
export function stageTasks(stage: Stage, partitionsOf: (scan: ScanStep) => number, exchangePartitions: number): number {
  if (stage.single) return 1
  const counts = stage.plan.steps.flatMap((step) => {
    if (step.kind !== 'scan') return []
    return [step.connector.kind === 'exchange' ? exchangePartitions : partitionsOf(step)]
  })
  return Math.max(1, ...counts)
}

/**
 * Tasks that run go on only where the stages stay: a step with state in the stage where it is, and between stages rows
 * of the same form, since some are under way. True, or the reason why not.
 */
export function sameStages(before: PhysicalPlan, after: PhysicalPlan): true | string {
  const old = exchangedRows(before)
  const next = exchangedRows(after)
  if (old.size !== next.size) return `it has ${next.size + 1} stages instead of ${old.size + 1}`
  for (const [id, rows] of old) if (next.get(id) !== rows) return `other rows would go through ${id}`
  return true
}

/** By exchange: the stages at both ends, and the form of its rows. */
function exchangedRows(plan: PhysicalPlan): ReadonlyMap<string, string> {
  const ends = cutIntoStages(plan).flatMap((stage) =>
    stage.plan.steps.flatMap((step) => {
      if ((step.kind !== 'scan' && step.kind !== 'sink') || step.connector.kind !== 'exchange') return []
      return [
        { id: step.id, end: [step.kind, stage.number, step.connector, step.schema.fields.map((one) => one.type)] },
      ]
    }),
  )
  const rows = new Map<string, string>()
  for (const { id, end } of ends) rows.set(id, `${rows.get(id) ?? ''}${JSON.stringify(end)}`)
  return rows
}

/** A LIMIT counts all rows, so they meet in one task before it. */
function withExchangedLimits(plan: PhysicalPlan): PhysicalPlan {
  const byId = new Map(plan.steps.map((step) => [step.id, step]))
  const inputOf = (step: Step): Step => must(byId.get(step.inputs[0] ?? ''), 'a step has an input')
  const meet = (step: Step): boolean => {
    if (step.kind === 'exchange') return step.keys.length === 0
    return step.kind !== 'scan' && step.inputs.every((id) => meet(must(byId.get(id), 'an input')))
  }
  const steps = plan.steps.flatMap((step): Step[] => {
    if (step.kind !== 'limit' || meet(inputOf(step))) return [step]
    const { id: input, schema } = inputOf(step)
    const id = `${step.id}-exchange`
    const exchange = { id, version: 1, kind: 'exchange', inputs: [input], schema, keys: [] } as const
    return [exchange, { ...step, inputs: [id] }]
  })
  return { ...plan, steps }
}

/** Steps that are joined by anything but an exchange, in the order of the plan. */
function connected(plan: PhysicalPlan, byId: ReadonlyMap<string, Step>): readonly ReadonlySet<string>[] {
  const parent = new Map(plan.steps.map(({ id }) => [id, id]))
  const root = (id: string): string => {
    const up = must(parent.get(id), 'a step of the plan')
    return up === id ? id : root(up)
  }
  for (const step of plan.steps) {
    if (step.kind === 'exchange') continue
    for (const input of step.inputs) parent.set(root(input), root(step.id))
  }
  const groups = new Map<string, Set<string>>()
  for (const { id } of plan.steps) {
    const group = groups.get(root(id)) ?? new Set()
    groups.set(root(id), group.add(id))
  }
  return inOrder([...groups.values()], byId)
}

/** Each group behind those whose rows it reads. */
function inOrder(groups: readonly Set<string>[], byId: ReadonlyMap<string, Step>): readonly ReadonlySet<string>[] {
  const ordered: Set<string>[] = []
  const underWay = new Set<Set<string>>()
  const visit = (group: Set<string>): void => {
    if (ordered.includes(group)) return
    assert(!underWay.has(group), 'rows that went through an exchange do not meet those of before it')
    underWay.add(group)
    for (const id of group) {
      const step = must(byId.get(id), 'a step of the plan')
      if (step.kind !== 'exchange') continue
      visit(
        must(
          groups.find((one) => one.has(step.inputs[0] ?? '')),
          'the input of an exchange is in a stage',
        ),
      )
    }
    ordered.push(group)
  }
  for (const group of groups) visit(group)
  return ordered
}

function exchangeScan(exchange: ExchangeStep): ScanStep {
  const { id, schema } = exchange
  return {
    kind: 'scan',
    id,
    version: 1,
    inputs: [],
    schema,
    relation: id,
    connector: exchangeConnector(exchange),
    format: { envelope: 'plain', encoding: 'rows', options: {} },
    fields: schema.fields.map((field, i) => ({ ...field, from: 'value', path: [String(i)] })),
    computed: [],
    // Event times and watermarks come with the rows.
    watermark: undefined,
    onError: 'fail',
    deadLetter: undefined,
    startup: { kind: 'earliest' },
  }
}

function exchangeSink(exchange: ExchangeStep, input: Step): SinkStep {
  return {
    kind: 'sink',
    id: exchange.id,
    version: 1,
    inputs: [input.id],
    schema: exchange.schema,
    connector: exchangeConnector(exchange),
    format: { envelope: 'plain', encoding: 'rows', options: {} },
  }
}
