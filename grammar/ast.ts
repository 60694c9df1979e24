// The syntax tree: what the text says, with nothing resolved. Every node is readonly, carries `kind` and `span`,
// and holds `undefined` for a clause that is absent. Sugar is gone: the three spellings of a window, the two of a
// cast and all spellings of a duration are one node each, so the planner sees one form.
// Statements stand here; queries and relations in ast-query.ts; expressions, types and literals in
// ast-expression.ts. All are exported from here.

import type {
  Argument,
  CaseBranch,
  Expression,
  Frame,
  FrameBound,
  Identifier,
  Interval,
  Literal,
  MapEntry,
  OrderItem,
  Over,
  Star,
  StructField,
  StructTypeField,
  TimestampLiteral,
  TypeName,
} from './ast-expression.ts'
import type {
  AfterMatch,
  AsOf,
  CommonTable,
  Emit,
  Join,
  JoinOn,
  JoinUsing,
  LateRows,
  Pattern,
  PatternDefinition,
  Query,
  Relation,
  Select,
  SelectItem,
  WindowClause,
  WindowGroup,
  WindowSpec,
  Within,
} from './ast-query.ts'
import type { Span } from './span.ts'

export type * from './ast-expression.ts'
export type * from './ast-query.ts'

interface NodeBase {
  readonly span: Span
}

// ---- statements ----------------------------------------------------------------------------------------------

export type Statement =
  | CreateStream
  | CreateTable
  | CreateAs
  | CreateMaterializedView
  | CreateView
  | CreateSink
  | CreateFunction
  | CreateSavepoint
  | Insert
  | Query
  | Explain
  | Show
  | Describe
  | Drop
  | AlterQuery
  | AlterRelation
  | Lifecycle
  | SetOption
  | Print
  | ResetQuery
  | AssertValues
  | AdvanceWatermark
  | AdvanceWallclock

export interface CreateStream extends NodeBase {
  readonly kind: 'create-stream'
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  readonly elements: readonly TableElement[]
  readonly connector: Connector
}

export interface CreateTable extends NodeBase {
  readonly kind: 'create-table'
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  readonly elements: readonly TableElement[]
  readonly connector: Connector
}

/** `CREATE STREAM|TABLE x [WITH (…)] AS query`: a materialized view and a Kafka sink in one. */
export interface CreateAs extends NodeBase {
  readonly kind: 'create-as'
  readonly object: 'stream' | 'table'
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  readonly options: readonly Property[]
  readonly query: Query
}

export interface CreateMaterializedView extends NodeBase {
  readonly kind: 'create-materialized-view'
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  readonly options: readonly Property[]
  readonly query: Query
}

export interface CreateView extends NodeBase {
  readonly kind: 'create-view'
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  readonly query: Query
}

export interface CreateSink extends NodeBase {
  readonly kind: 'create-sink'
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  /** `FROM name` or `AS query`. */
  readonly input: Identifier | Query
  readonly connector: Connector
}

/** `CREATE FUNCTION f(a T, …) RETURNS T (AS expression | LANGUAGE x AS 'body')`. */
export interface CreateFunction extends NodeBase {
  readonly kind: 'create-function'
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  readonly parameters: readonly FunctionParameter[]
  readonly returns: TypeName
  /** Undefined for a SQL expression; then `body` is the expression, otherwise a string literal. */
  readonly language: Identifier | undefined
  readonly body: Expression
}

export interface FunctionParameter extends NodeBase {
  readonly kind: 'function-parameter'
  readonly name: Identifier
  readonly type: TypeName
}

export interface CreateSavepoint extends NodeBase {
  readonly kind: 'create-savepoint'
  readonly name: Identifier
  readonly query: Identifier
}

export interface Insert extends NodeBase {
  readonly kind: 'insert'
  readonly target: Identifier
  readonly columns: readonly Identifier[] | undefined
  readonly source: Query | Values
}

export interface Values extends NodeBase {
  readonly kind: 'values'
  readonly rows: readonly (readonly Expression[])[]
}

export interface Explain extends NodeBase {
  readonly kind: 'explain'
  readonly mode: 'plan' | 'analyze' | 'replace' | 'flink'
  /** Of `flink`. */
  readonly options: readonly Property[]
  /** An identifier is the name of a running query: `EXPLAIN QUERY q`. */
  readonly target: Statement | Identifier
}

export interface Show extends NodeBase {
  readonly kind: 'show'
  readonly what: ShowTarget
}

export type ShowTarget =
  | 'streams'
  | 'tables'
  | 'materialized-views'
  | 'views'
  | 'sinks'
  | 'queries'
  | 'functions'
  | 'topics'

export interface Describe extends NodeBase {
  readonly kind: 'describe'
  readonly extended: boolean
  readonly name: Identifier
}

export type DropTarget = 'stream' | 'table' | 'materialized-view' | 'view' | 'sink' | 'function' | 'savepoint' | 'query'

export interface Drop extends NodeBase {
  readonly kind: 'drop'
  readonly object: DropTarget
  readonly ifExists: boolean
  readonly name: Identifier
  readonly cascade: boolean
}

export interface AlterQuery extends NodeBase {
  readonly kind: 'alter-query'
  readonly object: 'query' | 'materialized-view' | 'sink'
  readonly query: Identifier
  /** `AS query` or `SET (…)`. */
  readonly action: Query | SetProperties
}

