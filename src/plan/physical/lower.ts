// Logical plan to steps: ids, where rows must meet by key, who needs the row that a change replaces, what a scan
// decodes. Walks from the end, because need comes from there; steps come out inputs first.

import { assert } from '../../core/assert.ts'
import type { ChangelogMode, Schema } from '../../core/schema.ts'
import { columnsOf, some } from '../expression-tree.ts'
import { type FromChangelogNode, withoutOp } from '../logical/changelog.ts'
import { isLeftOnly, type JoinNode } from '../logical/join.ts'
import { type LogicalPlan, NO_LATE_ROWS, type ScanNode, type TopNNode } from '../logical/nodes.ts'
import { isLookup, isLookupJoin } from '../lookups.ts'
import { lowerScan } from './lower-scan.ts'
import type { ConnectorSpec, FormatSpec, PhysicalPlan, QueryOptions, Step } from './nodes.ts'

export interface SinkTarget {
  readonly connector: ConnectorSpec
  readonly format: FormatSpec
  /** The schema as the connector sees it; undefined: that of the query. */
  readonly schema: Schema | undefined
}

interface Lowered {
  readonly id: string
  readonly schema: Schema
  /** Columns by whose values the rows have met already. */
  readonly partitionedBy: readonly number[] | undefined
}

export function lower(plan: LogicalPlan, sink: SinkTarget, options: QueryOptions): PhysicalPlan {
  const lowering = new Lowering(options)
  // Without a key nothing tells which row a change is about, but the row itself.
  const last = lowering.lower(plan, plan.schema.mode !== 'append' && plan.schema.key.length === 0)
  const schema = sink.schema === undefined ? last.schema : { ...sink.schema, mode: last.schema.mode }
  lowering.add({ kind: 'sink', inputs: [last.id], schema, connector: sink.connector, format: sink.format })
  return { version: 1, steps: lowering.steps, schema, options }
}

type StepWithoutId = Step extends infer S ? (S extends Step ? Omit<S, 'id' | 'version'> : never) : never

class Lowering {
  readonly steps: Step[] = []
  readonly #options: QueryOptions
  readonly #counts = new Map<string, number>()
  /** What is lowered is a table that a stream looks up. */
  #bootstrap = false

  constructor(options: QueryOptions) {
    this.#options = options
  }

  add(step: StepWithoutId): string {
    const id = this.#id(step)
    this.steps.push({ id, version: 1, ...step } as Step)
    return id
  }

  #id(step: StepWithoutId): string {
    const base = step.kind === 'scan' ? `scan-${step.relation || 'one-row'}` : step.kind
    const count = (this.#counts.get(base) ?? 0) + 1
    this.#counts.set(base, count)
    return step.kind === 'scan' && count === 1 ? base : `${base}-${count}`
  }

