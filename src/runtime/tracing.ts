// Traces of what happens outside of a call: a span for each commit of a task, connected with whoever wrote what it has
// read. The context travels in the header `traceparent` of the first record of a batch. Never a span a record.
//
// Only the API is used here: where no exporter is set up (src/server/telemetry/tracing.ts), nothing is recorded.

import {
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { Compression } from '../core/compression.ts'
import type { OutputRecord, RecordChunk } from '../engine/ports/log.ts'
import type { Checkpoint, StateStore, TaskStorage } from '../engine/ports/state.ts'

const TRACER = 'weir'
const HEADER = 'traceparent'
/** Calls and commits that one commit is connected with. */
const LINKS_MAX = 8

/** Runs `act` as a span of its own within the one that is active. */
export async function traced<T>(name: string, act: () => Promise<T>): Promise<T> {
  return trace.getTracer(TRACER).startActiveSpan(name, async (span) => {
    try {
      return await act()
    } catch (error) {
      // Not its message: that may quote what a user wrote.
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  })
}

/** The records with the context of the active span in the header of the first. */
export function carryingTrace(records: readonly OutputRecord[]): readonly OutputRecord[] {
  return withContext(records, context.active())
}

function withContext(records: readonly OutputRecord[], traceContext: Context): readonly OutputRecord[] {
  const [first] = records
  if (first === undefined || first.headers !== undefined) return records
  if (trace.getSpan(traceContext)?.isRecording() !== true) return records
  const carrier: Record<string, string> = {}
  propagation.inject(traceContext, carrier)
  const text = carrier[HEADER]
  if (text === undefined) return records
  return [{ ...first, headers: [[HEADER, Buffer.from(text)]] }, ...records.slice(1)]
}

/** The commits of one task, from what it has read to what it writes. */
export class CommitTrace implements TaskStorage {
  readonly #inner: TaskStorage
  readonly #attributes: { readonly 'weir.query': string; readonly 'weir.task': string }
  /** By `traceparent`, what the records read since the last commit were written by. */
  readonly #read = new Map<string, Context>()
  #span: Span | undefined
  #context: Context = ROOT_CONTEXT

  constructor(inner: TaskStorage, query: string, task: string) {
    this.#inner = inner
    this.#attributes = { 'weir.query': query, 'weir.task': task }
  }

  /** Looks at one record of the chunk. */
  read(chunk: RecordChunk): void {
    if (chunk.count === 0 || chunk.headers === undefined || this.#read.size >= LINKS_MAX) return
    for (const [name, value] of chunk.headers(0)) {
      if (name === null || value === null || Buffer.from(name).toString() !== HEADER) continue
      const text = Buffer.from(value).toString()
      const extracted = propagation.extract(ROOT_CONTEXT, { [HEADER]: text })
      if (trace.getSpanContext(extracted) !== undefined) this.#read.set(text, extracted)
    }
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#inner.checkpoint
  }

  store(operatorId: string, table: string): StateStore {
    return this.#inner.store(operatorId, table)
  }

  append(topic: string, partition: number, records: readonly OutputRecord[], compression?: Compression): void {
    this.#begin()
    this.#inner.append(topic, partition, withContext(records, this.#context), compression)
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    const span = this.#begin()
    span.setAttribute('weir.epoch', checkpoint.epoch)
    try {
      await this.#inner.commit(checkpoint)
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
      this.#span = undefined
    }
  }

  stateBytes(): number {
    return this.#inner.stateBytes()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  /** It is part of the trace of the first that it has read of, and linked with the others. */
  #begin(): Span {
    if (this.#span !== undefined) return this.#span
    const [parent = ROOT_CONTEXT, ...others] = this.#read.values()
    this.#read.clear()
    const links = others.flatMap((one): Link[] => {
      const spanContext = trace.getSpanContext(one)
      return spanContext === undefined ? [] : [{ context: spanContext }]
    })
    this.#span = trace.getTracer(TRACER).startSpan('weir.commit', { attributes: this.#attributes, links }, parent)
    this.#context = trace.setSpan(parent, this.#span)
    return this.#span
  }
}
