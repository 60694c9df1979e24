import type { Field } from '../../core/schema.ts'
import type { AggregateCall, OverFrame } from '../physical/nodes.ts'
import type { LogicalPlan, NodeBase } from './nodes.ts'

/** Each row with aggregates of the rows before it, in the order of event time, behind its columns. */
export interface OverNode extends NodeBase {
  readonly kind: 'over'
  readonly input: LogicalPlan
  readonly partitionBy: readonly number[]
  readonly aggregates: readonly AggregateCall[]
  readonly frame: OverFrame
}

/** Over rows that are only ever added. */
export function over(
  input: LogicalPlan,
  { partitionBy, aggregates, frame }: Pick<OverNode, 'partitionBy' | 'aggregates' | 'frame'>,
): OverNode {
  const added = aggregates.map((one, i): Field => ({ name: `_over${i}`, type: one.type, nullable: true }))
  const { schema, keys, window } = input
  const fields = [...schema.fields, ...added]
  return { kind: 'over', input, partitionBy, aggregates, frame, schema: { ...schema, fields }, keys, window }
}