export interface AlterRelation extends NodeBase {
  readonly kind: 'alter-relation'
  readonly object: 'stream' | 'table'
  readonly name: Identifier
  readonly action: AddColumn | SetProperties
}

export interface AddColumn extends NodeBase {
  readonly kind: 'add-column'
  readonly column: Identifier
  readonly type: TypeName
}

export interface SetProperties extends NodeBase {
  readonly kind: 'set-properties'
  readonly properties: readonly Property[]
}

export interface Lifecycle extends NodeBase {
  readonly kind: 'lifecycle'
  readonly action: 'pause' | 'resume' | 'terminate'
  /** Undefined means ALL. */
  readonly query: Identifier | undefined
}

export interface SetOption extends NodeBase {
  readonly kind: 'set'
  readonly property: Property
}

export interface Print extends NodeBase {
  readonly kind: 'print'
  /** The topic's name as Kafka has it: not folded when it was quoted. */
  readonly topic: Identifier
  readonly fromBeginning: boolean
  readonly limit: bigint | undefined
}

export interface ResetQuery extends NodeBase {
  readonly kind: 'reset-query'
  readonly query: Identifier
  readonly to: 'earliest' | 'latest' | TimestampLiteral
}

/** `ASSERT [NULL] VALUES name [(cols)] VALUES row {, row}`: test runner only, as are the two ADVANCE statements. */
export interface AssertValues extends NodeBase {
  readonly kind: 'assert-values'
  /** ASSERT NULL VALUES: the key's row must be a deletion. */
  readonly deleted: boolean
  readonly name: Identifier
  readonly columns: readonly Identifier[] | undefined
  readonly values: Values
}

export interface AdvanceWatermark extends NodeBase {
  readonly kind: 'advance-watermark'
  readonly name: Identifier
  readonly to: Expression
}

export interface AdvanceWallclock extends NodeBase {
  readonly kind: 'advance-wallclock'
  readonly by: Interval
}

// ---- parts of CREATE -----------------------------------------------------------------------------------------

export type TableElement = ColumnDefinition | ComputedColumn | PrimaryKey | WatermarkDefinition

export interface ColumnDefinition extends NodeBase {
  readonly kind: 'column-definition'
  readonly name: Identifier
  readonly type: TypeName
  readonly notNull: boolean
  readonly primaryKey: boolean
  readonly metadata: Metadata | undefined
}

/** `METADATA [FROM 'key']`: without a key the column's own name is the key. */
export interface Metadata extends NodeBase {
  readonly kind: 'metadata'
  readonly key: string | undefined
}

export interface ComputedColumn extends NodeBase {
  readonly kind: 'computed-column'
  readonly name: Identifier
  readonly expression: Expression
}

export interface PrimaryKey extends NodeBase {
  readonly kind: 'primary-key'
  readonly columns: readonly Identifier[]
}

export interface WatermarkDefinition extends NodeBase {
  readonly kind: 'watermark'
  readonly column: Identifier
  readonly expression: Expression | undefined
  readonly emit: WatermarkEmit | undefined
  readonly idleTimeout: Interval | undefined
  readonly maxFuture: MaxFuture | undefined
}

export type WatermarkEmit = EmitOnEvent | EmitPeriodic

export interface EmitOnEvent extends NodeBase {
  readonly kind: 'emit-on-event'
}

export interface EmitPeriodic extends NodeBase {
  readonly kind: 'emit-periodic'
  readonly interval: Interval
}

export interface MaxFuture extends NodeBase {
  readonly kind: 'max-future'
  readonly interval: Interval
  readonly action: 'clamp' | 'drop' | 'dead-letter' | undefined
}

export interface Connector extends NodeBase {
  readonly kind: 'connector'
  readonly properties: readonly Property[]
  readonly format: FormatClause | undefined
}

export type Envelope = 'plain' | 'upsert' | 'debezium'
export type Encoding = 'json' | 'avro' | 'protobuf' | 'csv' | 'bytes'

export interface FormatClause extends NodeBase {
  readonly kind: 'format'
  readonly envelope: Envelope
  readonly encoding: Encoding
  readonly properties: readonly Property[]
}

export interface Property extends NodeBase {
  readonly kind: 'property'
  /** Folded to lower case when it was written without quotes. */
  readonly key: string
  readonly keySpan: Span
  readonly value: Literal
}

export type Node =
  | Statement
  | Expression
  | TypeName
  | Relation
  | WindowSpec
  | Pattern
  | TableElement
  | WatermarkEmit
  | Identifier
  | Star
  | Argument
  | CaseBranch
  | Frame
  | FrameBound
  | MapEntry
  | OrderItem
  | Over
  | StructField
  | StructTypeField
  | FunctionParameter
  | Values
  | AddColumn
  | SetProperties
  | Metadata
  | MaxFuture
  | Connector
  | FormatClause
  | Property
  | CommonTable
  | LateRows
  | Emit
  | Select
  | SelectItem
  | WindowGroup
  | WindowClause
  | Join
  | AsOf
  | Within
  | JoinOn
  | JoinUsing
  | AfterMatch
  | PatternDefinition