  /** `needsOld`: whoever reads the rows has to see the row that a change replaces. */
  lower(node: LogicalPlan, needsOld: boolean): Lowered {
    switch (node.kind) {
      case 'scan':
        return this.#scan(node, needsOld)
      case 'filter': {
        // now() apart: with it a row passes at one time and not at another.
        const steady = !some(node.predicate, (one) => one.kind === 'call' && one.function === 'now')
        const keyed = steady && isWithin(columnsOf(node.predicate), node.input.schema.key)
        const input = this.lower(node.input, needsOld || (changes(node.input) && !keyed))
        const byKey = keyed && changes(node.input) ? { byKey: true } : {}
        const { predicate } = node
        const id = this.add({ kind: 'filter', inputs: [input.id], schema: input.schema, predicate, ...byKey })
        return { ...input, id }
      }
      case 'project': {
        const keepsKey = node.schema.key.length > 0
        const input = this.lower(node.input, needsOld || (changes(node.input) && !keepsKey))
        const schema = withMode(node.schema, input.schema.mode)
        const id = this.add({ kind: 'project', inputs: [input.id], schema, expressions: node.expressions })
        const partitionedBy = input.partitionedBy?.map((index) =>
          node.expressions.findIndex((one) => one.kind === 'column' && one.index === index),
        )
        return { id, schema, partitionedBy: partitionedBy?.includes(-1) ? undefined : partitionedBy }
      }
      case 'union': {
        const inputs = node.inputs.map((input) => this.lower(input, changes(input)))
        const id = this.add({ kind: 'union', inputs: inputs.map((input) => input.id), schema: node.schema })
        return { id, schema: node.schema, partitionedBy: undefined }
      }
      case 'join':
        return this.#join(node, needsOld)
      case 'over': {
        const input = this.#exchange(this.lower(node.input, false), node.partitionBy)
        const { partitionBy: keys, aggregates, frame, neighbours, late: latePolicy } = node
        const of = { keys, aggregates, frame, neighbours, latePolicy }
        const id = this.add({ kind: 'over', inputs: [input.id], schema: node.schema, ...of })
        return { id, schema: node.schema, partitionedBy: keys }
      }
      case 'match-recognize': {
        const input = this.#exchange(this.lower(node.input, false), node.partitionBy)
        const {
          schema,
          partitionBy: keys,
          variables,
          pattern,
          withinMs,
          afterMatch,
          values,
          conditions,
          measures,
        } = node
        const parts = { keys, variables, pattern, withinMs, afterMatch, values, conditions, measures }
        const latePolicy = node.late
        const id = this.add({ kind: 'match-recognize', inputs: [input.id], schema, ...parts, latePolicy })
        return { id, schema, partitionedBy: keys.map((_, i) => i) }
      }
      case 'unnest': {
        const input = this.lower(node.input, changes(node.input))
        const schema = withMode(node.schema, input.schema.mode)
        const { expression, ordinality, outer } = node
        const id = this.add({ kind: 'unnest', inputs: [input.id], schema, expression, ordinality, outer })
        return { id, schema, partitionedBy: input.partitionedBy }
      }
      case 'to-changelog': {
        const input = this.lower(node.input, changes(node.input))
        const { schema, timed } = node
        const id = this.add({ kind: 'to-changelog', inputs: [input.id], schema, timed })
        return { id, schema, partitionedBy: input.partitionedBy?.map((index) => index + 1) }
      }
      case 'from-changelog':
        return this.#fromChangelog(node, needsOld)
      case 'window-assign': {
        const input = this.lower(node.input, changes(node.input))
        assert(node.spec.kind !== 'session', 'session windows belong to an aggregate')
        const schema = withMode(node.schema, input.schema.mode)
        const id = this.add({
          kind: 'window-assign',
          inputs: [input.id],
          schema,
          window: node.spec,
          time: node.time,
          latePolicy: node.late,
        })
        return { id, schema, partitionedBy: input.partitionedBy }
      }
      case 'window-aggregate':
      case 'group-aggregate':
        return this.#aggregate(node, needsOld)
      case 'deduplicate': {
        const input = this.#exchange(this.lower(node.input, changes(node.input)), node.partitionBy)
        const schema = withMode(node.schema, modeOf(node, needsOld))
        const id = this.add({
          kind: 'deduplicate',
          inputs: [input.id],
          schema,
          keys: node.partitionBy,
          keep: node.keep,
          withinMs: node.withinMs,
          latePolicy: node.late,
          ttlMs: this.#options.stateTtlMs,
        })
        return { id, schema, partitionedBy: node.partitionBy }
      }
      case 'top-n': {
        const meetBy = movesBetweenTasks(node) ? [] : node.partitionBy
        const input = this.#exchange(this.lower(node.input, changes(node.input)), meetBy)
        const schema = withMode(node.schema, modeOf(node, needsOld))
        const id = this.add({
          kind: 'top-n',
          inputs: [input.id],
          schema,
          partitionBy: node.partitionBy,
          orderBy: node.orderBy,
          limit: node.limit,
          withRank: node.withRank,
          retractions: schema.mode === 'retract',
          windowEndColumn: node.windowEndColumn,
          ttlMs: this.#options.stateTtlMs,
        })
        return { id, schema, partitionedBy: meetBy }
      }
      case 'limit': {
        const input = this.lower(node.input, needsOld)
        const id = this.add({ kind: 'limit', inputs: [input.id], schema: input.schema, count: node.count })
        return { ...input, id }
      }
      case 'throttle': {
        const input = this.lower(node.input, needsOld)
        const { schema } = input
        const id = this.add({ kind: 'throttle', inputs: [input.id], schema, keys: schema.key, everyMs: node.everyMs })
        return { ...input, id }
      }
    }
  }

