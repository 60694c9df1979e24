// Row batches → bytes of QueryResponse and SubscribeResponse, without an object per value: rows are what the server
// writes most. Field numbers repeat proto/weir/v1/types.proto; a property test decodes what this file writes with the
// loaded protos and compares it with `value.ts`.

import { assert, unreachable } from '../../core/assert.ts'
import { INSERT } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import type { SqlType } from '../../core/type.ts'
import { BIGINT_MIN, type ExactInteger, type Row, type Value } from '../../core/value.ts'
import type { ResultEvent } from '../../runtime/api.ts'
import { FIXED64, LENGTH_DELIMITED, ProtoWriter, tag, VARINT } from './proto-writer.ts'
import { decimalText, microsOf } from './value.ts'

/**
 * A message is cut when it reaches this size: far below the 4 MiB that gRPC clients take by default, and small enough
 * that a reader which stalls holds little of the server's memory.
 */
export const MESSAGE_BYTES_TARGET = 256 * 1024

type RowsEvent = Extract<ResultEvent, { kind: 'rows' }>
type CellWriter = (out: ProtoWriter, value: Value) => void

// RowBatch
const BATCH_ROWS = tag(1, LENGTH_DELIMITED)
const BATCH_CHANGES = tag(2, LENGTH_DELIMITED)
const BATCH_EVENT_TIMES = tag(3, LENGTH_DELIMITED)
const BATCH_RESUME_TOKEN = tag(4, LENGTH_DELIMITED)
const BATCH_SNAPSHOT = tag(5, VARINT)
const BATCH_PARTIAL = tag(6, VARINT)
// Row, ListValue and StructValue have their values, MapValue its entries, in field 1.
const ITEMS = tag(1, LENGTH_DELIMITED)
const ENTRY_KEY = tag(1, LENGTH_DELIMITED)
const ENTRY_VALUE = tag(2, LENGTH_DELIMITED)
/** `batch` in QueryResponse and in SubscribeResponse. */
const RESPONSE_BATCH = tag(2, LENGTH_DELIMITED)

/** Encodes the batches of one result. Each message is a whole response; a large batch becomes several. */
export class RowEncoder {
  readonly #cells: readonly CellWriter[]
  readonly #out = new ProtoWriter()

  constructor(schema: Schema) {
    this.#cells = schema.fields.map((field) => cellWriter(field.type))
  }

  *encode(event: RowsEvent): Generator<Buffer> {
    assert(event.changes.length === event.rows.length, 'every row has a kind of change')
    let from = 0
    do {
      const out = this.#out
      out.reset()
      out.uint(RESPONSE_BATCH)
      const batch = out.begin()
      let to = from
      while (to < event.rows.length && (to === from || out.length < MESSAGE_BYTES_TARGET)) {
        this.#row(event.rows[to] as Row)
        to += 1
      }
      writeTail(out, event, from, to)
      out.end(batch)
      yield out.toBuffer()
      from = to
    } while (from < event.rows.length)
  }

