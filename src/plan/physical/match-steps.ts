// MATCH_RECOGNIZE: see nodes.ts for what holds of all steps.

import type { DurationMs } from '../../core/time.ts'
import type { SqlType } from '../../core/type.ts'
import { columnsOf } from '../expression-tree.ts'
import type { Expression } from './expression.ts'
import type { AggregateCall, LatePolicy, StepBase } from './nodes.ts'

/** A pattern of rows; variables by their position in the list of the step. */
export type RowPattern =
  | { readonly kind: 'variable'; readonly variable: number }
  | { readonly kind: 'sequence'; readonly parts: readonly RowPattern[] }
  /** The first that matches is preferred. */
  | { readonly kind: 'choice'; readonly options: readonly RowPattern[] }
  /** Greedy: more repetitions are preferred; else fewer. `max` undefined: without bound. */
  | {
      readonly kind: 'repeat'
      readonly part: RowPattern
      readonly min: number
      readonly max: number | undefined
      readonly greedy: boolean
    }

/**
 * What conditions and measures see of the rows that a match has so far, that which is being tested included: a column
 * of the first or last row of a variable, `offset` rows on from it, NULL where there is no such row; or an aggregate of
 * them. `variable` undefined: the rows of all.
 */
export type MatchValue =
  | {
      readonly kind: 'row'
      readonly from: 'first' | 'last'
      readonly variable: number | undefined
      readonly offset: number
      readonly column: number
      readonly type: SqlType
    }
  | { readonly kind: 'aggregate'; readonly variable: number | undefined; readonly call: AggregateCall }

/** Where the search goes on after a match: behind it, at its second row, or at a row of it. */
export type AfterMatch =
  | { readonly to: 'past-last-row' | 'next-row' }
  | { readonly to: 'first' | 'last'; readonly variable: number }

/**
 * Row pattern recognition, once the watermark has passed the rows: of each key, in the order of event time. Emits the
 * keys and the measures of each match, one row a match, with the event time of its last row.
 */
export interface MatchRecognizeStep extends StepBase {
  readonly kind: 'match-recognize'
  readonly keys: readonly number[]
  /** Names of the variables. */
  readonly variables: readonly string[]
  readonly pattern: RowPattern
  /** The last row is at most this long after the first. */
  readonly withinMs: DurationMs | undefined
  readonly afterMatch: AfterMatch
  readonly values: readonly MatchValue[]
  /** One a variable, over the values. */
  readonly conditions: readonly Expression[]
  /** Over the values. */
  readonly measures: readonly Expression[]
  readonly latePolicy: LatePolicy
}

/** Columns of the input that the values are of. */
export function columnsOfValues(values: readonly MatchValue[]): readonly number[] {
  return values.flatMap((one) => {
    if (one.kind === 'row') return [one.column]
    return one.call.filter === undefined ? one.call.arguments : [...one.call.arguments, one.call.filter]
  })
}

/** Variables of a pattern, as often as they are in it. */
export function variablesOf(pattern: RowPattern): readonly number[] {
  switch (pattern.kind) {
    case 'variable':
      return [pattern.variable]
    case 'sequence':
      return pattern.parts.flatMap(variablesOf)
    case 'choice':
      return pattern.options.flatMap(variablesOf)
    case 'repeat':
      return variablesOf(pattern.part)
  }
}

/** Positions of the values that a condition or a measure looks at. */
export function valuesOf(expression: Expression): ReadonlySet<number> {
  return columnsOf(expression)
}
