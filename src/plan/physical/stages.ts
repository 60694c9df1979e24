import { must } from '../../core/assert.ts'
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

/** A LIMIT counts all rows, so they meet in one task before it. */
function withExchangedLimits(plan: PhysicalPlan): PhysicalPlan {
  const steps = plan.steps.flatMap((step): Step[] => {
    if (step.kind !== 'limit') return [step]
    const input = must(
      plan.steps.find(({ id }) => id === step.inputs[0]),
      'a limit has an input',
    )
    if (input.kind === 'exchange' && input.keys.length === 0) return [step]
    const id = `${step.id}-exchange`
    const exchange = { id, version: 1, kind: 'exchange', inputs: [input.id], schema: input.schema, keys: [] } as const
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
  const visit = (group: Set<string>): void => {
    if (ordered.includes(group)) return
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
