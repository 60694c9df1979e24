// A server over gRPC, through the client that users have. What it gives is turned back into the engine's values, so
// that a result looks the same whether it came over the wire or not.

import type { StatementResult as ClientResult } from '../../clients/typescript/src/client.ts'
import { type ConnectOptions, WeirClient, WeirError } from '../../clients/typescript/src/index.ts'
import type { Change, ResultEvent as ClientEvent } from '../../clients/typescript/src/results.ts'
import type { Schema as ClientSchema } from '../../clients/typescript/src/values.ts'
import { type Diagnostic, errorAt } from '../../grammar/diagnostic.ts'
import { CHANGE_KIND_NAMES, type ChangeKind, INSERT } from '../core/batch.ts'
import { AppError, type ErrorCode } from '../core/errors.ts'
import type { Schema } from '../core/schema.ts'
import { END_OF_TIME } from '../core/time.ts'
import { STRING } from '../core/type.ts'
import type { Row } from '../core/value.ts'
import type {
  ObjectDescription,
  ObjectKind,
  ObjectSummary,
  ResultEvent,
  ResultStream,
  StatementResult,
} from '../runtime/api.ts'
import { coreValue, typeOfText } from './remote-values.ts'
import type { Session } from './session.ts'

/** A server on this machine or next to it answers within this; longer, and a person takes the command for stuck. */
const CONNECT_TIMEOUT_MS = 3_000

/**
 * A SELECT or a PRINT is streamed; all else is answered in one message. A comment is taken whole or not at all: words
 * in it are no statement.
 */
