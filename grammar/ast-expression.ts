// Expressions, literals and type names of the syntax tree. See ast.ts for the rules that all nodes keep.

import type { Query } from './ast-query.ts'
import type { Span } from './span.ts'

interface NodeBase {
  readonly span: Span
}

/** A name after folding: lower case unless it was quoted. */
export interface Identifier extends NodeBase {
  readonly kind: 'identifier'
  readonly name: string
}

export type Expression =
  | Literal
  | ColumnRef
  | Parameter
  | Unary
  | Binary
  | Logical
  | IsNull
  | IsBoolean
  | IsDistinct
  | InList
  | InQuery
  | Exists
  | Subquery
  | Like
  | Between
  | Case
  | Cast
  | Call
  | FieldAccess
  | IndexAccess
  | JsonAccess
  | ArrayConstructor
  | MapConstructor
  | StructConstructor

// ---- literals ------------------------------------------------------------------------------------------------

export type Literal =
  | IntegerLiteral
  | DecimalLiteral
  | DoubleLiteral
  | StringLiteral
  | BooleanLiteral
  | NullLiteral
  | TimestampLiteral
  | DateLiteral
  | TimeLiteral
  | Interval

/** A minus directly before the digits is part of the literal. Any size: the binder checks the range. */
export interface IntegerLiteral extends NodeBase {
  readonly kind: 'integer'
  readonly value: bigint
}

/** Digits with a point, exact, as written (a leading minus included). */
export interface DecimalLiteral extends NodeBase {
  readonly kind: 'decimal'
  readonly text: string
}

/** With an exponent: `1.5e3`. */
export interface DoubleLiteral extends NodeBase {
  readonly kind: 'double'
  readonly text: string
}

export interface StringLiteral extends NodeBase {
  readonly kind: 'string'
  readonly value: string
}

export interface BooleanLiteral extends NodeBase {
  readonly kind: 'boolean'
  readonly value: boolean
}

export interface NullLiteral extends NodeBase {
  readonly kind: 'null'
}

export interface TimestampLiteral extends NodeBase {
  readonly kind: 'timestamp'
  readonly text: string
  /** Milliseconds since 1970-01-01 UTC; digits below a millisecond are only in `text`. */
  readonly epochMs: number
}

export interface DateLiteral extends NodeBase {
  readonly kind: 'date'
  readonly text: string
  readonly epochDays: number
}

export interface TimeLiteral extends NodeBase {
  readonly kind: 'time'
  readonly text: string
  readonly dayMs: number
}

/**
 * `INTERVAL '5' MINUTE`, `INTERVAL '5 minutes'` and the duration `5 MINUTES` are this one node. Weeks, days and
 * smaller are milliseconds, months and years are months: a month has no fixed length. Either may be negative.
 */
export interface Interval extends NodeBase {
  readonly kind: 'interval'
  readonly months: number
  readonly ms: number
}

// ---- names and operators -------------------------------------------------------------------------------------

/** `a`, `t.a`, `t.a.b`: whether the first part is a relation or a column with fields is the binder's to say. */
export interface ColumnRef extends NodeBase {
  readonly kind: 'column'
  readonly path: readonly Identifier[]
}

/** `*` or `t.*`. */
export interface Star extends NodeBase {
  readonly kind: 'star'
  readonly qualifier: Identifier | undefined
}

/** `$1` has a number, `:name` a string. */
export interface Parameter extends NodeBase {
  readonly kind: 'parameter'
  readonly name: number | string
}

export interface Unary extends NodeBase {
  readonly kind: 'unary'
  readonly operator: '-' | '+' | 'not'
  readonly operand: Expression
}

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>='
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'
export type BinaryOperator = ComparisonOperator | ArithmeticOperator | '||'

export interface Binary extends NodeBase {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expression
  readonly right: Expression
}

/** Flat: no operand is a Logical of the same operator, and there are at least two. */
export interface Logical extends NodeBase {
  readonly kind: 'logical'
  readonly operator: 'and' | 'or'
  readonly operands: readonly Expression[]
}

export interface IsNull extends NodeBase {
  readonly kind: 'is-null'
  readonly operand: Expression
  readonly negated: boolean
}

/** `IS [NOT] TRUE`, `IS [NOT] FALSE`. */
export interface IsBoolean extends NodeBase {
  readonly kind: 'is-boolean'
  readonly operand: Expression
  readonly value: boolean
  readonly negated: boolean
}

/** `negated` is IS NOT DISTINCT FROM. */
export interface IsDistinct extends NodeBase {
  readonly kind: 'is-distinct'
  readonly left: Expression
  readonly right: Expression
  readonly negated: boolean
}

export interface InList extends NodeBase {
  readonly kind: 'in-list'
  readonly operand: Expression
  readonly list: readonly Expression[]
  readonly negated: boolean
}

export interface InQuery extends NodeBase {
  readonly kind: 'in-query'
  readonly operand: Expression
  readonly query: Query
  readonly negated: boolean
}

export interface Exists extends NodeBase {
  readonly kind: 'exists'
  readonly query: Query
}

/** A query in parentheses as a value. */
export interface Subquery extends NodeBase {
  readonly kind: 'subquery'
  readonly query: Query
}

