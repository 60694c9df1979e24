import { unreachable } from './assert.ts'
import type { ChangeKind, Column } from './batch.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { newerFormat } from './newer-format.ts'
import type { SqlType } from './type.ts'
import { type ExactInteger, exact, type Row, type Value } from './value.ts'

/**
 * Rows to bytes and back, for state and result logs; compact, not ordered. Stored for ever: a change of a form is a
 * new version beside the old one.
 *
 * A row is: version, a bitmap of NULLs (lowest bit first), then its values. A change is: change kind, version, event
 * time as a double (NaN for none), then bitmap and values. The first byte of a change is therefore 0 to 3, which
 * leaves the others to records of other kinds in the same log.
 *
 * | value                        | bytes                                                                            |
 * |------------------------------|----------------------------------------------------------------------------------|
 * | exact integer, date          | −64…127 as one byte (plus 64); else C0 | sign << 4 | length − 1, and the magnitude |
 * | timestamp, time, interval    | the same where it is a safe integer; else FF and a double                         |
 * | boolean                      | 0 or 1                                                                           |
 * | double                       | eight bytes, little-endian                                                       |
 * | string, JSON, bytes          | length as a varint, then UTF-8 or the bytes                                      |
 * | array, struct, map           | count as a varint (not for structs), bitmap of NULLs, values; a map: keys, values |
 */
export interface RowCodec {
  readonly types: readonly SqlType[]
  encode(row: Row): Uint8Array
  /** One row of a batch whose columns are in the order of the types. */
  encodeAt(columns: readonly Column[], row: number): Uint8Array
  /** Throws an Error that says what is wrong with the bytes. */
  decode(bytes: Uint8Array): Value[]
  encodeChange(row: Row, kind: ChangeKind, timeMs: number): Uint8Array
  /** The same of one row of a batch. */
  encodeChangeAt(columns: readonly Column[], row: number, kind: ChangeKind, timeMs: number): Uint8Array
  decodeChange(bytes: Uint8Array): Change
  /** Appends the values of the change at `start`…`end` to the columns; returns its kind and sets `changeTime.ms`. */
  decodeChangeInto(bytes: Uint8Array, start: number, end: number, columns: readonly Value[][]): ChangeKind
  /** The event time of the change that decodeChangeInto read last: a field and not a result, to allocate nothing. */
  readonly changeTime: { ms: number }
}

export interface Change {
  readonly row: Value[]
  readonly kind: ChangeKind
  /** Milliseconds; NaN for a row without event time. */
  readonly timeMs: number
}

export const ROW_CODEC_VERSION = 1

const INTEGER_BIAS = 64
const INTEGER_LONG = 0xc0
const INTEGER_SIGN = 0x10
const NOT_INTEGER = 0xff

const writer = new ByteWriter()

export function rowCodec(types: readonly SqlType[]): RowCodec {
  const width = types.length
  const changeTime = { ms: Number.NaN }
  const readHead = (reader: ByteReader): ChangeKind => {
    const kind = reader.byte('a change kind')
    if (kind > 3) throw new Error(`byte ${kind} is no change kind`)
    readVersion(reader)
    changeTime.ms = reader.doubleLittleEndian('an event time')
    return kind as ChangeKind
  }
  return {
    types,
    changeTime,
    encode: (row) => {
      if (row.length !== width) throw new Error(`row has ${row.length} values for ${width} types`)
      writer.length = 0
      writer.byte(ROW_CODEC_VERSION)
      writeValues(types, row)
      return writer.take()
    },
    encodeAt: (columns, row) => {
      writer.length = 0
      writer.byte(ROW_CODEC_VERSION)
      writeColumns(types, columns, row)
      return writer.take()
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      readVersion(reader)
      const row = readValues(types, reader)
      expectEnd(reader)
      return row
    },
    encodeChange: (row, kind, timeMs) => {
      if (row.length !== width) throw new Error(`row has ${row.length} values for ${width} types`)
      writer.length = 0
      writer.byte(kind)
      writer.byte(ROW_CODEC_VERSION)
      writer.doubleLittleEndian(timeMs)
      writeValues(types, row)
      return writer.take()
    },
    encodeChangeAt: (columns, row, kind, timeMs) => {
      writer.length = 0
      writer.byte(kind)
      writer.byte(ROW_CODEC_VERSION)
      writer.doubleLittleEndian(timeMs)
      writeColumns(types, columns, row)
      return writer.take()
    },
    decodeChange: (bytes) => {
      const reader = new ByteReader(bytes)
      const kind = readHead(reader)
      const row = readValues(types, reader)
      expectEnd(reader)
      return { row, kind, timeMs: changeTime.ms }
    },
    decodeChangeInto: (bytes, start, end, columns) => {
      const reader = new ByteReader(bytes, start, end)
      const kind = readHead(reader)
      // Read whole before anything is appended: bad bytes must not leave columns of different lengths.
      const row = readValues(types, reader)
      expectEnd(reader)
      for (let i = 0; i < width; i++) (columns[i] as Value[]).push(row[i] as Value)
      return kind
    },
  }
}

