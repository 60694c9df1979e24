// Ingest requests → records for the runtime.

import { AppError } from '../../core/errors.ts'
import type { IngestRequest, IngestResult, Runtime } from '../../runtime/api.ts'
import type { IngestRequest as WireRequest } from '../proto/weir/v1/IngestRequest.ts'
import type { IngestResponseInput } from '../proto/weir/v1/IngestResponse.ts'
import type { Caller } from '../security/caller.ts'
import { jsonOfRow } from './json-row.ts'

/** What a producer said once for all requests of a stream. */
export interface IngestDefaults {
  readonly stream: string
  readonly producerId: string
}

export class IngestService {
  readonly #runtime: Runtime
  readonly #recordsMax: number

  constructor(runtime: Runtime, recordsMax: number) {
    this.#runtime = runtime
    this.#recordsMax = recordsMax
  }

  /** Appends one request; the answer comes when its records are durable. */
  async append(request: WireRequest, defaults: IngestDefaults, caller: Caller): Promise<IngestResponseInput> {
    const stream = request.stream === '' ? defaults.stream : request.stream
    const producerId = request.producerId === '' ? defaults.producerId : request.producerId
    if (stream === '') throw new AppError('INVALID_ARGUMENT', 'the request names no stream')
    caller.require([{ right: 'write', resource: 'relation', name: stream }], 'Ingest')
    const records = this.#recordsOf(request, stream)
    const sequence = sequenceOf(request, producerId)
    const identity = producerId === '' || sequence === undefined ? {} : { producerId, sequence }
    const result: IngestResult = await this.#runtime.ingest({ stream, records, ...identity })
    return { ...result, ...(sequence === undefined ? {} : { sequence }) }
  }

  #recordsOf(request: WireRequest, stream: string): IngestRequest['records'] {
    const count = request.records.length + request.rows.length
    if (count > this.#recordsMax) {
      throw new AppError('INVALID_ARGUMENT', `the request has ${count} records, more than ${this.#recordsMax}`, {
        hint: 'send them in several requests',
      })
    }
    if (request.rows.length === 0) {
      return request.records.map(({ key, value, timestampMillis }) => ({
        value,
        ...(key === undefined ? {} : { key }),
        ...(timestampMillis === undefined ? {} : { timestampMs: Number(timestampMillis) }),
      }))
    }
    if (request.records.length > 0) throw new AppError('INVALID_ARGUMENT', 'the request has both records and rows')
    const columns = request.columns.length > 0 ? request.columns : this.#columnsOf(stream)
    return request.rows.map((row) => ({ value: Buffer.from(jsonOfRow(columns, row.values)) }))
  }

  #columnsOf(stream: string): readonly string[] {
    return this.#runtime.schemaOf(stream)?.fields.map((field) => field.name) ?? []
  }
}

function sequenceOf(request: WireRequest, producerId: string): number | undefined {
  if (request.sequence === undefined) return undefined
  if (producerId === '') {
    throw new AppError('INVALID_ARGUMENT', 'a sequence needs a producer_id', {
      hint: 'name the producer, or leave both out',
    })
  }
  const sequence = Number(request.sequence)
  if (Number.isSafeInteger(sequence) && sequence >= 0) return sequence
  throw new AppError('INVALID_ARGUMENT', 'a sequence is between 0 and 2^53 - 1')
}
