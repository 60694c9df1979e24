import type { Schema } from '../core/schema.ts'
import { BIGINT, INT, STRING, TIMESTAMP } from '../core/type.ts'
import type { Row, Value } from '../core/value.ts'
import type { RecordChunk, RecordHeader } from '../engine/ports/log.ts'

/**
 * A record as PRINT shows it, whatever wrote it: text where the bytes are text, else the bytes as hexadecimal digits.
 * It is for looking at: what is long is cut.
 */
export const PRINTED_SCHEMA: Schema = {
  fields: [
    { name: 'partition', type: INT, nullable: false },
    { name: 'offset', type: BIGINT, nullable: false },
    { name: 'timestamp', type: TIMESTAMP, nullable: true },
    { name: 'key', type: STRING, nullable: true },
    { name: 'value', type: STRING, nullable: true },
    { name: 'headers', type: STRING, nullable: true },
  ],
  key: [],
  timeColumn: undefined,
  mode: 'append',
}

/** Of a key or value. A screen shows no more, and a message with many of them must have an end. */
export const PRINTED_BYTES_MAX = 4096
export const PRINTED_HEADER_BYTES_MAX = 256
/** Headers of one record. */
export const PRINTED_HEADERS_MAX = 32

/** Confluent's wire format: a zero, and the schema's id in four bytes. */
const SCHEMA_ID_BYTES = 5

export function printedRecord(chunk: RecordChunk, index: number): Row {
  const { data, keyStart, keyEnd, valueStart, valueEnd } = chunk
  const bytes = (start = -1, end = -1) => (start < 0 ? null : data.subarray(start, end))
  const time = chunk.timestamps[index] as number
  return [
    chunk.partition,
    chunk.offsets[index] as number,
    Number.isFinite(time) ? time : null,
    printedBytes(bytes(keyStart?.[index], keyEnd?.[index])),
    printedBytes(bytes(valueStart[index], valueEnd[index])),
    printedHeaders(chunk.headers?.(index) ?? []),
  ]
}

export function printedBytes(bytes: Uint8Array | null, bytesMax = PRINTED_BYTES_MAX): string | null {
  if (bytes === null) return null
  const rest = bytes.length > bytesMax ? `… (${bytes.length} bytes)` : ''
  const shown = bytes.subarray(0, bytesMax)
  const text = textOf(shown, rest !== '')
  if (text !== undefined) return text + rest
  if (shown[0] !== 0 || shown.length < SCHEMA_ID_BYTES) return `0x${Buffer.from(shown).toString('hex')}${rest}`
  const payload = shown.subarray(SCHEMA_ID_BYTES)
  const schemaId = Buffer.from(shown).readUInt32BE(1)
  return `schema ${schemaId}: ${textOf(payload, rest !== '') ?? `0x${Buffer.from(payload).toString('hex')}`}${rest}`
}

function printedHeaders(headers: readonly RecordHeader[]): Value {
  if (headers.length === 0) return null
  const shown = headers.slice(0, PRINTED_HEADERS_MAX).map(([name, value]) => {
    const text = printedBytes(value, PRINTED_HEADER_BYTES_MAX)
    return `${printedBytes(name, PRINTED_HEADER_BYTES_MAX) ?? ''}=${text ?? 'NULL'}`
  })
  if (headers.length > shown.length) shown.push(`… (${headers.length} headers)`)
  return shown.join(', ')
}

/** What a terminal would obey, or show as nothing, is no text. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

function textOf(bytes: Uint8Array, isCut: boolean): string | undefined {
  try {
    // The last character may have been cut in two.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: isCut })
    return CONTROL.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