function readVersion(reader: ByteReader): void {
  const version = reader.byte('a row version')
  if (version > ROW_CODEC_VERSION) throw newerFormat('a row', version, ROW_CODEC_VERSION)
  if (version !== ROW_CODEC_VERSION) throw new Error(`row has version ${version}, known is ${ROW_CODEC_VERSION}`)
}

function expectEnd(reader: ByteReader): void {
  if (reader.remaining > 0) throw new Error(`row has ${reader.remaining} bytes too many`)
}

// ---- lists of values ---------------------------------------------------------------------------------------------

function reserveBitmap(count: number): number {
  const size = (count + 7) >> 3
  writer.reserve(size)
  const start = writer.length
  for (let i = 0; i < size; i++) writer.bytes[start + i] = 0
  writer.length += size
  return start
}

function setNull(bitmap: number, index: number): void {
  ;(writer.bytes[bitmap + (index >> 3)] as number) |= 1 << (index & 7)
}

function writeValues(types: readonly SqlType[], values: Row) {
  const bitmap = reserveBitmap(types.length)
  for (let i = 0; i < types.length; i++) {
    const value = values[i] as Value
    if (value === null) setNull(bitmap, i)
    else writeValue(types[i] as SqlType, value)
  }
}

function writeColumns(types: readonly SqlType[], columns: readonly Column[], row: number) {
  const bitmap = reserveBitmap(types.length)
  for (let i = 0; i < types.length; i++) {
    const value = (columns[i] as Column)[row] as Value
    if (value === null) setNull(bitmap, i)
    else writeValue(types[i] as SqlType, value)
  }
}

function readValues(types: readonly SqlType[], reader: ByteReader): Value[] {
  const size = (types.length + 7) >> 3
  reader.need(size, 'a bitmap of nulls')
  const bitmap = reader.position
  reader.position += size
  const values: Value[] = new Array(types.length)
  for (let i = 0; i < types.length; i++) {
    const isNull = ((reader.bytes[bitmap + (i >> 3)] as number) >> (i & 7)) & 1
    values[i] = isNull === 1 ? null : readValue(types[i] as SqlType, reader)
  }
  return values
}

function writeElements(type: SqlType, values: Row) {
  const bitmap = reserveBitmap(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as Value
    if (value === null) setNull(bitmap, i)
    else writeValue(type, value)
  }
}

function readElements(type: SqlType, count: number, reader: ByteReader): Value[] {
  const size = Math.ceil(count / 8)
  reader.need(size, 'a bitmap of nulls')
  const bitmap = reader.position
  reader.position += size
  const values: Value[] = []
  for (let i = 0; i < count; i++) {
    const isNull = ((reader.bytes[bitmap + (i >> 3)] as number) >> (i & 7)) & 1
    values.push(isNull === 1 ? null : readValue(type, reader))
  }
  return values
}

// ---- values ------------------------------------------------------------------------------------------------------

function writeValue(type: SqlType, value: Value) {
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'date':
      return writeInteger(value as ExactInteger)
    case 'timestamp':
    case 'time':
    case 'interval':
      if (Number.isSafeInteger(value)) return writeInteger(value as number)
      writer.byte(NOT_INTEGER)
      return writer.doubleLittleEndian(value as number)
    case 'double':
      return writer.doubleLittleEndian(value as number)
    case 'string':
    case 'json':
      return writer.text(value as string)
    case 'boolean':
      return writer.byte(value === true ? 1 : 0)
    case 'bytes':
      writer.varint((value as Uint8Array).length)
      return writer.raw(value as Uint8Array)
    case 'array':
      writer.varint((value as Row).length)
      return writeElements(type.element, value as Row)
    case 'struct':
      for (const [i, field] of type.fields.entries()) {
        const item = (value as Row)[i] as Value
        writer.byte(item === null ? 1 : 0)
        if (item !== null) writeValue(field.type, item)
      }
      return
    case 'map':
      writer.varint((value as Row).length)
      writeElements(
        type.key,
        (value as Row).map((entry) => (entry as Row)[0] as Value),
      )
      return writeElements(
        type.value,
        (value as Row).map((entry) => (entry as Row)[1] as Value),
      )
    case 'null':
      throw new Error('a value of type NULL is null')
    default:
      return unreachable(type)
  }
}

