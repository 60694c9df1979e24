import { unreachable } from './assert.ts'
import type { Column } from './batch.ts'
import { ByteReader, ByteWriter, readUtf8 } from './bytes.ts'
import { compareBytes, type OrderOptions } from './compare.ts'
import type { SqlType } from './type.ts'
import { type ExactInteger, exact, type Row, type Value } from './value.ts'

/**
 * Tuples to bytes that compare, as unsigned bytes, in the order of compare.ts, and back. The bytes of a prefix of a
 * tuple are a prefix of its bytes, so a range of a store is a range of keys. Stored for ever: never change a form.
 *
 * | value                     | bytes                                                                               |
 * |---------------------------|-------------------------------------------------------------------------------------|
 * | NULL                      | FF, or 00 with nullsFirst                                                           |
 * | exact integer, date       | 80 ± n, then the n bytes of the magnitude, highest first; inverted when negative     |
 * | boolean                   | 01 or 02                                                                            |
 * | double, times, interval   | 01, then eight bytes: sign bit flipped, or all bits when negative                   |
 * | string, JSON, bytes       | 01, the bytes with 00 as 01 01 and 01 as 01 02, then 00                             |
 * | array, map                | 01, each element after a 01, then 00; a map is the array of its entries, sorted      |
 * | struct                    | 01, then its fields                                                                 |
 *
 * Descending columns have all bits of a value (not of a NULL) inverted.
 */
export interface KeyCodec {
  readonly types: readonly SqlType[]
  /** A whole tuple, or a prefix of one. */
  encode(values: Row): Uint8Array
  /** The tuple of one row of a batch: the columns are given in the order of the types. */
  encodeAt(columns: readonly Column[], row: number): Uint8Array
  /** Throws an Error that says what is wrong with the bytes. */
  decode(bytes: Uint8Array): Value[]
}

const NULL_LAST = 0xff
const NULL_FIRST = 0x00
const PRESENT = 0x01
const END = 0x00
const ESCAPE = 0x01
const INTEGER_ZERO = 0x80
/** Bytes of the largest integer: decimals of 38 digits have 16, intermediate sums a few more. */
const MAGNITUDE_MAX = 64

const writer = new ByteWriter()
const floatBytes = new DataView(new ArrayBuffer(8))

export function keyCodec(types: readonly SqlType[], order: readonly OrderOptions[] = []): KeyCodec {
  const columns = types.map((type, i) => keyColumn(type, order[i] ?? {}))
  const run = (encodeAll: () => void): Uint8Array => {
    writer.length = 0
    encodeAll()
    return writer.take()
  }
  return {
    types,
    encode: (values) =>
      run(() => {
        if (values.length > columns.length)
          throw new Error(`key has ${values.length} values for ${columns.length} types`)
        for (let i = 0; i < values.length; i++) (columns[i] as KeyColumn).write(values[i] as Value)
      }),
    encodeAt: (batchColumns, row) =>
      run(() => {
        for (let i = 0; i < columns.length; i++)
          (columns[i] as KeyColumn).write((batchColumns[i] as Column)[row] as Value)
      }),
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      const values = columns.map((column) => column.read(reader))
      if (reader.remaining > 0) throw new Error(`key has ${reader.remaining} bytes too many`)
      return values
    },
  }
}

/** The least bytes above every key that starts with `prefix`; undefined when there are none (all FF). */
export function keyPrefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const end = prefix.slice(0, length)
  end[length - 1] = (end[length - 1] as number) + 1
  return end
}

interface KeyColumn {
  write(value: Value): void
  read(reader: ByteReader): Value
}

function keyColumn(type: SqlType, order: OrderOptions): KeyColumn {
  const nullByte = order.nullsFirst === true ? NULL_FIRST : NULL_LAST
  const mask = order.descending === true ? 0xff : 0x00
  return {
    write: (value) => {
      if (value === null) {
        writer.byte(nullByte)
        return
      }
      const start = writer.length
      writePresent(type, value)
      if (mask !== 0) for (let i = start; i < writer.length; i++) (writer.bytes[i] as number) ^= mask
    },
    read: (reader) => {
      if (reader.remaining > 0 && reader.bytes[reader.position] === nullByte) {
        reader.position++
        return null
      }
      return mask === 0 ? readPresent(type, reader) : readInverted(type, reader)
    },
  }
}

function readInverted(type: SqlType, reader: ByteReader): Value {
  const inverted = reader.bytes.slice(reader.position, reader.end).map((byte) => byte ^ 0xff)
  const inner = new ByteReader(inverted)
  const value = readPresent(type, inner)
  reader.position += inner.position
  return value
}

