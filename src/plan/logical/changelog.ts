import type { Field } from '../../core/schema.ts'
import { STRING, TIMESTAMP } from '../../core/type.ts'
import type { LogicalPlan, NodeBase } from './nodes.ts'

/** The changes of a table as a stream: which change it is, the row, and when it changed. */
export interface ToChangelogNode extends NodeBase {
  readonly kind: 'to-changelog'
  readonly input: LogicalPlan
  readonly op: string
  readonly timed: boolean
}

/** A table of the changes that a stream brings. */
export interface FromChangelogNode extends NodeBase {
  readonly kind: 'from-changelog'
  readonly input: LogicalPlan
  /** Columns of the input: which change it is, and what identifies a row. */
  readonly op: number
  readonly partitionBy: readonly number[]
}

export const OP_TIME = 'op_time'

/** `op` is the name of the first column. */
export function toChangelog(input: LogicalPlan, op: string): ToChangelogNode {
  const { schema } = input
  const timed = schema.timeColumn !== undefined
  const kind: Field = { name: op, type: STRING, nullable: false }
  const time: Field = { name: OP_TIME, type: TIMESTAMP, nullable: true }
  const fields = [kind, ...schema.fields, ...(timed ? [time] : [])]
  const timeColumn = timed ? fields.length - 1 : undefined
  return {
    kind: 'to-changelog',
    input,
    op,
    timed,
    schema: { fields, key: [], timeColumn, mode: 'append' },
    keys: [],
    window: undefined,
  }
}

export function fromChangelog(input: LogicalPlan, op: number, partitionBy: readonly number[]): FromChangelogNode {
  const { schema } = input
  const key = partitionBy.map((index) => withoutOp(index, op))
  const fields = schema.fields
    .filter((_, i) => i !== op)
    .map((field, i) => (key.includes(i) ? { ...field, nullable: false } : field))
  const { timeColumn: time } = schema
  const timeColumn = time === undefined || time === op ? undefined : withoutOp(time, op)
  return {
    kind: 'from-changelog',
    input,
    op,
    partitionBy,
    schema: { fields, key, timeColumn, mode: 'upsert' },
    keys: [key],
    window: undefined,
  }
}

/** Where a column of the input is in the result. */
export function withoutOp(index: number, op: number): number {
  return index < op ? index : index - 1
}

/** Of the input, a column of the result. */
export function withOp(index: number, op: number): number {
  return index < op ? index : index + 1
}
