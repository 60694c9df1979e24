import type { Schema } from '../../core/schema.ts'
import type { DurationMs } from '../../core/time.ts'
import type { SqlType } from '../../core/type.ts'
import type { FromChangelogStep, ToChangelogStep } from './changelog-steps.ts'
import type { Expression } from './expression.ts'
import type { IntervalJoinStep, LookupJoinStep, TableJoinStep, TemporalJoinStep } from './join-steps.ts'
import type { MatchRecognizeStep } from './match-steps.ts'
import type { OverStep } from './over-step.ts'

/**
 * The physical plan: what is stored, explained, compared and run. It is JSON, and for ever: a change to a step is a
 * new `version` of that kind beside a compat test, never an edit of the old one.
 *
 * Steps are listed so that each comes after its inputs. A step's id names its state on disk; it is derived from the
 * kind and the ordinal among stateful steps of that kind, so that a stateless step more or less moves no state.
 */
export const PHYSICAL_PLAN_VERSION = 1

export interface PhysicalPlan {
  readonly version: typeof PHYSICAL_PLAN_VERSION
  readonly steps: readonly Step[]
  /** What the query gives to its readers: the schema of the last step. */
  readonly schema: Schema
  readonly options: QueryOptions
}

export interface QueryOptions {
  readonly guarantee: 'exactly-once' | 'at-least-once' | 'at-most-once'
  readonly checkpointIntervalMs: DurationMs
  /** State of a key that was not touched for this long is dropped; undefined keeps it. */
  readonly stateTtlMs: DurationMs | undefined
}

export type Step =
  | ScanStep
  | FilterStep
  | ProjectStep
  | UnionStep
  | UnnestStep
  | OverStep
  | ToChangelogStep
  | FromChangelogStep
  | MatchRecognizeStep
  | ExchangeStep
  | LocalAggregateStep
  | NormalizeStep
  | ReorderStep
  | IntervalJoinStep
  | TemporalJoinStep
  | TableJoinStep
  | LookupJoinStep
  | WindowAssignStep
  | WindowAggregateStep
  | SessionAggregateStep
  | GroupAggregateStep
  | DeduplicateStep
  | TopNStep
  | LimitStep
  | ThrottleStep
  | SinkStep

export interface StepBase {
  readonly id: string
  readonly version: 1
  readonly inputs: readonly string[]
  /** Of the rows that the step emits. */
  readonly schema: Schema
}

/** A leaf: reads a connector, decodes, computes columns, assigns event time and watermarks. */
export interface ScanStep extends StepBase {
  readonly kind: 'scan'
  /** Name of the stream, table or view in the catalog; for messages and metrics. */
  readonly relation: string
  readonly connector: ConnectorSpec
  readonly format: FormatSpec
  /** Columns decoded from the record, pruned to those that are used. */
  readonly fields: readonly SourceField[]
  /** Computed columns; they follow `fields` and may refer to those before them. */
  readonly computed: readonly Expression[]
  readonly watermark: WatermarkSpec | undefined
  readonly onError: 'dead-letter' | 'skip' | 'fail'
  /** Where bad records go: a stream of the catalog. */
  readonly deadLetter: string | undefined
  /** Where to begin when there is no checkpoint. */
  readonly startup: StartupSpec
  /**
   * Of a table that a stream looks up: says nothing of its time before it has been read up to where it ended when the
   * query began. Without a WATERMARK it says LOADED then.
   */
  readonly bootstrap?: boolean | undefined
  /**
   * Of a stream whose topics are said by a pattern: those that it reads, in the order in which they were found; of
   * another, its one topic, once it has more partitions than when the query began. Their partitions are numbered by
   * `scan-topics.ts`.
   */
  readonly topics?: readonly ScanTopic[] | undefined
}

export interface ScanTopic {
  readonly name: string
  readonly partitions: number
}

export interface SourceField {
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
  /**
   * `value`: the field `path` of the record; `envelope`: of what a change stands in; else the record's own key, timestamp,
   * offset, partition, headers or topic.
   */
  readonly from: 'value' | 'key' | 'timestamp' | 'offset' | 'partition' | 'headers' | 'topic' | 'envelope'
  /** Field names from the root of the record's value. */
  readonly path: readonly string[]
}

/** Connector and its options as given (validated by the connector), secrets by reference only. */
export interface ConnectorSpec {
  readonly kind:
    | 'embedded'
    | 'kafka'
    | 'file'
    | 'datagen'
    | 'postgres'
    | 'redis'
    | 'blackhole'
    | 'print'
    | 'result'
    | 'rows'
    | 'exchange'
  readonly options: Readonly<Record<string, string>>
}

export interface FormatSpec {
  readonly envelope: 'plain' | 'upsert' | 'debezium'
  /**
   * `rows` is our own row codec, with the change kind in front: what results and late rows are stored in.
   * `dead-letter` is a record that failed, with headers that say why.
   */
  readonly encoding: 'json' | 'csv' | 'avro' | 'protobuf' | 'bytes' | 'rows' | 'dead-letter'
  readonly options: Readonly<Record<string, string>>
}

