// What the condition of a join says: which columns are equal, how far apart in time rows may be, and the rest.

import type { DurationMs } from '../../core/time.ts'
import { allOf, columnsOf, sameExpression } from '../expression-tree.ts'
import type { CallExpression, Expression } from '../physical/expression.ts'

/** Two expressions, one over each side, each by the positions of its own side. */
export interface EqualPair {
  readonly left: Expression
  readonly right: Expression
}

/** How much later than the left row the right one is; a side that the condition leaves open is undefined. */
export interface TimeBounds {
  readonly lowerMs: DurationMs | undefined
  readonly upperMs: DurationMs | undefined
}

export interface JoinCondition {
  readonly pairs: readonly EqualPair[]
  readonly bounds: TimeBounds
  /** What is neither; over the columns of both sides. */
  readonly rest: Expression | undefined
}

/** The time columns of both sides, among the columns of both. */
export interface TimeColumns {
  readonly left: number | undefined
  readonly right: number | undefined
}

/** `width`: columns of the left side, which come first. */
export function analyseCondition(condition: Expression | undefined, width: number, times: TimeColumns): JoinCondition {
  const pairs: EqualPair[] = []
  const rest: Expression[] = []
  let bounds: TimeBounds = { lowerMs: undefined, upperMs: undefined }
  for (const one of condition === undefined ? [] : flatConjuncts(condition)) {
    const bound = timeBound(one, times)
    if (bound !== undefined) {
      bounds = tighter(bounds, bound)
      // A bound that leaves its own end out is kept within it, and looked at row by row.
      if (isStrict(one)) rest.push(one)
      continue
    }
    const pair = equalPair(one, width)
    if (pair === undefined) rest.push(one)
    else if (!pairs.some((known) => sameExpression(known.left, pair.left) && sameExpression(known.right, pair.right))) {
      pairs.push(pair)
    }
  }
  return { pairs, bounds, rest: rest.length === 0 ? undefined : allOf(rest) }
}

/** All that has to hold, ANDs within ANDs opened. */
export function flatConjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.operands.flatMap(flatConjuncts) : [expression]
}

function equalPair(one: Expression, width: number): EqualPair | undefined {
  if (one.kind !== 'call' || one.function !== 'equal') return undefined
  const [a, b] = one.arguments as readonly [Expression, Expression]
  const sides = [sideOf(a, width), sideOf(b, width)]
  if (sides[0] === 'left' && sides[1] === 'right') return { left: a, right: b }
  if (sides[0] === 'right' && sides[1] === 'left') return { left: b, right: a }
  return undefined
}

/** The side that an expression is about; undefined for both or neither. */
export function sideOf(expression: Expression, width: number): 'left' | 'right' | undefined {
  const columns = [...columnsOf(expression)]
  if (columns.length === 0) return undefined
  if (columns.every((index) => index < width)) return 'left'
  return columns.every((index) => index >= width) ? 'right' : undefined
}

// ---- time ------------------------------------------------------------------------------------------------------

const FLIPPED: Readonly<Record<string, string>> = {
  equal: 'equal',
  less: 'greater',
  less_equal: 'greater_equal',
  greater: 'less',
  greater_equal: 'less_equal',
}

function isStrict(one: Expression): boolean {
  return one.kind === 'call' && (one.function === 'less' || one.function === 'greater')
}

/** `right − left` compared with a constant, however it is written. */
function timeBound(one: Expression, times: TimeColumns): TimeBounds | undefined {
  if (one.kind !== 'call' || FLIPPED[one.function] === undefined) return undefined
  const [a, b] = one.arguments.map(shiftedColumn)
  if (a === undefined || b === undefined) return undefined
  if (a.column === times.right && b.column === times.left) return boundOf(one.function, b.shiftMs - a.shiftMs)
  if (a.column === times.left && b.column === times.right) {
    return boundOf(FLIPPED[one.function] as string, a.shiftMs - b.shiftMs)
  }
  return undefined
}

function boundOf(comparison: string, ms: DurationMs): TimeBounds {
  switch (comparison) {
    case 'equal':
      return { lowerMs: ms, upperMs: ms }
    case 'less':
    case 'less_equal':
      return { lowerMs: undefined, upperMs: ms }
    default:
      return { lowerMs: ms, upperMs: undefined }
  }
}

/** A column with constant intervals added to it. */
function shiftedColumn(expression: Expression): { readonly column: number; readonly shiftMs: DurationMs } | undefined {
  if (expression.kind === 'column') return { column: expression.index, shiftMs: 0 }
  if (expression.kind !== 'call') return undefined
  const sign = expression.function === 'timestamp_add' ? 1 : expression.function === 'timestamp_subtract' ? -1 : 0
  const interval = sign === 0 ? undefined : intervalOf(expression)
  if (interval === undefined) return undefined
  const inner = shiftedColumn(expression.arguments[0] as Expression)
  return inner && { column: inner.column, shiftMs: inner.shiftMs + sign * interval }
}

function intervalOf(added: CallExpression): DurationMs | undefined {
  const [, by] = added.arguments
  return by?.kind === 'literal' && by.type.kind === 'interval' && typeof by.value === 'number' ? by.value : undefined
}

export function tighter(a: TimeBounds, b: TimeBounds): TimeBounds {
  return { lowerMs: pick(Math.max, a.lowerMs, b.lowerMs), upperMs: pick(Math.min, a.upperMs, b.upperMs) }
}

function pick(of: (a: number, b: number) => number, a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : of(a, b)
}