  #scan(node: ScanNode, needsOld: boolean): Lowered {
    const step = this.#bootstrap && !node.bounded ? { ...lowerScan(node), bootstrap: true } : lowerScan(node)
    const id = this.add(step)
    return this.#normalized({ id, schema: step.schema, partitionedBy: undefined }, needsOld)
  }

  #fromChangelog(node: FromChangelogNode, needsOld: boolean): Lowered {
    const { schema, op, partitionBy } = node
    const input = this.#exchange(this.lower(node.input, false), partitionBy)
    const id = this.add({ kind: 'from-changelog', inputs: [input.id], schema, op, keys: schema.key })
    const partitionedBy = input.partitionedBy?.map((index) => withoutOp(index, op))
    return this.#normalized({ id, schema, partitionedBy }, needsOld)
  }

  /** Upserts with the rows that they replace, where those are needed. */
  #normalized(upserts: Lowered, needsOld: boolean): Lowered {
    const { schema } = upserts
    if (!needsOld || schema.mode !== 'upsert') return upserts
    const normal = withMode(schema, 'retract')
    const exchanged = this.#exchange(upserts, schema.key)
    const normalized = this.add({ kind: 'normalize', inputs: [exchanged.id], schema: normal, keys: schema.key })
    return { id: normalized, schema: normal, partitionedBy: schema.key }
  }

  #aggregate(node: Extract<LogicalPlan, { kind: 'window-aggregate' | 'group-aggregate' }>, needsOld: boolean): Lowered {
    const input = this.#exchange(this.lower(node.input, changes(node.input)), node.groupBy)
    // A session that grows or merges gets other bounds: what it was has to be taken back.
    const moves = node.kind === 'window-aggregate' && node.spec.kind === 'session'
    const schema = withMode(node.schema, modeOf(node, needsOld || moves))
    const common = {
      inputs: [input.id],
      schema,
      keys: node.groupBy,
      aggregates: node.aggregates,
      retractions: schema.mode === 'retract',
      emit: node.emit,
    }
    const partitionedBy = node.groupBy.map((_, i) => i)
    if (node.kind === 'group-aggregate') {
      const id = this.add({ kind: 'group-aggregate', ...common, ttlMs: this.#options.stateTtlMs })
      return { id, schema, partitionedBy }
    }
    const { spec, time, late } = node
    const id =
      spec.kind === 'session'
        ? this.add({
            kind: 'session-aggregate',
            ...common,
            gapMs: spec.gapMs,
            maxMs: spec.maxMs,
            time,
            latePolicy: late,
          })
        : this.add({ kind: 'window-aggregate', ...common, window: spec, time, latePolicy: late })
    return { id, schema, partitionedBy }
  }

  /** The store is asked wherever the rows are: they need not meet. */
  #lookUp({ left, right, leftKeys, rightKeys, type, condition, schema: joined }: JoinNode): Lowered {
    assert(isLookup(right) && (type === 'inner' || type === 'left'), 'a store is asked by a stream')
    const input = this.lower(left, false)
    const { name, connector } = right.relation
    const schema = withMode(joined, 'append')
    const id = this.add({
      kind: 'lookup-join',
      inputs: [input.id],
      schema,
      type,
      leftKeys,
      condition,
      relation: name,
      connector,
      columns: right.schema.fields,
      keys: rightKeys,
    })
    return { id, schema, partitionedBy: input.partitionedBy }
  }

  #join(node: JoinNode, needsOld: boolean): Lowered {
    if (isLookupJoin(node)) return this.#lookUp(node)
    const { match, type, leftKeys, rightKeys, condition } = node
    const left = this.#joined(node.left, leftKeys, type !== 'inner' && type !== 'right')
    const bootstrapped = this.#bootstrap
    this.#bootstrap ||= match.kind === 'latest'
    const right = this.#joined(node.right, rightKeys, type === 'right' || type === 'full')
    this.#bootstrap = bootstrapped
    const partitionedBy = isLeftOnly(type) || type === 'left' || type === 'inner' ? leftKeys : undefined
    const base = { inputs: [left.id, right.id], leftKeys, rightKeys, condition }
    switch (match.kind) {
      case 'interval': {
        assert(type !== 'semi' && type !== 'anti', 'IN and EXISTS are about tables')
        const { lowerMs, upperMs, late: latePolicy } = match
        const schema = withMode(node.schema, 'append')
        const id = this.add({ kind: 'interval-join', ...base, type, schema, lowerMs, upperMs, latePolicy })
        return { id, schema, partitionedBy }
      }
      case 'latest':
      case 'as-of': {
        assert(type !== 'right' && type !== 'full', 'a table is looked up by a stream')
        const schema = withMode(node.schema, 'append')
        const waitMs = match.kind === 'as-of' ? match.waitMs : undefined
        const latePolicy = match.kind === 'as-of' ? match.late : NO_LATE_ROWS
        const row = match.kind === 'latest' && match.many ? 'latest-rows' : match.kind
        const id = this.add({ kind: 'temporal-join', ...base, type, schema, row, waitMs, latePolicy })
        return { id, schema, partitionedBy }
      }
      case 'changes': {
        const moves = movesWithinJoin(node)
        const schema = withMode(node.schema, modeOf(node, needsOld || moves))
        const id = this.add({
          kind: 'table-join',
          ...base,
          type,
          schema,
          retractions: schema.mode === 'retract',
          final: match.bounded,
          ttlMs: this.#options.stateTtlMs,
        })
        if (!moves) return { id, schema, partitionedBy }
        const exchanged = this.#exchange({ id, schema, partitionedBy: undefined }, schema.key)
        const ordered = withMode(node.schema, modeOf(node, needsOld))
        const reordered = this.add({ kind: 'reorder', inputs: [exchanged.id], schema: ordered, keys: schema.key })
        return { id: reordered, schema: ordered, partitionedBy: schema.key }
      }
    }
  }

  /**
   * A side of a join, where its rows have met by the keys in just their order, as those of the other side have. The old
   * row is needed where it may have met elsewhere, and where a row with a NULL, which is not kept, comes out (`alone`).
   */
  #joined(node: LogicalPlan, keys: readonly number[], alone: boolean): Lowered {
    const mayBeNull = alone && keys.some((one) => node.schema.fields[one]?.nullable)
    const input = this.lower(node, changes(node) && (mayBeNull || !isWithin(new Set(keys), node.schema.key)))
    const { partitionedBy } = input
    const met = partitionedBy?.length === keys.length && keys.every((one, i) => partitionedBy[i] === one)
    if (met) return input
    const id = this.add({ kind: 'exchange', inputs: [input.id], schema: input.schema, keys })
    return { ...input, id, partitionedBy: keys }
  }

  /** Rows that agree in `keys` meet in one task. Those that met by some of the keys already did. */
  #exchange(input: Lowered, keys: readonly number[]): Lowered {
    const { partitionedBy } = input
    if (partitionedBy !== undefined && partitionedBy.length > 0 && partitionedBy.every((one) => keys.includes(one))) {
      return input
    }
    const id = this.add({ kind: 'exchange', inputs: [input.id], schema: input.schema, keys })
    return { ...input, id, partitionedBy: keys }
  }
}

