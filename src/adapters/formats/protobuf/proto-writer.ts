import protobuf from 'protobufjs'
import { EvaluationError } from '../../../core/evaluation-error.ts'
import { power10 } from '../../../core/exact.ts'
import type { Schema } from '../../../core/schema.ts'
import { type SqlType, typeName } from '../../../core/type.ts'
import type { ExactInteger, Row, Value } from '../../../core/value.ts'
import { type Convert, conversion, fieldIndex } from '../convert-value.ts'
import { Incompatible, inField } from '../schema-faults.ts'
import type { Framing, RecordWriter } from '../schema-language.ts'
import { SCALARS } from './proto-input.ts'
import { entryOf } from './proto-record.ts'
import type { ProtoField, ProtoFile, ProtoMessage, ProtoScalar, ProtoType } from './proto-schema.ts'
import { DURATION, scalarType, WELL_KNOWN } from './proto-types.ts'

/**
 * Rows as messages of a schema: a column goes to the field of its name, a column without a field is an error, since its
 * values would be lost, and fields without a column are not set. NULL is a field that is not set.
 *
 * @throws Incompatible
 */
export function protoWriter(file: ProtoFile, rows: Schema, { framed, message: name }: Framing): RecordWriter {
  const { message, indexes } = entryOf(file, name)
  const write = messageWriter(message, rows.fields)
  return {
    write(row) {
      const output = protobuf.Writer.create()
      if (framed) writeIndexes(indexes, output)
      write(row, output)
      return output.finish()
    },
  }
}

type Output = protobuf.Writer
type Write = (value: Value, output: Output) => void

/** Which message of the file it is; nothing but a 0 for the first. */
function writeIndexes(indexes: readonly number[], output: Output): void {
  if (indexes.length === 1 && indexes[0] === 0) {
    output.uint32(0)
    return
  }
  output.sint32(indexes.length)
  for (const index of indexes) output.sint32(index)
}

function messageWriter(
  message: ProtoMessage,
  columns: readonly { readonly name: string; readonly type: SqlType }[],
): (row: Row, output: Output) => void {
  const used = new Set<ProtoField>()
  const steps = columns.map((column, index) => {
    const free = message.fields.filter((field) => !used.has(field))
    const field = free[fieldIndex(free, column.name)]
    if (field === undefined) throw new Incompatible(`it has no field for column "${column.name}"`)
    used.add(field)
    const write = inField(field.name, () => fieldWriter(field, column.type))
    return (row: Row, output: Output) => {
      const value = row[index] as Value
      if (value !== null) write(value, output)
      else if (field.required) throw new EvaluationError(`column "${column.name}" is NULL, and the schema requires it`)
    }
  })
  const missing = message.fields.find((field) => field.required && !used.has(field))
  if (missing !== undefined) throw new Incompatible(`field "${missing.name}" is required, and has no column`)
  return (row, output) => {
    for (const step of steps) step(row, output)
  }
}

function fieldWriter(field: ProtoField, from: SqlType): Write {
  const { number, type } = field
  if (field.key !== undefined) return mapWriter(field, field.key, from)
  if (!field.repeated) return tagged(number, type, valueWriter(type, from))
  if (from.kind !== 'array') throw new Incompatible(`a repeated field takes no ${typeName(from)}`)
  const element = present(valueWriter(type, from.element), 'an array')
  const wire = wireOf(type)
  if (wire === BYTES_WIRE) {
    const write = tagged(number, type, element)
    return (value, output) => {
      for (const one of value as readonly Value[]) write(one, output)
    }
  }
  // Packed: all readers have to take it, whatever the schema says.
  return (value, output) => {
    const values = value as readonly Value[]
    if (values.length === 0) return
    output.uint32((number << 3) | BYTES_WIRE).fork()
    for (const one of values) element(one, output)
    output.ldelim()
  }
}

const BYTES_WIRE = 2

function wireOf(type: ProtoType): number {
  return type.kind === 'scalar' ? SCALARS[type.scalar].wire : type.kind === 'enum' ? 0 : BYTES_WIRE
}

function tagged(number: number, type: ProtoType, write: Write): Write {
  const tag = (number << 3) | wireOf(type)
  return (value, output) => {
    output.uint32(tag)
    write(value, output)
  }
}

/** Protobuf has no null inside lists and maps. */
function present(write: Write, where: string): Write {
  return (value, output) => {
    if (value === null) throw new EvaluationError(`a NULL in ${where} has no equal in Protobuf`)
    write(value, output)
  }
}

