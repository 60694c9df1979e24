// The rows of a result that comes and comes: the last ones, and for a result with a key its rows as they are now.

import type { MessageInitShape } from '@bufbuild/protobuf'
import { useEffect, useState } from 'preact/hooks'
import { type Failure, failureOf, isCancelled, queries, subscriptions } from './api.ts'
import type { QueryRequestSchema, QueryResponse } from './proto/weir/v1/query_pb.ts'
import type { SubscribeRequestSchema, SubscribeResponse } from './proto/weir/v1/subscription_pb.ts'
import { ChangeKind, type Row, type RowBatch, type Schema } from './proto/weir/v1/types_pb.ts'
import { textOf } from './values.ts'

/** Rows that a table shows and a chart draws; older ones are forgotten. */
export const ROWS_MAX = 500
/** The page is drawn anew at most so often. */
const DRAW_MS = 100
const RECONNECT_MS = 1_000

export interface LiveRow {
  readonly id: number
  readonly change: ChangeKind
  readonly values: Row['values']
  readonly timeMicros: bigint | undefined
}

export interface LiveRows {
  readonly schema: Schema | undefined
  /** The newest first. */
  readonly rows: readonly LiveRow[]
  /** All that have come, also those that are forgotten. */
  readonly count: number
  readonly watermarkMicros: bigint | undefined
  readonly ended: boolean
  readonly failure: Failure | undefined
}

const NOTHING: LiveRows = {
  schema: undefined,
  rows: [],
  count: 0,
  watermarkMicros: undefined,
  ended: false,
  failure: undefined,
}

export type Source =
  | { readonly kind: 'query'; readonly request: MessageInitShape<typeof QueryRequestSchema> }
  | { readonly kind: 'subscription'; readonly request: MessageInitShape<typeof SubscribeRequestSchema> }

/** Follows until the page is left; a subscription goes on after a break where it was. `keyed` keeps a row a key. */
export function useLiveRows(source: Source | undefined, keyed: boolean): LiveRows {
  const [shown, setShown] = useState(NOTHING)
  useEffect(() => {
    setShown(NOTHING)
    if (source === undefined) return
    const leave = new AbortController()
    const collected = new Collector(keyed)
    let timer: ReturnType<typeof setTimeout> | undefined
    const draw = () => {
      timer ??= setTimeout(() => {
        timer = undefined
        if (!leave.signal.aborted) setShown(collected.snapshot())
      }, DRAW_MS)
    }
    void follow(source, collected, leave.signal, draw)
    return () => {
      leave.abort()
      clearTimeout(timer)
    }
  }, [source, keyed])
  return shown
}

async function follow(source: Source, collected: Collector, signal: AbortSignal, draw: () => void): Promise<void> {
  while (!signal.aborted) {
    try {
      const events =
        source.kind === 'query'
          ? queries.query(source.request, { signal })
          : subscriptions.subscribe({ ...source.request, resumeToken: collected.resumeToken }, { signal })
      for await (const { event } of events) {
        collected.take(event)
        draw()
      }
      collected.ended = true
      draw()
      return
    } catch (error) {
      if (signal.aborted || isCancelled(error)) return
      collected.failure = failureOf(error)
      draw()
      if (source.kind === 'query' || collected.failure.kind !== 'offline') return
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
    }
  }
}

class Collector {
  readonly #keyed: boolean
  #schema: Schema | undefined
  #rows: LiveRow[] = []
  readonly #byKey = new Map<string, LiveRow>()
  #count = 0
  #watermarkMicros: bigint | undefined
  resumeToken = ''
  ended = false
  failure: Failure | undefined

  constructor(keyed: boolean) {
    this.#keyed = keyed
  }

  take(event: QueryResponse['event'] | SubscribeResponse['event']): void {
    this.failure = undefined
    if (event.case === 'header') this.#schema = event.value.schema
    else if (event.case === 'batch') this.#add(event.value)
    else if (event.case === 'watermark') {
      if (!event.value.endOfTime) this.#watermarkMicros = event.value.timeMicros
      if (event.value.resumeToken !== '') this.resumeToken = event.value.resumeToken
    }
  }

  snapshot(): LiveRows {
    const rows = this.#isKeyed ? [...this.#byKey.values()].reverse() : this.#rows.toReversed()
    const { ended, failure } = this
    return { schema: this.#schema, rows, count: this.#count, watermarkMicros: this.#watermarkMicros, ended, failure }
  }

  get #isKeyed(): boolean {
    return this.#keyed && (this.#schema?.keyColumns.length ?? 0) > 0
  }

  #add({ rows, changes, eventTimeMicros, resumeToken }: RowBatch): void {
    if (resumeToken !== '') this.resumeToken = resumeToken
    for (const [i, { values }] of rows.entries()) {
      const change = changes[i] ?? ChangeKind.INSERT
      const row: LiveRow = { id: this.#count++, change, values, timeMicros: eventTimeMicros[i] }
      if (this.#isKeyed) this.#keep(row)
      else this.#rows.push(row)
    }
    if (this.#rows.length > ROWS_MAX) this.#rows = this.#rows.slice(-ROWS_MAX)
  }

  #keep(row: LiveRow): void {
    const columns = this.#schema?.keyColumns ?? []
    const key = JSON.stringify(columns.map((column) => textOf(row.values[column])))
    if (row.change === ChangeKind.UPDATE_BEFORE) return
    this.#byKey.delete(key)
    if (row.change === ChangeKind.DELETE) return
    this.#byKey.set(key, row)
    if (this.#byKey.size <= ROWS_MAX) return
    for (const oldest of this.#byKey.keys()) {
      this.#byKey.delete(oldest)
      return
    }
  }
}
