// The client of one server: SQL in, typed rows out.

import { Client, type ServiceError } from '@grpc/grpc-js'
import { type QueryAnalysis, readAnalysis } from './analysis.ts'
import { type ConnectOptions, channelCredentials, reasonOf, tokenInterceptor } from './connection.ts'
import { toWeirError } from './errors.ts'
import { type IngestCall, type IngestOptions, IngestWriter } from './ingest.ts'
import { type Objective, readObjective } from './objectives.ts'
import type { Diagnostic as WireDiagnostic } from './proto/weir/v1/Diagnostic.ts'
import type { ObjectKind as WireObjectKind } from './proto/weir/v1/ObjectKind.ts'
import type { StatementResult as WireStatementResult } from './proto/weir/v1/StatementResult.ts'
import { CATALOG_SERVICE, INGEST_SERVICE, QUERY_SERVICE, SUBSCRIPTION_SERVICE } from './protos.ts'
import { type QueryDescription, type QuerySummary, readDescription, stateOf } from './query-description.ts'
import { QueryResult, type ResultCall, readEvents } from './results.ts'
import { type SubscribeOptions, Subscription } from './subscribe.ts'
import {
  type Parameter,
  type RowObject,
  readSchema,
  rowReader,
  type Schema,
  type TimestampMode,
  writeParameter,
} from './values.ts'

export interface CallOptions {
  /** Values of $1, $2, … */
  readonly parameters?: readonly Parameter[] | undefined
  readonly timeoutMs?: number | undefined
}

export interface QueryOptions {
  /** Time after which the query is cancelled; default: none. */
  readonly timeoutMs?: number | undefined
  readonly timestamps?: TimestampMode | undefined
  readonly signal?: AbortSignal | undefined
}

export type StatementResult =
  | { readonly kind: 'done'; readonly statement: string; readonly message: string }
  | {
      readonly kind: 'table'
      readonly statement: string
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
    }
  | { readonly kind: 'text'; readonly statement: string; readonly text: string }
  | { readonly kind: 'rows'; readonly statement: string; readonly schema: Schema; readonly rows: readonly RowObject[] }