function mapWriter({ number, type }: ProtoField, keyScalar: ProtoScalar, from: SqlType): Write {
  if (from.kind !== 'map') throw new Incompatible(`a map takes no ${typeName(from)}`)
  const keyType: ProtoType = { kind: 'scalar', scalar: keyScalar }
  const key = tagged(1, keyType, valueWriter(keyType, from.key))
  const value = tagged(2, type, present(valueWriter(type, from.value), 'a map'))
  return (entries, output) => {
    for (const entry of entries as readonly (readonly [Value, Value])[]) {
      output.uint32((number << 3) | BYTES_WIRE).fork()
      key(entry[0], output)
      value(entry[1], output)
      output.ldelim()
    }
  }
}

function valueWriter(type: ProtoType, from: SqlType): Write {
  switch (type.kind) {
    case 'scalar':
      return scalarWriter(type.scalar, from)
    case 'enum':
      return enumWriter(type.names, from)
    case 'message':
      return messageValueWriter(type.message, from)
  }
}

function scalarWriter(scalar: ProtoScalar, from: SqlType): Write {
  const write = SCALAR_WRITERS[scalar]
  const to = scalarType(scalar)
  // Times in a plain number are what they are here: milliseconds, and days of a date.
  const isTime = from.kind === 'timestamp' || from.kind === 'time' || from.kind === 'interval' || from.kind === 'date'
  if (isTime && to.kind !== 'string') {
    if (to.kind !== 'bigint' && to.kind !== 'int') throw new Incompatible(`expected ${typeName(to)}, found a time`)
    return (value, output) => write(output, Math.floor(value as number))
  }
  if (from.kind === 'json' && to.kind === 'string') return (value, output) => write(output, value)
  const convert = conversion(from, to)
  return convert === undefined
    ? (value, output) => write(output, value)
    : (value, output) => write(output, convert(value))
}

/** Integers of 64 bits are handed over as text where a number would round them. */
function wide(value: Value): number | string {
  return typeof value === 'bigint' ? value.toString() : (value as number)
}

function unsigned(value: Value, max: bigint): number | string {
  if ((value as ExactInteger) < 0 || BigInt(value as ExactInteger) > max) {
    throw new EvaluationError('value does not fit an unsigned integer')
  }
  return wide(value)
}

const UINT32_MAX = 0xffff_ffffn
const UINT64_MAX = 0xffff_ffff_ffff_ffffn

const SCALAR_WRITERS: Readonly<Record<ProtoScalar, (output: Output, value: Value) => unknown>> = {
  double: (output, value) => output.double(value as number),
  float: (output, value) => output.float(value as number),
  int32: (output, value) => output.int32(value as number),
  sint32: (output, value) => output.sint32(value as number),
  sfixed32: (output, value) => output.sfixed32(value as number),
  uint32: (output, value) => output.uint32(unsigned(value, UINT32_MAX) as number),
  fixed32: (output, value) => output.fixed32(unsigned(value, UINT32_MAX) as number),
  int64: (output, value) => output.int64(wide(value)),
  sint64: (output, value) => output.sint64(wide(value)),
  sfixed64: (output, value) => output.sfixed64(wide(value)),
  uint64: (output, value) => output.uint64(unsigned(value, UINT64_MAX)),
  fixed64: (output, value) => output.fixed64(unsigned(value, UINT64_MAX)),
  bool: (output, value) => output.bool(value as boolean),
  string: (output, value) => output.string((value as string).toWellFormed()),
  bytes: (output, value) => output.bytes(value as Uint8Array),
}

function enumWriter(names: ReadonlyMap<number, string>, from: SqlType): Write {
  if (from.kind !== 'string') throw new Incompatible(`an enum takes a text, not ${typeName(from)}`)
  const numbers = new Map([...names].map(([number, name]) => [name, number]))
  return (value, output) => {
    const number = numbers.get(value as string)
    if (number === undefined) throw new EvaluationError('text is no name of the enum')
    output.int32(number)
  }
}

function messageValueWriter(message: ProtoMessage, from: SqlType): Write {
  const known = WELL_KNOWN.get(message.name)
  const inside = (write: Write): Write => {
    return (value, output) => {
      output.fork()
      write(value, output)
      output.ldelim()
    }
  }
  if (known === undefined) {
    if (from.kind !== 'struct') throw new Incompatible(`message ${message.name} takes no ${typeName(from)}`)
    const write = messageWriter(message, from.fields)
    return inside((value, output) => write(value as Row, output))
  }
  if (known.kind === 'json' || message.name === 'confluent.type.Decimal') {
    throw new Incompatible(`message ${message.name} can't be written`)
  }
  const convert: Convert = conversion(from, known) ?? ((value) => value)
  if (known.kind === 'timestamp') return inside((value, output) => writeTimestamp(convert(value) as number, output))
  if (known === DURATION) return inside((value, output) => writeDuration(convert(value) as ExactInteger, output))
  const field = message.fields[0] as ProtoField
  const write = tagged(field.number, field.type, valueWriter(field.type, known))
  return inside((value, output) => write(convert(value), output))
}

