// Results as async iterables that keep the server's back-pressure: what is not read is not sent.

import type { ClientReadableStream } from '@grpc/grpc-js'
import { toWeirError } from './errors.ts'
import type { ChangeKind as WireChangeKind } from './proto/weir/v1/ChangeKind.ts'
import type { QueryResponse } from './proto/weir/v1/QueryResponse.ts'
import type { RowBatch } from './proto/weir/v1/RowBatch.ts'
import { dateOfMicros, type RowObject, readSchema, rowReader, type Schema, type TimestampMode } from './values.ts'

/** What a row does to the result: a new row, the row that an update replaces, the one that it leaves, a row gone. */
export type ChangeKind = '+I' | '-U' | '+U' | '-D'

export interface Change<Row = RowObject> {
  readonly kind: ChangeKind
  readonly row: Row
  readonly eventTime: Date | undefined
}

/** A step of a result. */
export type ResultEvent<Row = RowObject> =
  | { readonly kind: 'schema'; readonly schema: Schema; readonly continuous: boolean }
  /** Resuming with the token goes on after the last of these; undefined when the result can't be resumed. */
  | {
      readonly kind: 'changes'
      readonly changes: readonly Change<Row>[]
      readonly snapshot: boolean
      readonly resumeToken: string | undefined
    }
  /** Everything before this event time has come; undefined: the input is finished. */
  | { readonly kind: 'watermark'; readonly time: Date | undefined; readonly resumeToken: string | undefined }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'end'; readonly rows: bigint; readonly elapsedMs: number }

const CHANGES: Readonly<Record<WireChangeKind, ChangeKind>> = {
  CHANGE_KIND_UNSPECIFIED: '+I',
  CHANGE_KIND_INSERT: '+I',
  CHANGE_KIND_UPDATE_BEFORE: '-U',
  CHANGE_KIND_UPDATE_AFTER: '+U',
  CHANGE_KIND_DELETE: '-D',
}

/** A row without an event time. */
const NO_TIME = (-(2n ** 63n)).toString()

/** QueryResponse and SubscribeResponse have the same fields. */
export type ResultCall = ClientReadableStream<QueryResponse>

/**
 * The events of one call. Leaving the loop cancels the call. A batch that came in parts is one event: its token holds
 * for all of it or nothing.
 */
export async function* readEvents<Row>(call: ResultCall, timestamps: TimestampMode): AsyncGenerator<ResultEvent<Row>> {
  let read: ((row: RowBatch['rows'][number]) => RowObject) | undefined
  let parts: Change<Row>[] = []
  try {
    for await (const { event, header, batch, watermark, end } of call as AsyncIterable<QueryResponse>) {
      if (event === 'header' && header?.schema) {
        read = rowReader(header.schema, timestamps)
        yield { kind: 'schema', schema: readSchema(header.schema), continuous: header.continuous }
      } else if (event === 'batch' && batch && read) {
        appendChanges(parts, batch, read)
        if (batch.partial) continue
        const changes = parts
        parts = []
        yield { kind: 'changes', changes, snapshot: batch.snapshot, resumeToken: orUndefined(batch.resumeToken) }
      } else if (event === 'watermark' && watermark) {
        const time = watermark.endOfTime ? undefined : dateOfMicros(watermark.timeMicros)
        yield { kind: 'watermark', time, resumeToken: orUndefined(watermark.resumeToken) }
      } else if (event === 'heartbeat') yield { kind: 'heartbeat' }
      else if (event === 'end' && end) {
        yield { kind: 'end', rows: BigInt(end.rows), elapsedMs: Number(end.elapsedMillis) }
      }
    }
  } catch (error) {
    throw toWeirError(error)
  } finally {
    call.cancel()
  }
}

function appendChanges<Row>(
  into: Change<Row>[],
  batch: RowBatch,
  read: (row: RowBatch['rows'][number]) => RowObject,
): void {
  const { rows, changes, eventTimeMicros } = batch
  for (let i = 0; i < rows.length; i++) {
    const time = eventTimeMicros[i]
    into.push({
      kind: CHANGES[changes[i] ?? 'CHANGE_KIND_INSERT'],
      row: read(rows[i] as RowBatch['rows'][number]) as Row,
      eventTime: time === undefined || time === NO_TIME ? undefined : dateOfMicros(time),
    })
  }
}

export function orUndefined(text: string): string | undefined {
  return text === '' ? undefined : text
}

/**
 * The answer to a SELECT. Iterate it once: over rows, over `changes()` when rows are updated or deleted, or over
 * `events()` for watermarks and the rest.
 */
export class QueryResult<Row = RowObject> implements AsyncIterable<Row> {
  readonly #open: () => AsyncGenerator<ResultEvent<Row>>

  constructor(open: () => AsyncGenerator<ResultEvent<Row>>) {
    this.#open = open
  }

  events(): AsyncGenerator<ResultEvent<Row>> {
    return this.#open()
  }

  async *changes(): AsyncGenerator<Change<Row>> {
    for await (const event of this.#open()) if (event.kind === 'changes') yield* event.changes
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for await (const { row } of this.changes()) yield row
  }

  /** All rows; for results that end. */
  async toArray(): Promise<Row[]> {
    const rows: Row[] = []
    for await (const row of this) rows.push(row)
    return rows
  }
}