export interface Diagnostic {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'note'
  readonly message: string
  readonly detail: string | undefined
  readonly hint: string | undefined
  /** Offsets in UTF-16 units; line and column from 1. */
  readonly span: { readonly start: number; readonly end: number; readonly line: number; readonly column: number }
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

const CONNECT_TIMEOUT_MS = 10_000
const CALL_TIMEOUT_MS = 30_000
const REASON_TIMEOUT_MS = 500
/** Rows may be wide; a batch of them is about 256 KiB. */
const RECEIVE_BYTES_MAX = 64 * 1024 * 1024
const PAGE_SIZE = 1000

/** Reads are tried again when the server is away for a moment; a script may have run, so it is not. */
const SERVICE_CONFIG = JSON.stringify({
  methodConfig: [
    {
      name: [
        { service: 'weir.v1.CatalogService' },
        ...['Validate', 'Explain', 'ListQueries', 'DescribeQuery', 'AnalyzeQuery', 'ListObjectives'].map((method) => ({
          service: 'weir.v1.QueryService',
          method,
        })),
      ],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: '0.1s',
        maxBackoff: '1s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
})

interface UnaryMethod<Request, Response> {
  readonly path: string
  readonly requestSerialize: (value: Request) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => Response
}

export class WeirClient implements AsyncDisposable {
  readonly address: string
  readonly #grpc: Client
  readonly #callTimeoutMs: number
  #settings: Readonly<Record<string, string>>

  private constructor(address: string, options: ConnectOptions) {
    this.address = address
    this.#settings = { ...options.settings }
    this.#callTimeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS
    this.#grpc = new Client(address, channelCredentials(address, options), {
      interceptors: options.token === undefined ? [] : [tokenInterceptor(options.token)],
      'grpc.max_receive_message_length': RECEIVE_BYTES_MAX,
      'grpc.keepalive_time_ms': 60_000,
      // A server that is back is found within seconds; grpc-js alone waits for up to two minutes.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 5_000,
      'grpc.service_config': SERVICE_CONFIG,
      ...options.channelOptions,
    })
  }

  /** Connects to `host:port`; throws when the server can't be reached in time. */
  static async connect(address: string, options: ConnectOptions = {}): Promise<WeirClient> {
    const client = new WeirClient(address, options)
    const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
    try {
      await new Promise<void>((resolve, reject) => {
        client.#grpc.waitForReady(Date.now() + timeoutMs, (error) => (error === undefined ? resolve() : reject(error)))
      })
    } catch (error) {
      const reason = await client.#whyNot()
      client.#grpc.close()
      throw new Error(`can't reach a server at ${address} within ${timeoutMs} ms${reason}`, { cause: error })
    }
    return client
  }

  /** Settings of the session: those given to `connect`, changed by every SET that `execute` has run. */
  get settings(): Readonly<Record<string, string>> {
    return this.#settings
  }

  async close(): Promise<void> {
    this.#grpc.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Runs a script; stops at the first statement that fails (WeirError with diagnostics). */
  async execute(sql: string, options: CallOptions = {}): Promise<readonly StatementResult[]> {
    const request = { ...this.#script(sql, options.parameters) }
    const response = await this.#call(QUERY_SERVICE.Execute, request, options.timeoutMs)
    this.#settings = response.settings
    return response.results.map(readStatementResult)
  }

  /** Everything that is wrong with a text, without running it. */
  async validate(sql: string): Promise<readonly Diagnostic[]> {
    const { diagnostics } = await this.#call(QUERY_SERVICE.Validate, { sql })
    return diagnostics.map(readDiagnostic)
  }

  /** How one statement would run. */
  async explain(sql: string, options: CallOptions = {}): Promise<string> {
    const { text } = await this.#call(QUERY_SERVICE.Explain, this.#script(sql, options.parameters), options.timeoutMs)
    return text
  }

  /** One SELECT or PRINT. It is sent when the result is iterated; leaving the loop cancels it. */
  query<Row = RowObject>(
    sql: string,
    parameters: readonly Parameter[] = [],
    options: QueryOptions = {},
  ): QueryResult<Row> {
    const { timeoutMs, timestamps = 'date', signal } = options
    return new QueryResult<Row>(() => {
      const { path, requestSerialize, responseDeserialize } = QUERY_SERVICE.Query
      const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
      const request = this.#script(sql, parameters)
      const call = this.#grpc.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, deadline)
      return readEvents<Row>(cancelWith(call, signal), timestamps)
    })
  }

  /** Results of a materialized view; connects again by itself and goes on where it was. */
  subscribe<Row = RowObject>(name: string, options: SubscribeOptions = {}): Subscription<Row> {
    const { path, requestSerialize, responseDeserialize } = SUBSCRIPTION_SERVICE.Subscribe
    const open = (resumeToken: string | undefined): ResultCall => {
      const snapshot = options.snapshot === false ? ('SNAPSHOT_MODE_SKIP' as const) : ('SNAPSHOT_MODE_INCLUDE' as const)
      const request = resumeToken === undefined ? { name, snapshot } : { name, resumeToken }
      return this.#grpc.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request)
    }
    return new Subscription<Row>(open, options)
  }

  /** A writer of records; `flush` it, or `await using` it. */
  ingest(stream: string, options: IngestOptions = {}): IngestWriter {
    const { path, requestSerialize, responseDeserialize } = INGEST_SERVICE.Ingest
    const open = (): IngestCall => this.#grpc.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
    return new IngestWriter(stream, open, options)
  }

  /** All objects of a kind; without one, all that users have made. */
  async listObjects(kind?: ObjectKind): Promise<readonly ObjectSummary[]> {
    const wireKind = kind === undefined ? 'OBJECT_KIND_UNSPECIFIED' : wireKindOf(kind)
    return this.#pages(async (pageToken) => {
      const request = { kind: wireKind, pageSize: PAGE_SIZE, pageToken }
      const { objects, nextPageToken } = await this.#call(CATALOG_SERVICE.ListObjects, request)
      return [objects.map((object) => ({ ...object, kind: kindOf(object.kind) })), nextPageToken]
    })
  }

  async describeObject(name: string): Promise<ObjectDescription> {
    const { summary, sql, schema, properties } = await this.#call(CATALOG_SERVICE.DescribeObject, { name })
    return {
      kind: kindOf(summary?.kind ?? 'OBJECT_KIND_UNSPECIFIED'),
      name: summary?.name ?? name,
      detail: summary?.detail ?? '',
      sql,
      schema: schema === null ? undefined : readSchema(schema),
      properties,
    }
  }

  async listQueries(): Promise<readonly QuerySummary[]> {
    return this.#pages(async (pageToken) => {
      const { queries, nextPageToken } = await this.#call(QUERY_SERVICE.ListQueries, { pageSize: PAGE_SIZE, pageToken })
      return [queries.map((query) => ({ ...query, state: stateOf(query.state) })), nextPageToken]
    })
  }

  /** What is promised of each query of the server, and for how much of the last thirty days it held. */
  async listObjectives(): Promise<readonly Objective[]> {
    return this.#pages(async (pageToken) => {
      const page = { pageSize: PAGE_SIZE, pageToken }
      const { objectives, nextPageToken } = await this.#call(QUERY_SERVICE.ListObjectives, page)
      return [objectives.map(readObjective), nextPageToken]
    })
  }

  /** Looks at a running query for a second: how far each partition is behind, and why. */
  async analyzeQuery(name: string): Promise<QueryAnalysis> {
    const answer = await this.#call(QUERY_SERVICE.AnalyzeQuery, { name })
    return readAnalysis(answer, stateOf(answer.summary?.state ?? 'QUERY_STATE_UNSPECIFIED'))
  }

  async describeQuery(name: string): Promise<QueryDescription> {
    return readDescription(name, await this.#call(QUERY_SERVICE.DescribeQuery, { name }))
  }

  async pauseQuery(name: string): Promise<void> {
    await this.#call(QUERY_SERVICE.PauseQuery, { name })
  }

  async resumeQuery(name: string): Promise<void> {
    await this.#call(QUERY_SERVICE.ResumeQuery, { name })
  }

  async dropQuery(name: string): Promise<void> {
    await this.#call(QUERY_SERVICE.DropQuery, { name })
  }

  /** Waiting for a connection does not say why there is none; a call that needs one does. */
  #whyNot(): Promise<string> {
    return this.#call(QUERY_SERVICE.Execute, { sql: '' }, REASON_TIMEOUT_MS).then(() => '', reasonOf)
  }

  #script(sql: string, parameters: readonly Parameter[] = []) {
    return { sql, parameters: parameters.map(writeParameter), settings: { ...this.#settings } }
  }

  #call<Request, Response>(
    { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Response>,
    request: Request,
    timeoutMs = this.#callTimeoutMs,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + timeoutMs
      const done = (error: ServiceError | null, response?: Response) =>
        error === null ? resolve(response as Response) : reject(toWeirError(error))
      this.#grpc.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, { deadline }, done)
    })
  }

  async #pages<T>(page: (pageToken: string) => Promise<[readonly T[], string]>): Promise<readonly T[]> {
    const all: T[] = []
    for (let pageToken = ''; ; ) {
      const [items, next] = await page(pageToken)
      all.push(...items)
      if (next === '') return all
      pageToken = next
    }
  }
}