const SECONDS_TAG = (1 << 3) | 0
const NANOS_TAG = (2 << 3) | 0

function writeTimestamp(ms: number, output: Output): void {
  const seconds = Math.floor(ms / 1_000)
  // Of a double in milliseconds no more than microseconds are exact.
  const nanos = Math.round((ms - seconds * 1_000) * 1_000) * 1_000
  output.uint32(SECONDS_TAG).int64(seconds)
  if (nanos !== 0) output.uint32(NANOS_TAG).int32(nanos)
}

function writeDuration(nanoseconds: ExactInteger, output: Output): void {
  const perSecond = BigInt(power10(9))
  const nanos = BigInt(nanoseconds) % perSecond
  output.uint32(SECONDS_TAG).int64(String(BigInt(nanoseconds) / perSecond))
  if (nanos !== 0n) output.uint32(NANOS_TAG).int32(Number(nanos))
}

// ---- schemas of rows -----------------------------------------------------------------------------------------

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** A `.proto` file with one message for rows, its fields numbered as the columns stand. */
export function protoSchemaOf(schema: Schema, name: string): string {
  const lines = messageLines(schema.fields, upperCamel(name), '')
  const text = lines.join('\n')
  const imports = text.includes('google.protobuf.Timestamp') ? 'import "google/protobuf/timestamp.proto";\n\n' : ''
  return `syntax = "proto3";\n\n${imports}${text}\n`
}

function messageLines(
  fields: readonly { readonly name: string; readonly type: SqlType; readonly nullable?: boolean }[],
  name: string,
  indent: string,
): readonly string[] {
  const inner: string[] = []
  const messages = new Set<string>()
  const lines = fields.map((field, i) => {
    if (!NAME.test(field.name)) {
      throw new Incompatible(`"${field.name}" is no name in Protobuf: letters, digits and _ alone; rename it with AS`)
    }
    const camel = upperCamel(field.name)
    const message = messages.has(camel) ? `${camel}${i}` : camel
    messages.add(message)
    const { label, type } = fieldText(field.type, message, `${indent}  `, inner)
    // Where it can't be NULL there is no need to know whether it was set; of a map it can't be known.
    const isKnown = label === '' && !type.startsWith('map<') && field.nullable !== false
    return `${indent}  ${isKnown ? 'optional ' : label}${type} ${field.name} = ${i + 1};`
  })
  return [`${indent}message ${name} {`, ...inner, ...lines, `${indent}}`]
}

function fieldText(
  type: SqlType,
  name: string,
  indent: string,
  inner: string[],
): { readonly label: '' | 'repeated '; readonly type: string } {
  switch (type.kind) {
    case 'array': {
      const element = fieldText(type.element, name, indent, inner)
      if (element.label !== '' || element.type.startsWith('map<')) {
        throw new Incompatible('an array of arrays or maps has no equal in Protobuf')
      }
      return { label: 'repeated ', type: element.type }
    }
    case 'map': {
      const value = fieldText(type.value, name, indent, inner)
      const key = MAP_KEYS[type.key.kind]
      if (key === undefined || value.label !== '' || value.type.startsWith('map<')) {
        throw new Incompatible(`${typeName(type)} has no equal in Protobuf`)
      }
      return { label: '', type: `map<${key}, ${value.type}>` }
    }
    case 'struct':
      inner.push(...messageLines(type.fields, name, indent))
      return { label: '', type: name }
    default:
      return { label: '', type: SCALAR_TEXTS[type.kind] }
  }
}

const MAP_KEYS: Partial<Record<SqlType['kind'], string>> = {
  string: 'string',
  int: 'int32',
  bigint: 'int64',
  boolean: 'bool',
}

const SCALAR_TEXTS: Readonly<Record<Exclude<SqlType['kind'], 'array' | 'map' | 'struct'>, string>> = {
  boolean: 'bool',
  int: 'int32',
  bigint: 'int64',
  double: 'double',
  decimal: 'string',
  string: 'string',
  bytes: 'bytes',
  date: 'string',
  time: 'string',
  timestamp: 'google.protobuf.Timestamp',
  interval: 'int64',
  json: 'string',
  null: 'string',
}

function upperCamel(name: string): string {
  const camel = name.replace(/(?:^|_+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return NAME.test(camel) ? camel : `M${camel}`
}