export type StartupSpec =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  /** By partition; one that has come since is read from its beginning. */
  | { readonly kind: 'offsets'; readonly offsets: Readonly<Record<number, number>> }
  /** What a consumer group of Kafka has committed, and where it has committed nothing, `otherwise`: an error for none. */
  | { readonly kind: 'group-offsets'; readonly group: string; readonly otherwise: 'earliest' | 'latest' | 'none' }

export interface WatermarkSpec {
  /** Position among fields and computed columns. */
  readonly timeColumn: number
  /** The watermark that a row implies, or NULL for none. */
  readonly expression: Expression
  readonly emit: { readonly kind: 'on-event' } | { readonly kind: 'periodic'; readonly intervalMs: DurationMs }
  readonly idleTimeoutMs: DurationMs | undefined
  readonly maxFutureMs: DurationMs | undefined
  readonly maxFutureAction: 'clamp' | 'drop' | 'dead-letter'
}

export interface FilterStep extends StepBase {
  readonly kind: 'filter'
  readonly predicate: Expression
  /** The predicate depends on nothing but the key: what becomes of a row never changes whether it passes. */
  readonly byKey?: boolean | undefined
}

export interface ProjectStep extends StepBase {
  readonly kind: 'project'
  readonly expressions: readonly Expression[]
}

/**
 * Each row once for each element: the input's columns, those of the element, and with `ordinality` its place from 1. A
 * row without elements comes once, with NULLs, where it is `outer`.
 */
export interface UnnestStep extends StepBase {
  readonly kind: 'unnest'
  /** An array or a map. */
  readonly expression: Expression
  readonly ordinality: boolean
  readonly outer: boolean
}

/** UNION ALL of inputs with the same columns. */
export interface UnionStep extends StepBase {
  readonly kind: 'union'
}

/** The rows must meet by these columns: a repartition over Kafka, nothing within one process. */
export interface ExchangeStep extends StepBase {
  readonly kind: 'exchange'
  readonly keys: readonly number[]
}

export type WindowSpec =
  | { readonly kind: 'tumble'; readonly sizeMs: DurationMs; readonly offsetMs: DurationMs }
  | { readonly kind: 'hop'; readonly slideMs: DurationMs; readonly sizeMs: DurationMs; readonly offsetMs: DurationMs }
  | {
      readonly kind: 'cumulate'
      readonly stepMs: DurationMs
      readonly sizeMs: DurationMs
      readonly offsetMs: DurationMs
    }

/**
 * Upserts in, a changelog with old rows out: keeps the last row of each key, emits +I, -U with +U, or -D, and nothing
 * for a row that did not change or a delete of a key it never saw. Stands between a keyed source and a step that
 * needs the old row.
 */
export interface NormalizeStep extends StepBase {
  readonly kind: 'normalize'
  readonly keys: readonly number[]
}

/**
 * A changelog with old rows whose rows of one key come from several tasks, each in its order but not in one among them:
 * a join on another key than that of its result. Keeps the rows of each key that are there, the last to come first in
 * line, and emits how that row changes. (Flink's SinkUpsertMaterializer.)
 */
export interface ReorderStep extends StepBase {
  readonly kind: 'reorder'
  readonly keys: readonly number[]
}

/**
 * A window function in FROM with no aggregate over it: each row once for each of its windows. The row's event time
 * becomes window_end − 1 ms, so that windows cascade.
 */
export interface WindowAssignStep extends StepBase {
  readonly kind: 'window-assign'
  readonly window: WindowSpec
  /** `event`: by the row's event time and the watermark; `processing`: by the clock. */
  readonly time: 'event' | 'processing'
  /** Emitted columns: those of the input, then window_start, window_end. */
  readonly latePolicy: LatePolicy
}

export interface LatePolicy {
  readonly allowedLatenessMs: DurationMs
  /** The stream that late rows go to: `columns`, then _late_by, _watermark, _window_start, _window_end, _query. */
  readonly into: string | undefined
  /** Which columns of the step's input make the late row; empty when `into` is undefined. */
  readonly columns: readonly number[]
}

export type EmitMode = 'changes' | 'on-window-close' | 'final'

export interface EmitSpec {
  readonly mode: EmitMode
  /** At most one change of a row in this much processing time. */
  readonly everyMs: DurationMs | undefined
}

/** Inputs of an aggregate are columns: a project step before it computes them. */
export interface AggregateCall {
  readonly function: string
  readonly arguments: readonly number[]
  /** Types of `arguments`, so that state and code are chosen without the input's schema. */
  readonly argumentTypes: readonly SqlType[]
  /** Constant arguments, such as the fraction of a percentile. */
  readonly constants: readonly Expression[]
  readonly distinct: boolean
  /** Position of a BOOLEAN column; rows where it is not TRUE are left out. */
  readonly filter: number | undefined
  readonly type: SqlType
}

