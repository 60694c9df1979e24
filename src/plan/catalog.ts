import type { Schema } from '../core/schema.ts'
import type { DurationMs } from '../core/time.ts'
import type { SqlType } from '../core/type.ts'
import type { Expression } from './physical/expression.ts'
import type { ConnectorSpec, FormatSpec, PhysicalPlan, WatermarkSpec } from './physical/nodes.ts'

/**
 * What exists, as an immutable snapshot that the planner reads. Names are folded; streams, tables, views and
 * materialized views share one name space; queries and sinks have their own.
 */
export interface Catalog {
  relation(name: string): Relation | undefined
  relations(): readonly Relation[]
  query(name: string): QueryEntry | undefined
  queries(): readonly QueryEntry[]
}

export type Relation = SourceRelation | ViewRelation | MaterializedRelation

/** A column of a stream or table as declared. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
  readonly from: 'value' | 'key' | 'timestamp' | 'offset' | 'partition' | 'headers' | 'topic' | 'envelope' | 'computed'
  /** For `value`: field names from the root of the record. */
  readonly path: readonly string[]
  /** For `computed`: over the positions of the columns before it. */
  readonly expression: Expression | undefined
}

/** CREATE STREAM and CREATE TABLE. */
export interface SourceRelation {
  readonly kind: 'stream' | 'table'
  readonly name: string
  readonly sql: string
  readonly columns: readonly ColumnDefinition[]
  readonly schema: Schema
  readonly watermark: WatermarkSpec | undefined
  readonly connector: ConnectorSpec
  readonly format: FormatSpec
  readonly onError: 'dead-letter' | 'skip' | 'fail'
  readonly deadLetter: string | undefined
  readonly retentionMs: DurationMs | undefined
  readonly retentionBytes: number | undefined
}

/** CREATE VIEW: a name for a query, expanded where it is used. */
export interface ViewRelation {
  readonly kind: 'view'
  readonly name: string
  readonly sql: string
  readonly schema: Schema
}

/** A materialized view, or a stream of late or dead-letter rows: read from its result log. */
export interface MaterializedRelation {
  readonly kind: 'materialized-view' | 'late-stream' | 'dead-letter-stream'
  readonly name: string
  readonly sql: string
  readonly schema: Schema
  /** The topic of the result log. */
  readonly topic: string
  /** How the topic holds it; undefined is the `rows` encoding. A topic of dead letters belongs to whoever names it. */
  readonly encoding?: 'dead-letter' | undefined
  /** The query that writes it. */
  readonly query: string
}

/** What the number of tasks of a query follows from: taken when it is created, since its topics are made for it. */
export interface QueryLayout {
  /** Begins the names of the topics that are its own. */
  readonly base: string
  readonly exchangePartitions: number
  /** Partitions of what each scan reads, by step. */
  readonly scanPartitions: Readonly<Record<string, number>>
}

/** A running (or paused) continuous query: of a materialized view, a sink or an INSERT. */
export interface QueryEntry {
  readonly name: string
  readonly sql: string
  /** The view or sink that it feeds. */
  readonly target: string
  readonly kind: 'materialized-view' | 'sink' | 'insert'
  readonly plan: PhysicalPlan
  readonly state: 'running' | 'paused'
  /** How it is laid out over a partitioned log; undefined where one task runs all of it. */
  readonly layout?: QueryLayout | undefined
  readonly createdAtMs: number
  /** Of one that was reset: what it is, and has, since then is not what it was before. */
  readonly incarnation?: number | undefined
}
