import type { LiteralJson } from '../../core/literal.ts'
import type { SqlType } from '../../core/type.ts'

/**
 * Typed expressions as data: what a stored plan holds, what the engine compiles. Columns are positions in the input
 * row, never names. Implicit casts are already explicit here: the operands of `call` have exactly the types that the
 * overload wants.
 */
export type Expression =
  | ColumnExpression
  | LiteralExpression
  | CallExpression
  | LogicalExpression
  | NotExpression
  | IsNullExpression
  | CaseExpression
  | CastExpression
  | FieldExpression

export interface ColumnExpression {
  readonly kind: 'column'
  readonly index: number
  readonly type: SqlType
}

export interface LiteralExpression {
  readonly kind: 'literal'
  readonly value: LiteralJson
  readonly type: SqlType
}

export type { LiteralJson }

/** A scalar function or operator by its id in the registry (`add`, `equal`, `like`, `upper` …). */
export interface CallExpression {
  readonly kind: 'call'
  readonly function: string
  readonly arguments: readonly Expression[]
  readonly type: SqlType
}

/** Three-valued AND / OR over any number of operands; evaluated from the left, stops when decided. */
export interface LogicalExpression {
  readonly kind: 'and' | 'or'
  readonly operands: readonly Expression[]
  readonly type: SqlType
}

export interface NotExpression {
  readonly kind: 'not'
  readonly operand: Expression
  readonly type: SqlType
}

export interface IsNullExpression {
  readonly kind: 'is-null'
  readonly operand: Expression
  readonly negated: boolean
  readonly type: SqlType
}

/** Searched CASE; a simple CASE is bound to this form. Only the branch taken is evaluated. */
export interface CaseExpression {
  readonly kind: 'case'
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[]
  readonly otherwise: Expression
  readonly type: SqlType
}

export interface CastExpression {
  readonly kind: 'cast'
  readonly operand: Expression
  /** TRY_CAST: NULL where CAST fails. */
  readonly safe: boolean
  readonly type: SqlType
}

/** A field of a STRUCT by position. */
export interface FieldExpression {
  readonly kind: 'field'
  readonly operand: Expression
  readonly index: number
  readonly type: SqlType
}