function cancelWith(call: ResultCall, signal: AbortSignal | undefined): ResultCall {
  if (signal === undefined) return call
  const cancel = () => call.cancel()
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel, { once: true })
  call.once('close', () => signal.removeEventListener('abort', cancel))
  return call
}

function readStatementResult(result: WireStatementResult): StatementResult {
  const { statement } = result
  switch (result.result) {
    case 'table': {
      const rows = result.table?.rows.map(({ cells }) => cells) ?? []
      return { kind: 'table', statement, columns: result.table?.columns ?? [], rows }
    }
    case 'text':
      return { kind: 'text', statement, text: result.text ?? '' }
    case 'rows': {
      const schema = result.rows?.schema
      if (schema == null) throw new Error('the server sent rows without their schema')
      const read = rowReader(schema, 'date')
      return { kind: 'rows', statement, schema: readSchema(schema), rows: result.rows?.batch?.rows.map(read) ?? [] }
    }
    default:
      return { kind: 'done', statement, message: result.message ?? '' }
  }
}

const SEVERITIES = {
  SEVERITY_UNSPECIFIED: 'error',
  SEVERITY_ERROR: 'error',
  SEVERITY_WARNING: 'warning',
  SEVERITY_NOTE: 'note',
} as const

function readDiagnostic({ code, severity, message, detail, hint, span }: WireDiagnostic): Diagnostic {
  const { start, end, line, column } = span ?? { start: 0, end: 0, line: 1, column: 1 }
  const texts = { detail: detail === '' ? undefined : detail, hint: hint === '' ? undefined : hint }
  return { code, severity: SEVERITIES[severity], message, ...texts, span: { start, end, line, column } }
}

/** OBJECT_KIND_MATERIALIZED_VIEW ↔ materialized-view. */
function kindOf(wire: WireObjectKind): ObjectKind {
  return wire.slice('OBJECT_KIND_'.length).toLowerCase().replaceAll('_', '-') as ObjectKind
}

function wireKindOf(kind: ObjectKind): WireObjectKind {
  return `OBJECT_KIND_${kind.toUpperCase().replaceAll('-', '_')}` as WireObjectKind
}
