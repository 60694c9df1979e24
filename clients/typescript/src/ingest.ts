// Writes records to a stream, with acknowledgements, and again after a break: nothing lost, nothing doubled.
//
// Every record has a sequence; what is not acknowledged is kept, and sent again on the next connection with the same
// sequences. The server leaves out what it already has, so an acknowledgement that was lost does no harm.

import { randomUUID } from 'node:crypto'
import type { ClientDuplexStream } from '@grpc/grpc-js'
import { Backoff } from './backoff.ts'
import { toWeirError, WeirError } from './errors.ts'
import type { IngestRecordInput } from './proto/weir/v1/IngestRecord.ts'
import type { IngestRequestInput } from './proto/weir/v1/IngestRequest.ts'
import type { IngestResponse } from './proto/weir/v1/IngestResponse.ts'
import { Decimal } from './values.ts'

export interface IngestOptions {
  /** Names the sequence; a producer that starts again under its name gives `firstSequence`. Default: a random one. */
  readonly producerId?: string | undefined
  /** Sequence of the first record; default 0. */
  readonly firstSequence?: number | undefined
  /** Records in one request at most. */
  readonly batchRecordsMax?: number | undefined
  /** Requests without an acknowledgement at most; `write` waits beyond. */
  readonly requestsInFlightMax?: number | undefined
  /** Attempts to connect again without any acknowledgement between them; default: no limit. */
  readonly reconnectAttemptsMax?: number | undefined
}

/** An object becomes JSON (bigints and Decimals as their digits), a string its UTF-8, bytes stay as they are. */
export type IngestValue = Readonly<Record<string, unknown>> | string | Uint8Array

export interface IngestRecordOptions {
  /** Decides the partition. */
  readonly key?: string | Uint8Array | undefined
  readonly timestamp?: Date | undefined
}

export type IngestCall = ClientDuplexStream<IngestRequestInput, IngestResponse>

interface Pending {
  readonly sequence: number
  readonly records: readonly IngestRecordInput[]
}

const BATCH_RECORDS_MAX = 500
const REQUESTS_IN_FLIGHT_MAX = 8
/** Half of what a server takes in one message by default. */
const BATCH_BYTES_MAX = 2 * 1024 * 1024

export class IngestWriter implements AsyncDisposable {
  readonly producerId: string
  readonly #stream: string
  readonly #open: () => IngestCall
  readonly #options: IngestOptions
  readonly #backoff = new Backoff()
  /** Sent or to be sent, in order, not acknowledged. */
  readonly #pending: Pending[] = []
  #batch: IngestRecordInput[] = []
  #batchBytes = 0
  #batchTimer: NodeJS.Immediate | undefined
  #nextSequence: number
  #call: IngestCall | undefined
  /** How many of `#pending` this call was given. */
  #sent = 0
  #failure: unknown
  #closed = false
  #waiting: (() => void)[] = []
  #appended = 0
  #duplicates = 0

  constructor(stream: string, open: () => IngestCall, options: IngestOptions = {}) {
    this.#stream = stream
    this.#open = open
    this.#options = options
    this.producerId = options.producerId ?? randomUUID()
    this.#nextSequence = options.firstSequence ?? 0
  }

  /** Records that the server has appended. */
  get appended(): number {
    return this.#appended
  }

  /** Records that it had already. */
  get duplicates(): number {
    return this.#duplicates
  }

  /** Sequence of the next record: what a producer stores to start again under its name. */
  get nextSequence(): number {
    return this.#nextSequence
  }

  /** Resolves when there is room for more, not when the record is durable: that is `flush`. */
  async write(value: IngestValue, options: IngestRecordOptions = {}): Promise<void> {
    this.#check()
    const record = encodeRecord(value, options)
    this.#batch.push(record)
    this.#batchBytes += (record.value as Uint8Array).length
    this.#nextSequence += 1
    if (
      this.#batch.length >= (this.#options.batchRecordsMax ?? BATCH_RECORDS_MAX) ||
      this.#batchBytes >= BATCH_BYTES_MAX
    ) {
      this.#endBatch()
    } else this.#batchTimer ??= setImmediate(() => this.#endBatch())
    while (this.#pending.length >= (this.#options.requestsInFlightMax ?? REQUESTS_IN_FLIGHT_MAX)) await this.#change()
  }

  /** Resolves when every record written so far is durable. */
  async flush(): Promise<void> {
    this.#endBatch()
    while (this.#pending.length > 0) await this.#change()
    this.#check()
  }

  /** Flushes, then ends the call. */
  async close(): Promise<void> {
    if (this.#closed) return
    try {
      if (this.#failure === undefined) await this.flush()
    } finally {
      this.#closed = true
      this.#call?.end()
      this.#call = undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw new Error('the writer is closed')
  }

  #endBatch(): void {
    clearImmediate(this.#batchTimer)
    this.#batchTimer = undefined
    if (this.#batch.length === 0) return
    this.#pending.push({ sequence: this.#nextSequence - this.#batch.length, records: this.#batch })
    this.#batch = []
    this.#batchBytes = 0
    this.#send()
  }

  /** Gives the call what it was not given yet. */
  #send(): void {
    if (this.#failure !== undefined) return
    const call = (this.#call ??= this.#connect())
    for (const { sequence, records } of this.#pending.slice(this.#sent)) {
      call.write({ stream: this.#stream, producerId: this.producerId, sequence, records: [...records] })
      this.#sent += 1
    }
  }

  #connect(): IngestCall {
    const call = this.#open()
    this.#sent = 0
    call.on('data', (ack: IngestResponse) => this.#acknowledge(call, ack))
    call.on('error', (error: Error) => this.#broken(call, toWeirError(error)))
    return call
  }

  #acknowledge(call: IngestCall, ack: IngestResponse): void {
    if (call !== this.#call) return
    this.#pending.shift()
    this.#sent -= 1
    this.#backoff.reset()
    this.#appended += Number(ack.appended)
    this.#duplicates += Number(ack.duplicates)
    this.#wake()
  }

  #broken(call: IngestCall, error: unknown): void {
    if (call !== this.#call) return
    this.#call = undefined
    this.#sent = 0
    // Between two batches there is nothing to send again; the next one connects.
    if (this.#pending.length === 0 && isTransient(error)) return
    if (
      !isTransient(error) ||
      this.#backoff.attempts >= (this.#options.reconnectAttemptsMax ?? Number.POSITIVE_INFINITY)
    ) {
      this.#failure = error
      this.#wake()
      return
    }
    void this.#backoff.wait().then(() => {
      if (!this.#closed && this.#call === undefined) this.#send()
    })
  }

  /** Until something was acknowledged; throws when the writer has failed. */
  async #change(): Promise<void> {
    this.#check()
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#check()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof WeirError && error.retry
}

function encodeRecord(value: IngestValue, { key, timestamp }: IngestRecordOptions): IngestRecordInput {
  return {
    value: value instanceof Uint8Array ? value : Buffer.from(typeof value === 'string' ? value : toJson(value)),
    ...(key === undefined ? {} : { key: typeof key === 'string' ? Buffer.from(key) : key }),
    ...(timestamp === undefined ? {} : { timestampMillis: timestamp.getTime() }),
  }
}

/** As JSON.stringify, but a bigint and a Decimal are written as their digits. */
export function toJson(value: unknown): string {
  if (typeof value === 'bigint' || value instanceof Decimal) return value.toString()
  if (value === null || typeof value !== 'object' || 'toJSON' in value) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toJson(member)}`).join(',')}}`
}
