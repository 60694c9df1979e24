// Queries, windows, relations and joins of the syntax tree. See ast.ts for the rules that all nodes keep.

import type { ColumnRef, Expression, Identifier, Interval, OrderItem, Star } from './ast-expression.ts'
import type { Span } from './span.ts'

interface NodeBase {
  readonly span: Span
}

// ---- queries -------------------------------------------------------------------------------------------------

export interface Query extends NodeBase {
  readonly kind: 'query'
  readonly ctes: readonly CommonTable[]
  /** One, or the branches of UNION ALL in order. */
  readonly selects: readonly Select[]
  readonly lateness: Interval | undefined
  readonly late: LateRows | undefined
  readonly emit: Emit | undefined
  readonly orderBy: readonly OrderItem[]
  readonly limit: bigint | undefined
}

export interface CommonTable extends NodeBase {
  readonly kind: 'common-table'
  readonly name: Identifier
  readonly query: Query
}

export interface LateRows extends NodeBase {
  readonly kind: 'late-rows'
  /** Undefined means DROP. */
  readonly into: Identifier | undefined
}

export interface Emit extends NodeBase {
  readonly kind: 'emit'
  /** Undefined for `EMIT EVERY interval` alone. */
  readonly mode: 'changes' | 'final' | 'on-window-close' | undefined
  readonly every: Interval | undefined
}

export interface Select extends NodeBase {
  readonly kind: 'select'
  readonly distinct: boolean
  readonly items: readonly (SelectItem | Star)[]
  readonly from: Relation | undefined
  readonly joins: readonly Join[]
  /** ksqlDB's clause between FROM and WHERE. */
  readonly window: WindowClause | undefined
  readonly where: Expression | undefined
  readonly groupBy: readonly (Expression | WindowGroup)[]
  readonly having: Expression | undefined
}

export interface SelectItem extends NodeBase {
  readonly kind: 'select-item'
  readonly expression: Expression
  readonly alias: Identifier | undefined
}

// ---- windows -------------------------------------------------------------------------------------------------

export type WindowSpec = Tumble | Hop | Cumulate | Session

export interface Tumble extends NodeBase {
  readonly kind: 'tumble'
  readonly size: Interval
  readonly offset: Interval | undefined
}

export interface Hop extends NodeBase {
  readonly kind: 'hop'
  readonly slide: Interval
  readonly size: Interval
  readonly offset: Interval | undefined
}

export interface Cumulate extends NodeBase {
  readonly kind: 'cumulate'
  readonly step: Interval
  readonly size: Interval
  readonly offset: Interval | undefined
}

export interface Session extends NodeBase {
  readonly kind: 'session'
  readonly gap: Interval
  readonly max: Interval | undefined
}

/** `GROUP BY …, TUMBLE(ts, INTERVAL '1' MINUTE)`. */
export interface WindowGroup extends NodeBase {
  readonly kind: 'window-group'
  readonly time: ColumnRef
  readonly window: WindowSpec
}

/** `WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 10 SECONDS)`: event time is the stream's own. */
export interface WindowClause extends NodeBase {
  readonly kind: 'window-clause'
  readonly window: WindowSpec
  readonly retention: Interval | undefined
  readonly grace: Interval | undefined
}

// ---- relations -----------------------------------------------------------------------------------------------

export type Relation =
  | NamedRelation
  | DerivedRelation
  | WindowRelation
  | DeduplicateRelation
  | ChangelogRelation
  | UnnestRelation
  | MatchRecognize

export interface NamedRelation extends NodeBase {
  readonly kind: 'named-relation'
  readonly name: Identifier
  readonly alias: Identifier | undefined
}

export interface DerivedRelation extends NodeBase {
  readonly kind: 'derived-relation'
  readonly query: Query
  readonly lateral: boolean
  /** Undefined only as the input of a table function. */
  readonly alias: Identifier | undefined
}

/** The windowing table functions: `TUMBLE(TABLE items, DESCRIPTOR(ts), INTERVAL '10' MINUTE)`. */
export interface WindowRelation extends NodeBase {
  readonly kind: 'window-relation'
  readonly window: WindowSpec
  readonly input: NamedRelation | DerivedRelation
  readonly partitionBy: readonly ColumnRef[]
  readonly time: ColumnRef
  readonly alias: Identifier | undefined
}