const IS_QUERY = /^(?:\s|--[^\r\n]*(?![^\r\n])|\/\*(?:(?!\*\/)[\s\S])*\*\/)*(?:select|with|\(|(print))/i

export async function connectTo(address: string, options: ConnectOptions = {}): Promise<WeirClient> {
  try {
    return await WeirClient.connect(address, { connectTimeoutMs: CONNECT_TIMEOUT_MS, ...options })
  } catch (cause) {
    const why = cause instanceof Error ? (/ ms(: .*)$/s.exec(cause.message)?.[1] ?? '') : ''
    throw new AppError('UNAVAILABLE', `no server answers at ${address}${why}`, {
      domain: 'external',
      retry: true,
      hint: 'Start one with `weir server`, name another with --server, or use --local for an engine in this process.',
      cause,
    })
  }
}

export class RemoteSession implements Session {
  readonly #client: WeirClient

  private constructor(client: WeirClient) {
    this.#client = client
  }

  static async connect(address: string, options?: ConnectOptions): Promise<RemoteSession> {
    return new RemoteSession(await connectTo(address, options))
  }

  async *execute(sql: string, { signal }: Parameters<Session['execute']>[1] = {}): AsyncGenerator<StatementResult> {
    try {
      const query = IS_QUERY.exec(sql)
      if (query !== null) {
        const statement = query[1] === undefined ? 'SELECT' : 'PRINT'
        yield { kind: 'rows', statement, results: await this.#query(sql, signal) }
      } else for (const result of await this.#client.execute(sql)) yield statementResult(result)
    } catch (error) {
      throw appError(error)
    }
  }

  list(kind: ObjectKind): Promise<readonly ObjectSummary[]> {
    return this.#client.listObjects(kind).catch(rethrow)
  }

  async describe(name: string): Promise<ObjectDescription> {
    const object = await this.#client.describeObject(name).catch(rethrow)
    return { ...object, schema: object.schema === undefined ? undefined : coreSchema(object.schema) }
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** Waits for the header, so that SQL that is wrong fails here and not in the middle of printing. */
  async #query(sql: string, outer: AbortSignal | undefined): Promise<ResultStream> {
    const closed = new AbortController()
    const signal = outer === undefined ? closed.signal : AbortSignal.any([outer, closed.signal])
    const events = this.#client.query(sql, [], { timestamps: 'micros', signal }).events()
    const first = await events.next()
    if (first.done === true || first.value.kind !== 'schema') {
      throw new AppError('INTERNAL', 'the server sent no header before its rows', { domain: 'internal' })
    }
    const schema = coreSchema(first.value.schema)
    return {
      schema,
      continuous: first.value.continuous,
      close: async () => {
        closed.abort()
        await events.return(undefined).catch(() => undefined)
      },
      async *[Symbol.asyncIterator]() {
        try {
          for await (const event of events) {
            const mapped = resultEvent(schema, event)
            if (mapped !== undefined) yield mapped
          }
        } catch (error) {
          if (!signal.aborted) throw appError(error)
        }
      },
    }
  }
}

function resultEvent(schema: Schema, event: ClientEvent): ResultEvent | undefined {
  switch (event.kind) {
    case 'changes':
      return rowsEvent(schema, event.changes, event.snapshot, event.resumeToken ?? '')
    case 'watermark':
      return {
        kind: 'watermark',
        watermark: event.time?.getTime() ?? END_OF_TIME,
        resumeToken: event.resumeToken ?? '',
      }
    default:
      return undefined
  }
}

function rowsEvent(schema: Schema, changes: readonly Change[], snapshot: boolean, resumeToken: string): ResultEvent {
  return {
    kind: 'rows',
    rows: changes.map(({ row }) => coreRow(schema, row)),
    changes: changes.map(({ kind }) => CHANGE_KIND_NAMES.indexOf(kind) as ChangeKind),
    times: Float64Array.from(changes, ({ eventTime }) => eventTime?.getTime() ?? Number.NaN),
    resumeToken,
    snapshot,
  }
}

function coreRow(schema: Schema, row: Change['row']): Row {
  return schema.fields.map(({ name, type }) => coreValue(type, row[name] ?? null))
}

function coreSchema({ columns, key, time, mode }: ClientSchema): Schema {
  const position = (name: string) => columns.findIndex((column) => column.name === name)
  return {
    fields: columns.map(({ name, type, nullable }) => ({ name, type: typeOfText(type) ?? STRING, nullable })),
    key: key.map(position),
    timeColumn: time === undefined ? undefined : position(time),
    mode,
  }
}

function statementResult(result: ClientResult): StatementResult {
  if (result.kind !== 'rows') return result
  const schema = coreSchema(result.schema)
  const changes = result.rows.map((row) => ({ kind: CHANGE_KIND_NAMES[INSERT], row, eventTime: undefined }))
  const event = rowsEvent(schema, changes, false, '')
  const results: ResultStream = {
    schema,
    continuous: false,
    close: async () => undefined,
    async *[Symbol.asyncIterator]() {
      yield event
    },
  }
  return { kind: 'rows', statement: result.statement, results }
}

/** gRPC statuses as the engine's codes; those that mean the same to a person share one. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  INVALID_ARGUMENT: 'INVALID_ARGUMENT',
  NOT_FOUND: 'NOT_FOUND',
  ALREADY_EXISTS: 'ALREADY_EXISTS',
  FAILED_PRECONDITION: 'FAILED_PRECONDITION',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  PERMISSION_DENIED: 'PERMISSION_DENIED',
  RESOURCE_EXHAUSTED: 'RESOURCE_EXHAUSTED',
  OUT_OF_RANGE: 'POSITION_EXPIRED',
  UNIMPLEMENTED: 'NOT_SUPPORTED',
  UNAVAILABLE: 'UNAVAILABLE',
  DEADLINE_EXCEEDED: 'UNAVAILABLE',
  CANCELLED: 'CANCELLED',
}

export function appError(error: unknown): unknown {
  if (!(error instanceof WeirError)) return error
  const diagnostics = error.diagnostics.map(
    ({ code, message, hint, line, column, offset, length }): Diagnostic =>
      errorAt({ start: offset, end: offset + length, line, column }, code, message, { hint }),
  )
  const code = diagnostics.length > 0 ? 'INVALID_SQL' : (CODES[error.status] ?? 'INTERNAL')
  return new AppError(code, error.message, {
    domain: code === 'INTERNAL' ? 'internal' : code === 'UNAVAILABLE' ? 'external' : 'user',
    retry: error.retry,
    diagnostics,
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
}

function rethrow(error: unknown): never {
  throw appError(error)
}