function changes(node: LogicalPlan): boolean {
  return node.schema.mode !== 'append'
}

/**
 * A row whose change takes it to another partition, and so to another task: one would say that it is there, the other
 * that it is gone, and nobody knows who speaks last. Such rows meet in one task.
 */
function movesBetweenTasks({ partitionBy, schema }: TopNNode): boolean {
  return schema.mode !== 'append' && schema.key.length > 0 && !partitionBy.every((one) => schema.key.includes(one))
}

/**
 * A change of a row may take it to another key of the join, and so to another task, while it stays the same row of the
 * result: then the two tasks' changes of it come in any order.
 */
function movesWithinJoin({ schema, left, type, leftKeys, rightKeys }: JoinNode): boolean {
  if (schema.mode === 'append' || schema.key.length === 0) return false
  const width = left.schema.fields.length
  const fixed = leftKeys.every((one, i) => {
    const onLeft = schema.key.includes(one)
    const onRight = !isLeftOnly(type) && schema.key.includes((rightKeys[i] as number) + width)
    // The column of a side that is missing is NULL, and says nothing.
    if (type === 'full') return onLeft && onRight
    if (type === 'right') return onRight
    return onLeft || (type === 'inner' && onRight)
  })
  return !fixed
}

function modeOf(node: LogicalPlan, needsOld: boolean): ChangelogMode {
  if (!changes(node)) return 'append'
  return needsOld || node.schema.key.length === 0 ? 'retract' : 'upsert'
}

function withMode(schema: Schema, mode: ChangelogMode): Schema {
  return schema.mode === mode ? schema : { ...schema, mode }
}

function isWithin(columns: ReadonlySet<number>, key: readonly number[]): boolean {
  return [...columns].every((one) => key.includes(one))
}
