import type { Diagnostic } from '../../grammar/diagnostic.ts'
import type { ChangeKind } from '../core/batch.ts'
import type { ParameterValue } from '../core/parameter.ts'
import type { Schema } from '../core/schema.ts'
import type { Row } from '../core/value.ts'
import type { RestoreProgress } from '../engine/ports/state.ts'
import type { Access } from './access.ts'
import type { QueryAnalysis } from './explain-analyze.ts'
import type { PeerTablePage, PeerTableRequest, PeerTasksRequest } from './peers.ts'
import type { QueryActivity } from './query-activity.ts'
import type { TaskStats } from './task-loop.ts'

/**
 * What the server and the CLI see of the engine: statements in, results out. One implementation (`WeirRuntime`) runs
 * in this process; nothing here names a transport.
 */
export interface Runtime {
  /** Runs a script, statement by statement; stops at the first that fails (AppError with diagnostics). */
  execute(sql: string, options?: ExecuteOptions): AsyncIterable<StatementResult>
  /** Parses, binds and plans without running: all diagnostics of the text. */
  validate(sql: string, access?: Access): Promise<readonly Diagnostic[]>
  /** One SELECT: pull (ends by itself) or push (until closed). */
  query(sql: string, options?: QueryOptions): Promise<ResultStream>
  /** Results of a materialized view or query, with resume. */
  subscribe(name: string, options?: SubscribeOptions): Promise<ResultStream>
  ingest(request: IngestRequest): Promise<IngestResult>
  list(kind: ObjectKind): Promise<readonly ObjectSummary[]>
  describe(name: string): Promise<ObjectDescription>
  /** Columns of a relation: without asking anybody, since each request of an ingest needs them. */
  schemaOf(name: string): Schema | undefined
  pause(query: string): Promise<void>
  resume(query: string): Promise<void>
  /** Drops a stream, table, view, sink or query and its state. */
  drop(name: string): Promise<void>
  stats(query: string): Promise<QueryStats>
  /** By query, of all its tasks, wherever they run. */
  statsOfAll(): Promise<ReadonlyMap<string, QueryStats>>
  /** What the tasks in this process have done, by query: nobody else is asked. */
  activityHere(): Promise<readonly QueryActivity[]>
  /** Looks at a running query for a second, wherever its tasks run. */
  analyze(query: string): Promise<QueryAnalysis & { readonly text: string }>
  /** What another replica of the deployment asks for: its request is checked, and nothing else is answered. */
  readTableForPeer(request: PeerTableRequest): AsyncIterable<PeerTablePage>
  describeTasksForPeer(request: PeerTasksRequest): Promise<ReadonlyMap<string, TaskStats>>
  /** True when every stored query has been recovered and runs (or is paused). */
  readonly ready: boolean
  /** Stops reading, checkpoints, closes. Safe to call twice. */
  close(): Promise<void>
}

export interface ExecuteOptions {
  readonly parameters?: readonly ParameterValue[]
  /** Session settings, changed by SET; kept by the caller between calls. */
  readonly session?: Map<string, string>
  readonly signal?: AbortSignal
  /** For whom it runs; without it all is allowed. */
  readonly access?: Access
}

export interface QueryOptions extends ExecuteOptions {}

export interface SubscribeOptions {
  /** Continue right after the row that this token came with. */
  readonly resumeToken?: string
  /** Without a token: begin with the rows of the table as they are now (default), or only what changes from now on. */
  readonly snapshot?: boolean
  readonly signal?: AbortSignal
}

export type StatementResult =
  /** DDL and the like: one line of what was done. */
  | { readonly kind: 'done'; readonly statement: string; readonly message: string }
  /** SHOW, DESCRIBE, EXPLAIN: a small table, complete. */
  | {
      readonly kind: 'table'
      readonly statement: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
    }
  /** EXPLAIN: text to print as it is. */
  | { readonly kind: 'text'; readonly statement: string; readonly text: string }
  | { readonly kind: 'rows'; readonly statement: string; readonly results: ResultStream }

/**
 * Results, pulled by the reader: nothing is produced that was not asked for, so a slow reader costs nothing but the
 * log behind it. Ends when the query is bounded, or when `close` is called.
 */
export interface ResultStream extends AsyncIterable<ResultEvent> {
  readonly schema: Schema
  /** True when it does not end by itself. */
  readonly continuous: boolean
  /** Rows that were left out so far, where the stream knows of them: a reader must be told that there is less. */
  omitted?(): OmittedRows
  close(): Promise<void>
}

export interface OmittedRows {
  /** Records that could not be decoded and rows that could not be computed. */
  readonly failed: number
  /** Why the first of them was. */
  readonly reason: string | undefined
  readonly late: number
}

export type ResultEvent =
  | {
      readonly kind: 'rows'
      readonly rows: readonly Row[]
      /** One a row. */
      readonly changes: readonly ChangeKind[]
      /** Event times, ms; NaN where a row has none. */
      readonly times: Float64Array
      /** Resuming with this token continues after the last of these rows; empty for queries that can't resume. */
      readonly resumeToken: string
      /** These rows are part of the snapshot that a subscription begins with. */
      readonly snapshot: boolean
    }
  /** Everything before this event time has been given. */
  | { readonly kind: 'watermark'; readonly watermark: number; readonly resumeToken: string }

export interface IngestRequest {
  readonly stream: string
  /** Encoded as the stream's FORMAT says. */
  readonly records: readonly {
    readonly key?: Uint8Array | undefined
    readonly value: Uint8Array
    readonly timestampMs?: number | undefined
  }[]
  readonly producerId?: string | undefined
  /** Sequence of the first record; consecutive from there. Needs `producerId`. */
  readonly sequence?: number | undefined
}

export interface IngestResult {
  readonly appended: number
  readonly duplicates: number
}

export type ObjectKind = 'stream' | 'table' | 'view' | 'materialized-view' | 'sink' | 'query' | 'function' | 'topic'

export interface ObjectSummary {
  readonly kind: ObjectKind
  readonly name: string
  readonly detail: string
}

export interface ObjectDescription extends ObjectSummary {
  readonly sql: string
  readonly schema: Schema | undefined
  readonly properties: Readonly<Record<string, string>>
}

export interface QueryStats {
  readonly state: 'running' | 'paused' | 'failed' | 'finished'
  readonly error: string | undefined
  readonly rowsIn: number
  readonly rowsOut: number
  readonly rowsLate: number
  readonly rowsFailed: number
  readonly rowsDuplicate: number
  /** Records that are no rows, such as heartbeats of a connector. */
  readonly recordsSkipped: number
  readonly watermark: number
  readonly lagRecords: number | undefined
  readonly stateBytes: number
  readonly epoch: number
  readonly checkpointMsP95: number
  /** How long after their event time rows are read, 95th percentile of the slowest task; undefined before the first. */
  readonly lagMsP95: number | undefined
  /** Of tasks whose state was not here when they were opened, read from their changelogs. */
  readonly restore: RestoreProgress
}