function readValue(type: SqlType, reader: ByteReader): Value {
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'date':
      return readInteger(reader.byte('an integer'), reader)
    case 'timestamp':
    case 'time':
    case 'interval': {
      const head = reader.byte('a time')
      return head === NOT_INTEGER ? reader.doubleLittleEndian('a time') : readInteger(head, reader)
    }
    case 'double':
      return reader.doubleLittleEndian('a double')
    case 'string':
    case 'json':
      return reader.text('a string')
    case 'boolean': {
      const byte = reader.byte('a boolean')
      if (byte > 1) throw new Error(`byte ${byte} is no boolean`)
      return byte === 1
    }
    case 'bytes':
      return reader.raw(reader.varint('bytes'), 'bytes')
    case 'array':
      return readElements(type.element, reader.varint('an array'), reader)
    case 'struct':
      return type.fields.map((field) => readField(field.type, reader))
    case 'map': {
      const count = reader.varint('a map')
      const keys = readElements(type.key, count, reader)
      const values = readElements(type.value, count, reader)
      return keys.map((key, i) => [key, values[i] as Value])
    }
    case 'null':
      throw new Error('a row has a value where its type has only NULL')
    default:
      return unreachable(type)
  }
}

function readField(type: SqlType, reader: ByteReader): Value {
  const byte = reader.byte('a field of a struct')
  if (byte > 1) throw new Error(`byte ${byte} does not start a field of a struct`)
  return byte === 1 ? null : readValue(type, reader)
}

function writeInteger(value: ExactInteger) {
  if (typeof value === 'bigint') return writeBigint(value)
  if (value >= -INTEGER_BIAS && value < INTEGER_LONG - INTEGER_BIAS) return writer.byte(value + INTEGER_BIAS)
  writer.reserve(8)
  const { bytes } = writer
  const head = writer.length
  const magnitude = value < 0 ? -value : value
  // In two halves: bit operations on 32 bits are many times faster than remainders of doubles.
  let at = head + 1
  let low = magnitude >>> 0
  let high = (magnitude - low) / 0x1_0000_0000
  if (high > 0) {
    for (const end = at + 4; at < end; low >>>= 8) bytes[at++] = low & 0xff
    for (; high > 0; high >>>= 8) bytes[at++] = high & 0xff
  } else for (; low > 0; low >>>= 8) bytes[at++] = low & 0xff
  bytes[head] = INTEGER_LONG | (value < 0 ? INTEGER_SIGN : 0) | (at - head - 2)
  writer.length = at
}

function writeBigint(value: bigint) {
  let rest = value < 0n ? -value : value
  const head = writer.length
  writer.byte(0)
  while (rest > 0n) {
    writer.byte(Number(rest & 0xffn))
    rest >>= 8n
  }
  const count = writer.length - head - 1
  if (count > 16) throw new Error('integer is too large for a row')
  writer.bytes[head] = INTEGER_LONG | (value < 0n ? INTEGER_SIGN : 0) | (count - 1)
}

function readInteger(head: number, reader: ByteReader): ExactInteger {
  if (head < INTEGER_LONG) return head - INTEGER_BIAS
  if (head >= INTEGER_LONG + 2 * INTEGER_SIGN) throw new Error(`byte ${head} does not start an integer`)
  const negative = (head & INTEGER_SIGN) !== 0
  const count = (head & 0x0f) + 1
  reader.need(count, 'an integer')
  if (count <= 6) {
    let value = 0
    let scale = 1
    for (let i = 0; i < count; i++) {
      value += reader.byte('an integer') * scale
      scale *= 256
    }
    return negative ? 0 - value : value
  }
  let value = 0n
  for (let i = 0; i < count; i++) value |= BigInt(reader.byte('an integer')) << BigInt(i * 8)
  return exact(negative ? -value : value)
}