export interface DeduplicateRelation extends NodeBase {
  readonly kind: 'deduplicate-relation'
  readonly input: NamedRelation | DerivedRelation
  readonly partitionBy: readonly ColumnRef[]
  readonly time: ColumnRef | undefined
  readonly within: Interval | undefined
  readonly alias: Identifier | undefined
}

/** `TO_CHANGELOG(TABLE t)` and `FROM_CHANGELOG(TABLE s PARTITION BY id, OP => DESCRIPTOR(op))`. */
export interface ChangelogRelation extends NodeBase {
  readonly kind: 'changelog-relation'
  readonly direction: 'to' | 'from'
  readonly input: NamedRelation | DerivedRelation
  readonly partitionBy: readonly ColumnRef[]
  readonly op: ColumnRef | undefined
  readonly alias: Identifier | undefined
}

/** `UNNEST(e) [WITH ORDINALITY] [AS t [(column, …)]]`. */
export interface UnnestRelation extends NodeBase {
  readonly kind: 'unnest-relation'
  readonly expression: Expression
  readonly ordinality: boolean
  readonly alias: Identifier | undefined
  readonly columns: readonly Identifier[]
}

export interface Join extends NodeBase {
  readonly kind: 'join'
  /** A comma in FROM is `cross`. */
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross'
  readonly relation: Relation
  readonly asOf: AsOf | undefined
  readonly within: Within | undefined
  /** Undefined only for `cross`. */
  readonly condition: JoinOn | JoinUsing | undefined
}

/** `FOR SYSTEM_TIME AS OF o.ts`; `time` is undefined for PROCTIME(). */
export interface AsOf extends NodeBase {
  readonly kind: 'as-of'
  readonly time: ColumnRef | undefined
}

/** `WITHIN 10 MINUTES` has both sides equal; `WITHIN (before, after)` as in ksqlDB. */
export interface Within extends NodeBase {
  readonly kind: 'within'
  readonly before: Interval
  readonly after: Interval
  readonly grace: Interval | undefined
}

export interface JoinOn extends NodeBase {
  readonly kind: 'join-on'
  readonly expression: Expression
}

export interface JoinUsing extends NodeBase {
  readonly kind: 'join-using'
  readonly columns: readonly Identifier[]
}

// ---- MATCH_RECOGNIZE -----------------------------------------------------------------------------------------

export interface MatchRecognize extends NodeBase {
  readonly kind: 'match-recognize'
  readonly input: NamedRelation | DerivedRelation
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly OrderItem[]
  readonly measures: readonly SelectItem[]
  readonly rows: 'one' | 'all' | undefined
  readonly afterMatch: AfterMatch | undefined
  readonly pattern: Pattern
  readonly within: Interval | undefined
  readonly defines: readonly PatternDefinition[]
  readonly alias: Identifier | undefined
}

export interface AfterMatch extends NodeBase {
  readonly kind: 'after-match'
  readonly skip: 'past-last-row' | 'to-next-row' | 'to-first' | 'to-last'
  readonly variable: Identifier | undefined
}

export type Pattern = PatternVariable | PatternSequence | PatternChoice | PatternRepeat

export interface PatternVariable extends NodeBase {
  readonly kind: 'pattern-variable'
  readonly name: Identifier
}

export interface PatternSequence extends NodeBase {
  readonly kind: 'pattern-sequence'
  readonly parts: readonly Pattern[]
}

export interface PatternChoice extends NodeBase {
  readonly kind: 'pattern-choice'
  readonly options: readonly Pattern[]
}

export interface PatternRepeat extends NodeBase {
  readonly kind: 'pattern-repeat'
  readonly part: Pattern
  readonly min: number
  /** Undefined means without bound. */
  readonly max: number | undefined
  readonly greedy: boolean
}

export interface PatternDefinition extends NodeBase {
  readonly kind: 'pattern-definition'
  readonly variable: Identifier
  readonly condition: Expression
}