function writeNullable(type: SqlType, value: Value) {
  if (value === null) writer.byte(NULL_LAST)
  else writePresent(type, value)
}

function writePresent(type: SqlType, value: Value) {
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'date':
      return writeInteger(value as ExactInteger)
    case 'string':
    case 'json':
      return writeText(value as string)
    case 'double':
    case 'timestamp':
    case 'time':
    case 'interval':
      return writeDouble(value as number)
    case 'boolean':
      return writer.byte(value === true ? 0x02 : 0x01)
    case 'bytes':
      return writeEscaped(value as Uint8Array)
    case 'array':
      return writeElements(value as Row, type.element)
    case 'struct':
      writer.byte(PRESENT)
      for (const [i, field] of type.fields.entries()) writeNullable(field.type, (value as Row)[i] as Value)
      return
    case 'map':
      return writeMap(value as Row, type.key, type.value)
    case 'null':
      throw new Error('a value of type NULL is null')
    default:
      return unreachable(type)
  }
}

function readNullable(type: SqlType, reader: ByteReader): Value {
  if (reader.remaining > 0 && reader.bytes[reader.position] === NULL_LAST) {
    reader.position++
    return null
  }
  return readPresent(type, reader)
}

function readPresent(type: SqlType, reader: ByteReader): Value {
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'date':
      return readInteger(reader)
    case 'string':
    case 'json': {
      const bytes = readEscaped(reader)
      return readUtf8(bytes, 0, bytes.length, 'a string of a key')
    }
    case 'double':
    case 'timestamp':
    case 'time':
    case 'interval':
      return readDouble(reader)
    case 'boolean': {
      const byte = reader.byte('a boolean of a key')
      if (byte !== 1 && byte !== 2) throw new Error(`byte ${byte} is no boolean of a key`)
      return byte === 2
    }
    case 'bytes':
      return readEscaped(reader)
    case 'array':
      return readElements(reader, () => readNullable(type.element, reader))
    case 'struct':
      expectPresent(reader, 'a struct of a key')
      return type.fields.map((field) => readNullable(field.type, reader))
    case 'map':
      return readElements(reader, () => [readNullable(type.key, reader), readNullable(type.value, reader)])
    case 'null':
      throw new Error('a key has a value where its type has only NULL')
    default:
      return unreachable(type)
  }
}

function expectPresent(reader: ByteReader, what: string): void {
  const byte = reader.byte(what)
  if (byte !== PRESENT) throw new Error(`byte ${byte} does not start ${what}`)
}

// ---- integers ----------------------------------------------------------------------------------------------------

function writeInteger(value: ExactInteger) {
  if (typeof value === 'bigint') return writeBigint(value)
  writer.reserve(8)
  const { bytes } = writer
  const start = writer.length
  const negative = value < 0
  const magnitude = negative ? -value : value
  // In two halves: bit operations on 32 bits are many times faster than remainders of doubles.
  const low = magnitude >>> 0
  const high = (magnitude - low) / 0x1_0000_0000
  const lowCount = high > 0 ? 4 : byteCount(low)
  const count = lowCount + byteCount(high)
  const mask = negative ? 0xff : 0
  bytes[start] = negative ? INTEGER_ZERO - count : INTEGER_ZERO + count
  let at = start + 1
  for (let i = count - lowCount - 1; i >= 0; i--) bytes[at++] = ((high >>> (i * 8)) & 0xff) ^ mask
  for (let i = lowCount - 1; i >= 0; i--) bytes[at++] = ((low >>> (i * 8)) & 0xff) ^ mask
  writer.length = at
}

/** Bytes that an unsigned integer of 32 bits needs; none for 0. */
function byteCount(value: number): number {
  return (39 - Math.clz32(value)) >> 3
}