  #row(row: Row): void {
    const out = this.#out
    assert(row.length === this.#cells.length, 'a row has a value for each column')
    out.uint(BATCH_ROWS)
    const start = out.begin()
    for (let c = 0; c < this.#cells.length; c++) {
      out.uint(ITEMS)
      writeValue(out, row[c] as Value, this.#cells[c] as CellWriter)
    }
    out.end(start)
  }
}

function writeTail(out: ProtoWriter, event: RowsEvent, from: number, to: number): void {
  const last = to === event.rows.length
  if (event.changes.some((change) => change !== INSERT)) {
    out.uint(BATCH_CHANGES)
    const start = out.begin()
    // The enum of the proto begins with UNSPECIFIED, the engine's kinds with INSERT = 0.
    for (let i = from; i < to; i++) out.uint((event.changes[i] as number) + 1)
    out.end(start)
  }
  if (event.times.some((time) => !Number.isNaN(time))) {
    out.uint(BATCH_EVENT_TIMES)
    const start = out.begin()
    for (let i = from; i < to; i++) out.int64(eventTimeMicros(event.times[i] as number))
    out.end(start)
  }
  if (last && event.resumeToken !== '') {
    out.uint(BATCH_RESUME_TOKEN)
    out.string(event.resumeToken)
  }
  if (event.snapshot) {
    out.uint(BATCH_SNAPSHOT)
    out.uint(1)
  }
  if (!last) {
    out.uint(BATCH_PARTIAL)
    out.uint(1)
  }
}

/** A row without an event time has the smallest number in its place. */
export function eventTimeMicros(time: number): ExactInteger {
  return Number.isNaN(time) ? BIGINT_MIN : microsOf(time)
}

function writeValue(out: ProtoWriter, value: Value, write: CellWriter): void {
  const start = out.begin()
  if (value === null) {
    out.uint(tag(1, VARINT))
    out.uint(0)
  } else write(out, value)
  out.end(start)
}

/** Writes the member of Value for a type; the value is not null. */
function cellWriter(type: SqlType): CellWriter {
  switch (type.kind) {
    case 'null':
      return (out) => {
        out.uint(tag(1, VARINT))
        out.uint(0)
      }
    case 'boolean':
      return (out, value) => {
        out.uint(tag(2, VARINT))
        out.uint(value === true ? 1 : 0)
      }
    case 'int':
    case 'bigint':
      return integerWriter(3, (value) => value as ExactInteger)
    case 'double':
      return (out, value) => {
        out.uint(tag(4, FIXED64))
        out.double(value as number)
      }
    case 'decimal':
      return textWriter(5, (value) => decimalText(value as ExactInteger, type.scale))
    case 'string':
      return textWriter(6, (value) => value as string)
    case 'bytes':
      return (out, value) => {
        out.uint(tag(7, LENGTH_DELIMITED))
        out.bytes(value as Uint8Array)
      }
    case 'timestamp':
      return integerWriter(8, (value) => microsOf(value as number))
    case 'date':
      return integerWriter(9, (value) => value as number)
    case 'time':
      return integerWriter(10, (value) => microsOf(value as number))
    case 'interval':
      return integerWriter(11, (value) => Math.round(value as number))
    case 'json':
      return textWriter(12, (value) => value as string)
    case 'array':
      return listWriter(type.element)
    case 'map':
      return mapWriter(type.key, type.value)
    case 'struct':
      return structWriter(type.fields.map((field) => cellWriter(field.type)))
    default:
      return unreachable(type)
  }
}

function integerWriter(field: number, integer: (value: Value) => ExactInteger): CellWriter {
  const key = tag(field, VARINT)
  return (out, value) => {
    out.uint(key)
    out.int64(integer(value))
  }
}

function textWriter(field: number, text: (value: Value) => string): CellWriter {
  const key = tag(field, LENGTH_DELIMITED)
  return (out, value) => {
    out.uint(key)
    out.string(text(value))
  }
}

function listWriter(elementType: SqlType): CellWriter {
  const element = cellWriter(elementType)
  return (out, value) => {
    out.uint(tag(13, LENGTH_DELIMITED))
    const start = out.begin()
    for (const item of value as readonly Value[]) {
      out.uint(ITEMS)
      writeValue(out, item, element)
    }
    out.end(start)
  }
}

function mapWriter(keyType: SqlType, valueType: SqlType): CellWriter {
  const key = cellWriter(keyType)
  const element = cellWriter(valueType)
  return (out, value) => {
    out.uint(tag(14, LENGTH_DELIMITED))
    const start = out.begin()
    for (const [k, v] of value as readonly (readonly [Value, Value])[]) {
      out.uint(ITEMS)
      const entry = out.begin()
      out.uint(ENTRY_KEY)
      writeValue(out, k, key)
      out.uint(ENTRY_VALUE)
      writeValue(out, v, element)
      out.end(entry)
    }
    out.end(start)
  }
}

function structWriter(fields: readonly CellWriter[]): CellWriter {
  return (out, value) => {
    out.uint(tag(15, LENGTH_DELIMITED))
    const start = out.begin()
    for (let i = 0; i < fields.length; i++) {
      out.uint(ITEMS)
      writeValue(out, (value as Row)[i] as Value, fields[i] as CellWriter)
    }
    out.end(start)
  }
}