interface AggregateBase extends StepBase {
  readonly keys: readonly number[]
  readonly aggregates: readonly AggregateCall[]
  /** Emit -U before +U. False where everything downstream identifies rows by key. */
  readonly retractions: boolean
}

/**
 * Stands before an exchange and adds rows up, so that few have to cross it: one row, a partial, for each group that
 * had rows since the last barrier, or since the watermark passed an end of its windows. Keeps no state.
 *
 * Emits: keys, slice_start (with a window), partial (accumulators, as bytes), rows (how many went in). A slice is the
 * time between two ends of windows. The aggregate behind the exchange has `input: 'partials'`.
 */
export interface LocalAggregateStep extends StepBase {
  readonly kind: 'local-aggregate'
  readonly keys: readonly number[]
  readonly aggregates: readonly AggregateCall[]
  /** That of the aggregate; undefined for GROUP BY without a window. */
  readonly window: WindowSpec | undefined
  /** Of the aggregate. */
  readonly allowedLatenessMs: DurationMs
  /** A row of a window that has closed goes on by itself: the aggregate tells a revision for each. */
  readonly lateAlone: boolean
}

/** What an aggregate reads: rows, or what a local-aggregate made of them. */
export type AggregateInput = 'rows' | 'partials'

/** Emits: keys, window_start, window_end, aggregates. The row's event time is window_end − 1 ms. */
export interface WindowAggregateStep extends AggregateBase {
  readonly kind: 'window-aggregate'
  /** Undefined: rows. */
  readonly input?: AggregateInput | undefined
  readonly window: WindowSpec
  /** `event`: by the row's event time and the watermark; `processing`: by the clock. */
  readonly time: 'event' | 'processing'
  readonly emit: EmitSpec
  readonly latePolicy: LatePolicy
}

/** Emits: keys, window_start, window_end, aggregates, like a window-aggregate; windows grow and merge. */
export interface SessionAggregateStep extends AggregateBase {
  readonly kind: 'session-aggregate'
  readonly gapMs: DurationMs
  /** A session is cut when it is this long. */
  readonly maxMs: DurationMs | undefined
  readonly time: 'event' | 'processing'
  readonly emit: EmitSpec
  readonly latePolicy: LatePolicy
}

/**
 * GROUP BY without a window; DISTINCT is the case with no aggregates. Emits: keys, aggregates. `emit.mode` is
 * `changes`, but in plans over bounded input (pull queries), where it is `final`: each row once, when the watermark is
 * +∞. Without keys and with `final`, one row comes out even for no input.
 */
export interface GroupAggregateStep extends AggregateBase {
  readonly kind: 'group-aggregate'
  /** Undefined: rows. */
  readonly input?: AggregateInput | undefined
  readonly emit: EmitSpec
  readonly ttlMs: DurationMs | undefined
}

/** One row a key: the first to arrive, or the latest by event time. */
export interface DeduplicateStep extends StepBase {
  readonly kind: 'deduplicate'
  readonly keys: readonly number[]
  /** The first to arrive, or the earliest or latest by event time, which another may replace. */
  readonly keep: 'first' | 'earliest' | 'last'
  /** The key is forgotten when the watermark passed the first row by this much; undefined: never (needs a TTL). */
  readonly withinMs: DurationMs | undefined
  readonly latePolicy: LatePolicy
  readonly ttlMs: DurationMs | undefined
}

export interface SortKey {
  readonly column: number
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** The first `limit` rows of each partition; ROW_NUMBER() … <= n. */
export interface TopNStep extends StepBase {
  readonly kind: 'top-n'
  readonly partitionBy: readonly number[]
  readonly orderBy: readonly SortKey[]
  readonly limit: number
  /** True appends the row number (BIGINT, from 1) as the last column. */
  readonly withRank: boolean
  readonly retractions: boolean
  /** Rows of a window-partitioned TOP-N come out once, when the watermark passes this column (window_end). */
  readonly windowEndColumn: number | undefined
  readonly ttlMs: DurationMs | undefined
}

export interface LimitStep extends StepBase {
  readonly kind: 'limit'
  readonly count: number
}

/**
 * EVERY over rows that change: at most one change of a row in this much processing time, the last one; in between
 * changes wait, and a checkpoint lets them go.
 */
export interface ThrottleStep extends StepBase {
  readonly kind: 'throttle'
  readonly keys: readonly number[]
  readonly everyMs: DurationMs
}

/**
 * The end of a plan: a connector, or with kind `result` the query's own result log and, when the rows have a key, its
 * table.
 */
export interface SinkStep extends StepBase {
  readonly kind: 'sink'
  readonly connector: ConnectorSpec
  readonly format: FormatSpec
}
