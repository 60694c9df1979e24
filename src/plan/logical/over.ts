import { must } from '../../core/assert.ts'
import type { Field } from '../../core/schema.ts'
import type { AggregateCall, LatePolicy } from '../physical/nodes.ts'
import { type OverFrame, type OverNeighbour, rowsAhead } from '../physical/over-step.ts'
import type { LogicalPlan, NodeBase } from './nodes.ts'

/** Each row with aggregates of those around it, and values of them, behind its columns; in the order of event time. */
export interface OverNode extends NodeBase {
  readonly kind: 'over'
  readonly input: LogicalPlan
  readonly partitionBy: readonly number[]
  readonly aggregates: readonly AggregateCall[]
  readonly frame: OverFrame
  readonly neighbours?: readonly OverNeighbour[] | undefined
  readonly late?: LatePolicy | undefined
}

/** Over rows that are only ever added. */
export function over(
  input: LogicalPlan,
  { partitionBy, aggregates, frame, neighbours, late }: Omit<OverNode, keyof NodeBase | 'kind' | 'input'>,
): OverNode {
  const { schema, keys, window } = input
  const types = [...aggregates, ...(neighbours ?? []).map((one) => must(schema.fields[one.argument], 'a column'))]
  const first = schema.fields.filter((field) => field.name.startsWith('_over')).length
  const added = types.map(({ type }, i): Field => ({ name: `_over${first + i}`, type, nullable: true }))
  const fields = [...schema.fields, ...added]
  const own = { kind: 'over', input, partitionBy, aggregates, frame, neighbours, late, keys } as const
  if (rowsAhead(own) === 0) return { ...own, schema: { ...schema, fields }, window }
  // A row that waits for others may come out when its time, and that of its window, is long over.
  return { ...own, schema: { ...schema, fields, timeColumn: undefined }, window: undefined }
}