function writeBigint(value: bigint) {
  const negative = value < 0n
  const hex = (negative ? -value : value).toString(16)
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`
  const count = digits.length / 2
  if (count > MAGNITUDE_MAX) throw new Error('integer is too large for a key')
  const mask = negative ? 0xff : 0
  writer.byte(negative ? INTEGER_ZERO - count : INTEGER_ZERO + count)
  for (let i = 0; i < count; i++) writer.byte(Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16) ^ mask)
}

function readInteger(reader: ByteReader): ExactInteger {
  const head = reader.byte('an integer of a key')
  const negative = head < INTEGER_ZERO
  const count = negative ? INTEGER_ZERO - head : head - INTEGER_ZERO
  if (count > MAGNITUDE_MAX) throw new Error(`byte ${head} does not start an integer of a key`)
  reader.need(count, 'an integer of a key')
  const mask = negative ? 0xff : 0
  if (count <= 6) {
    let value = 0
    for (let i = 0; i < count; i++) value = value * 256 + (reader.byte('an integer of a key') ^ mask)
    return negative ? 0 - value : value
  }
  let value = 0n
  for (let i = 0; i < count; i++) value = (value << 8n) | BigInt(reader.byte('an integer of a key') ^ mask)
  return exact(negative ? -value : value)
}

// ---- doubles -----------------------------------------------------------------------------------------------------

function writeDouble(value: number) {
  writer.reserve(9)
  // -0 is 0, and every NaN is the same one.
  floatBytes.setFloat64(0, value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value)
  const high = floatBytes.getUint32(0)
  const negative = high >= 0x80000000
  writer.bytes[writer.length] = PRESENT
  writer.view.setUint32(writer.length + 1, negative ? ~high >>> 0 : (high | 0x80000000) >>> 0)
  writer.view.setUint32(writer.length + 5, negative ? ~floatBytes.getUint32(4) >>> 0 : floatBytes.getUint32(4))
  writer.length += 9
}

function readDouble(reader: ByteReader): number {
  expectPresent(reader, 'a number of a key')
  reader.need(8, 'a number of a key')
  for (let i = 0; i < 8; i++) floatBytes.setUint8(i, reader.bytes[reader.position + i] as number)
  reader.position += 8
  const high = floatBytes.getUint32(0)
  if (high >= 0x80000000) floatBytes.setUint32(0, high & 0x7fffffff)
  else {
    floatBytes.setUint32(0, ~high >>> 0)
    floatBytes.setUint32(4, ~floatBytes.getUint32(4) >>> 0)
  }
  return floatBytes.getFloat64(0)
}

// ---- texts and bytes ---------------------------------------------------------------------------------------------

const encoder = new TextEncoder()

function writeText(value: string) {
  const { length } = value
  writer.reserve(length + 2)
  const { bytes } = writer
  let at = writer.length
  bytes[at++] = PRESENT
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i)
    if (unit >= 0x80 || unit <= ESCAPE) return writeEscaped(encoder.encode(value))
    bytes[at++] = unit
  }
  bytes[at++] = END
  writer.length = at
}

function writeEscaped(value: Uint8Array) {
  writer.reserve(value.length * 2 + 2)
  const { bytes } = writer
  let at = writer.length
  bytes[at++] = PRESENT
  for (let i = 0; i < value.length; i++) {
    const byte = value[i] as number
    if (byte <= ESCAPE) {
      bytes[at++] = ESCAPE
      bytes[at++] = byte + 1
    } else bytes[at++] = byte
  }
  bytes[at++] = END
  writer.length = at
}

function readEscaped(reader: ByteReader): Uint8Array {
  expectPresent(reader, 'a string of a key')
  const out = new Uint8Array(reader.remaining)
  let length = 0
  for (;;) {
    const byte = reader.byte('a string of a key')
    if (byte === END) return out.slice(0, length)
    if (byte === ESCAPE) {
      const escaped = reader.byte('a string of a key')
      if (escaped !== 1 && escaped !== 2) throw new Error(`byte ${escaped} is no escape in a string of a key`)
      out[length++] = escaped - 1
    } else out[length++] = byte
  }
}

// ---- nested ------------------------------------------------------------------------------------------------------

function writeElements(values: Row, element: SqlType) {
  writer.byte(PRESENT)
  for (const value of values) {
    writer.byte(PRESENT)
    writeNullable(element, value)
  }
  writer.byte(END)
}

function writeMap(map: Row, key: SqlType, value: SqlType) {
  const start = writer.length
  const entries = map.map((entry) => {
    writeNullable(key, (entry as Row)[0] as Value)
    writeNullable(value, (entry as Row)[1] as Value)
    return writer.take(start)
  })
  writer.byte(PRESENT)
  for (const entry of entries.sort(compareBytes)) {
    writer.byte(PRESENT)
    writer.raw(entry)
  }
  writer.byte(END)
}

function readElements(reader: ByteReader, read: () => Value): Value[] {
  expectPresent(reader, 'an array of a key')
  const values: Value[] = []
  for (;;) {
    const byte = reader.byte('an array of a key')
    if (byte === END) return values
    if (byte !== PRESENT) throw new Error(`byte ${byte} is no element in an array of a key`)
    values.push(read())
  }
}