export interface Like extends NodeBase {
  readonly kind: 'like'
  readonly operand: Expression
  readonly pattern: Expression
  readonly escape: Expression | undefined
  /** ILIKE. */
  readonly ignoreCase: boolean
  readonly negated: boolean
}

export interface Between extends NodeBase {
  readonly kind: 'between'
  readonly operand: Expression
  readonly low: Expression
  readonly high: Expression
  readonly negated: boolean
}

export interface Case extends NodeBase {
  readonly kind: 'case'
  /** `CASE x WHEN …`; undefined when every WHEN is a condition. */
  readonly operand: Expression | undefined
  readonly branches: readonly CaseBranch[]
  readonly otherwise: Expression | undefined
}

export interface CaseBranch extends NodeBase {
  readonly kind: 'case-branch'
  readonly when: Expression
  readonly then: Expression
}

/** `CAST(e AS T)`, `e::T`, and TRY_CAST when `safe`: NULL instead of an error. */
export interface Cast extends NodeBase {
  readonly kind: 'cast'
  readonly operand: Expression
  readonly type: TypeName
  readonly safe: boolean
}

// ---- calls ---------------------------------------------------------------------------------------------------

/** Also `EXTRACT(unit FROM e)`, as extract('unit', e), and CURRENT_TIMESTAMP without parentheses. */
export interface Call extends NodeBase {
  readonly kind: 'call'
  readonly name: Identifier
  /** `COUNT(*)`; then there are no arguments. */
  readonly star: boolean
  readonly distinct: boolean
  readonly arguments: readonly Argument[]
  readonly orderBy: readonly OrderItem[]
  readonly filter: Expression | undefined
  readonly over: Over | undefined
}

/** `name` is set for `name => value`. */
export interface Argument extends NodeBase {
  readonly kind: 'argument'
  readonly name: Identifier | undefined
  readonly value: Expression
}

export interface OrderItem extends NodeBase {
  readonly kind: 'order-item'
  readonly expression: Expression
  readonly descending: boolean
  readonly nulls: 'first' | 'last' | undefined
}

export interface Over extends NodeBase {
  readonly kind: 'over'
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly OrderItem[]
  readonly frame: Frame | undefined
}

export interface Frame extends NodeBase {
  readonly kind: 'frame'
  readonly mode: 'rows' | 'range'
  readonly from: FrameBound
  readonly to: FrameBound
}

export interface FrameBound extends NodeBase {
  readonly kind: 'frame-bound'
  readonly edge: 'preceding' | 'current-row' | 'following'
  /** Undefined for CURRENT ROW and for UNBOUNDED. */
  readonly distance: Expression | undefined
}

// ---- structured values ---------------------------------------------------------------------------------------

/** A field of something that is not a plain name: `f(x).a`, `rows[1].a`, and ksqlDB's `a->b`. */
export interface FieldAccess extends NodeBase {
  readonly kind: 'field'
  readonly object: Expression
  readonly field: Identifier
}

export interface IndexAccess extends NodeBase {
  readonly kind: 'index'
  readonly object: Expression
  readonly index: Expression
}

/** `j -> 'key'` gives JSON; `j ->> 'key'` gives a string. */
export interface JsonAccess extends NodeBase {
  readonly kind: 'json-access'
  readonly object: Expression
  readonly key: Expression
  readonly asText: boolean
}

export interface ArrayConstructor extends NodeBase {
  readonly kind: 'array'
  readonly elements: readonly Expression[]
}

export interface MapConstructor extends NodeBase {
  readonly kind: 'map'
  readonly entries: readonly MapEntry[]
}

export interface MapEntry extends NodeBase {
  readonly kind: 'map-entry'
  readonly key: Expression
  readonly value: Expression
}

export interface StructConstructor extends NodeBase {
  readonly kind: 'struct'
  readonly fields: readonly StructField[]
}

export interface StructField extends NodeBase {
  readonly kind: 'struct-field'
  readonly name: Identifier
  readonly value: Expression
}

// ---- type names ----------------------------------------------------------------------------------------------

export type TypeName = ScalarType | DecimalType | ArrayType | MapType | StructType

export type ScalarTypeName =
  | 'boolean'
  | 'int'
  | 'bigint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'json'

/** Aliases are resolved: VARCHAR and TEXT are `string`, INTEGER is `int`. */
export interface ScalarType extends NodeBase {
  readonly kind: 'scalar-type'
  readonly name: ScalarTypeName
}

/** Without arguments both are undefined: the default is the type system's to say. */
export interface DecimalType extends NodeBase {
  readonly kind: 'decimal-type'
  readonly precision: number | undefined
  readonly scale: number | undefined
}

export interface ArrayType extends NodeBase {
  readonly kind: 'array-type'
  readonly element: TypeName
}

export interface MapType extends NodeBase {
  readonly kind: 'map-type'
  readonly key: TypeName
  readonly value: TypeName
}

export interface StructType extends NodeBase {
  readonly kind: 'struct-type'
  readonly fields: readonly StructTypeField[]
}

export interface StructTypeField extends NodeBase {
  readonly kind: 'struct-type-field'
  readonly name: Identifier
  readonly type: TypeName
}
