// The join node: how rows of two inputs meet, and what is known of the rows that come of it.

import type { Field, Schema } from '../../core/schema.ts'
import type { DurationMs } from '../../core/time.ts'
import type { Expression } from '../physical/expression.ts'
import type { JoinType } from '../physical/join-steps.ts'
import type { LatePolicy } from '../physical/nodes.ts'
import type { LogicalPlan, NodeBase } from './nodes.ts'

/**
 * Which rows may meet, beside the equality of keys:
 *
 * - `interval`: two streams, the right row between `lowerMs` and `upperMs` after the left one (negative: before);
 * - `latest`: a stream and the row that a table has now, or `many` rows where they may have the same key;
 * - `as-of`: a stream and the row that a table had at the event time of the stream's row;
 * - `changes`: two tables; the result changes with either.
 */
export type JoinMatch =
  | {
      readonly kind: 'interval'
      readonly lowerMs: DurationMs
      readonly upperMs: DurationMs
      readonly late: LatePolicy
    }
  | { readonly kind: 'latest'; readonly many?: boolean | undefined }
  | { readonly kind: 'as-of'; readonly waitMs: DurationMs; readonly late: LatePolicy }
  /** `bounded`: of inputs that end; each row comes out once, at the end. */
  | { readonly kind: 'changes'; readonly bounded: boolean }

export interface JoinNode extends NodeBase {
  readonly kind: 'join'
  readonly left: LogicalPlan
  readonly right: LogicalPlan
  readonly type: JoinType
  /** Columns that are equal, pair by pair; NULL is equal to nothing. */
  readonly leftKeys: readonly number[]
  readonly rightKeys: readonly number[]
  /** Over the columns of both, those of the left first; has to be TRUE as well. */
  readonly condition: Expression | undefined
  readonly match: JoinMatch
}

export type JoinParts = Pick<JoinNode, 'type' | 'leftKeys' | 'rightKeys' | 'condition' | 'match'>

export function join(left: LogicalPlan, right: LogicalPlan, parts: JoinParts): JoinNode {
  const { type, leftKeys, rightKeys, condition, match } = parts
  const width = left.schema.fields.length
  const keys = keysOf(left, right, parts)
  const time = timeColumn(left.schema, right.schema, type, match, width)
  const mode = modeOf(left, right, parts, keys)
  return {
    kind: 'join',
    left,
    right,
    type,
    leftKeys,
    rightKeys,
    condition,
    match,
    schema: { fields: joinedFields(left.schema, right.schema, type), key: keys[0] ?? [], timeColumn: time, mode },
    keys,
    // Bounds of windows are columns of the result still, and where both sides agree in them they say the same.
    window: left.window !== undefined && hasLeft(type) ? left.window : undefined,
  }
}

/** True for joins whose rows are rows of the left side alone. */
export function isLeftOnly(type: JoinType): boolean {
  return type === 'semi' || type === 'anti'
}

/** The columns of the left are never missing. */
function hasLeft(type: JoinType): boolean {
  return type !== 'right' && type !== 'full'
}

function joinedFields(left: Schema, right: Schema, type: JoinType): readonly Field[] {
  if (isLeftOnly(type)) return left.fields
  const leftMayMiss = type === 'right' || type === 'full'
  const rightMayMiss = type === 'left' || type === 'full'
  return [
    ...left.fields.map((one) => orNull(one, leftMayMiss)),
    ...right.fields.map((one) => orNull(one, rightMayMiss)),
  ]
}

function orNull(field: Field, mayMiss: boolean): Field {
  return mayMiss && !field.nullable ? { ...field, nullable: true } : field
}

/**
 * The event time of a joined row: that of the side whose rows all come out, of the left where both do or neither. A
 * FULL join has none that is always there.
 */
function timeColumn(left: Schema, right: Schema, type: JoinType, match: JoinMatch, width: number): number | undefined {
  if (match.kind === 'changes') return match.bounded || !isLeftOnly(type) ? undefined : left.timeColumn
  if (type === 'full') return undefined
  if (type !== 'right') return left.timeColumn
  return right.timeColumn === undefined ? undefined : right.timeColumn + width
}

/** Sets of columns that identify a joined row, the shortest first. */
function keysOf(left: LogicalPlan, right: LogicalPlan, parts: JoinParts): readonly (readonly number[])[] {
  const { type, leftKeys, rightKeys } = parts
  if (isLeftOnly(type)) return left.keys
  const width = left.schema.fields.length
  const shifted = right.keys.map((key) => key.map((index) => index + width))
  const keys: (readonly number[])[] = []
  // One row of the other side at most: what identifies this side's row identifies the pair.
  if (isUniqueBy(right, rightKeys) && type !== 'right' && type !== 'full') keys.push(...left.keys)
  if (isUniqueBy(left, leftKeys) && type !== 'left' && type !== 'full') keys.push(...shifted)
  for (const one of left.keys) for (const other of shifted) keys.push([...one, ...other])
  return keys
}

/** No two rows of the input agree in these columns. */
export function isUniqueBy(input: LogicalPlan, columns: readonly number[]): boolean {
  return input.keys.some((key) => key.length > 0 && key.every((index) => columns.includes(index)))
}

function modeOf(
  left: LogicalPlan,
  right: LogicalPlan,
  { type, match }: JoinParts,
  keys: readonly (readonly number[])[],
): Schema['mode'] {
  if (match.kind !== 'changes' || match.bounded) return 'append'
  const appends = left.schema.mode === 'append' && right.schema.mode === 'append'
  if (appends && (type === 'inner' || type === 'semi')) return 'append'
  return keys.length === 0 ? 'retract' : 'upsert'
}
