import { EvaluationError } from '../../../core/evaluation-error.ts'
import { checkInt } from '../../../core/exact.ts'
import { roundToMicros, TIMESTAMP_MAX } from '../../../core/timestamp.ts'
import { isInteger, type SqlType, STRING, TIMESTAMP, typeName } from '../../../core/type.ts'
import { type ExactInteger, exact, type Value } from '../../../core/value.ts'
import { conversion, fieldIndex } from '../convert-value.ts'
import { Incompatible, inField } from '../schema-faults.ts'
import { unscaled, variableDecimal } from '../wire-values.ts'
import { BYTES_WIRE, GROUP, GROUP_END, malformed, type ProtoInput, SCALARS, VARINT, within } from './proto-input.ts'
import { jsonReader } from './proto-json.ts'
import type { ProtoField, ProtoMessage, ProtoType } from './proto-schema.ts'
import { DURATION, scalarType, valueType, WELL_KNOWN } from './proto-types.ts'

/** A column of a row, or a field of a struct, that a field of a message goes to. */
export interface Target {
  readonly index: number
  readonly type: SqlType
}

/**
 * Reads one occurrence of a field into a row; false where it is written in another way than the field is, which by the
 * rules of Protobuf makes it a field that is not known.
 */
type ReadField = (input: ProtoInput, wire: number, row: unknown[]) => boolean

/** One value, without what says that it is there. */
interface ValueForm {
  readonly wire: number
  readonly read: (input: ProtoInput) => Value
  readonly zero: Value
  /** A message that is written as a group, up to the tag that ends it. */
  readonly group?: (input: ProtoInput, number: number) => Value
}

/**
 * Messages of one type as rows: a loop over the tags, which passes over what nobody wants. Fields that come again
 * replace or go on with what was there, as the rules have it.
 */
export class MessageReader {
  readonly #fields = new Map<number, ReadField>()
  readonly #defaults: { readonly index: number; readonly value: Value }[] = []
  readonly #maps: number[] = []
  /** The field that is being read, for messages. */
  place = ''

  constructor(fields: readonly (readonly [ProtoField, Target])[]) {
    for (const [field, target] of fields) {
      const read = inField(field.name, () => fieldReader(field, target))
      const before = this.#fields.get(field.number)
      const named: ReadField = (input, wire, row) => {
        this.place = field.name
        return read(input, wire, row)
      }
      this.#fields.set(field.number, before === undefined ? named : both(before, named))
      const value = defaultOf(field, target.type)
      if (value !== null) this.#defaults.push({ index: target.index, value })
      if (field.key !== undefined && target.type.kind === 'map') this.#maps.push(target.index)
    }
  }

  /** `row` is all NULL before, or what an earlier part of the same message has left. */
  read(input: ProtoInput, end: number, row: unknown[]): void {
    while (input.pos < end) this.#field(input, input.uint32(), row)
    if (input.pos !== end) throw malformed('it ends too early')
  }

  /** Up to the tag that ends the group. */
  readGroup(input: ProtoInput, number: number, row: unknown[]): void {
    for (;;) {
      const tag = input.uint32()
      if ((tag & 7) === GROUP_END && tag >>> 3 === number) return
      this.#field(input, tag, row)
    }
  }

  /** What was not set has its default, and maps become what values of theirs are. */
  finish(row: unknown[]): void {
    for (const index of this.#maps) if (row[index] instanceof Map) row[index] = [...(row[index] as Map<Value, Value>)]
    for (const { index, value } of this.#defaults) if (row[index] === null) row[index] = value
  }

  #field(input: ProtoInput, tag: number, row: unknown[]): void {
    const number = tag >>> 3
    if (number === 0) throw malformed('a field has the number 0')
    const read = this.#fields.get(number)
    if (read?.(input, tag & 7, row)) return
    this.place = ''
    input.skipType(tag & 7)
  }
}

function both(first: ReadField, second: ReadField): ReadField {
  return (input, wire, row) => {
    const start = input.pos
    if (!first(input, wire, row)) return second(input, wire, row)
    input.pos = start
    return second(input, wire, row)
  }
}

/** No element; of all rows, and so never written to. */
const NOTHING: readonly Value[] = Object.freeze([])

function defaultOf(field: ProtoField, target: SqlType): Value {
  if (field.key !== undefined || field.repeated) return NOTHING
  try {
    if (field.fallback !== undefined) return converted(field.fallback as Value, fallbackType(field), target)
    return field.presence ? null : valueForm(field.type, target).zero
  } catch (error) {
    // An empty text in a column of times: it was not set, and there is nothing that it could be.
    if (error instanceof EvaluationError) return null
    throw error
  }
}

/** Defaults of proto2 come as the parser reads constants. */
function fallbackType({ type, fallback }: ProtoField): SqlType {
  if (type.kind === 'enum' || typeof fallback === 'string') return STRING
  return valueType(type)
}

function fieldReader(field: ProtoField, target: Target): ReadField {
  if (field.key !== undefined) return mapReader(field, target)
  if (field.repeated) return repeatedReader(field, target)
  const { index, type } = target
  if (field.type.kind === 'message' && type.kind === 'struct' && !WELL_KNOWN.has(field.type.message.name)) {
    return structReader(field.number, field.type.message, index, type.fields)
  }
  const form = valueForm(field.type, type)
  return (input, wire, row) => {
    if (wire !== form.wire) return false
    row[index] = form.read(input)
    return true
  }
}

/** A message that comes in several parts is one. */
function structReader(
  number: number,
  message: ProtoMessage,
  index: number,
  fields: readonly { readonly name: string; readonly type: SqlType }[],
): ReadField {
  const reader = structOf(message, fields)
  return (input, wire, row) => {
    if (wire !== BYTES_WIRE && wire !== GROUP) return false
    const struct = (row[index] as unknown[] | null) ?? fields.map(() => null)
    if (wire === GROUP) reader.readGroup(input, number, struct)
    else within(input, (end) => reader.read(input, end, struct))
    reader.finish(struct)
    row[index] = struct
    return true
  }
}

function structOf(
  message: ProtoMessage,
  fields: readonly { readonly name: string; readonly type: SqlType }[],
): MessageReader {
  return new MessageReader(
    fields.flatMap(({ name, type }, index) => {
      const field = message.fields[fieldIndex(message.fields, name)]
      return field === undefined ? [] : [[field, { index, type }] as const]
    }),
  )
}

function repeatedReader(field: ProtoField, { index, type }: Target): ReadField {
  if (type.kind !== 'array') throw new Incompatible(`expected ${typeName(type)}, found a repeated field`)
  const form = valueForm(field.type, type.element)
  const packable = form.wire !== BYTES_WIRE
  return (input, wire, row) => {
    let values = row[index] as Value[] | null
    if (values === null || values === NOTHING) {
      values = []
      row[index] = values
    }
    if (wire === form.wire) values.push(form.read(input))
    else if (wire === GROUP && form.group !== undefined) values.push(form.group(input, field.number))
    else if (wire === BYTES_WIRE && packable) {
      within(input, (end) => {
        while (input.pos < end) values.push(form.read(input))
      })
    } else return false
    return true
  }
}

/** Entries are messages of a key 1 and a value 2, each of which may be missing; the last of a key counts. */
function mapReader(field: ProtoField, { index, type }: Target): ReadField {
  if (type.kind !== 'map' || field.key === undefined) {
    throw new Incompatible(`expected ${typeName(type)}, found a map`)
  }
  const keyForm = valueForm({ kind: 'scalar', scalar: field.key }, type.key)
  const valueForm_ = valueForm(field.type, type.value)
  const unset = field.type.kind === 'message' ? null : valueForm_.zero
  return (input, wire, row) => {
    if (wire !== BYTES_WIRE) return false
    const entries = entriesOf(row[index])
    row[index] = entries
    within(input, (end) => {
      let key = keyForm.zero
      let value = unset
      while (input.pos < end) {
        const tag = input.uint32()
        if (tag === ((1 << 3) | keyForm.wire)) key = keyForm.read(input)
        else if (tag === ((2 << 3) | valueForm_.wire)) value = valueForm_.read(input)
        else input.skipType(tag & 7)
      }
      entries.set(key, value)
    })
    return true
  }
}

/** A struct that comes in parts has been finished before. */
function entriesOf(value: unknown): Map<Value, Value> {
  if (value instanceof Map) return value as Map<Value, Value>
  return new Map((value as readonly (readonly [Value, Value])[] | null) ?? [])
}

/** @throws Incompatible where the type does not go into a column of the other. */
function valueForm(type: ProtoType, target: SqlType): ValueForm {
  switch (type.kind) {
    case 'scalar': {
      const { wire, read, zero } = SCALARS[type.scalar]
      const from = scalarType(type.scalar)
      const convert = conversion(from, target)
      if (convert === undefined) return { wire, read, zero }
      return { wire, read: (input) => convert(read(input)), zero: zeroOf(zero, from, target) }
    }
    case 'enum':
      return enumForm(type, target)
    case 'message':
      return messageForm(type.message, target)
  }
}

/** A number that the schema has no name for is shown as that. */
function enumForm({ names, first }: Extract<ProtoType, { kind: 'enum' }>, target: SqlType): ValueForm {
  const nameOf = (number: number) => names.get(number) ?? String(number)
  const of = isInteger(target)
    ? (number: number) => number
    : (number: number) => converted(nameOf(number), STRING, target)
  return { wire: VARINT, read: (input) => of(input.int32()), zero: of(first) }
}

function messageForm(message: ProtoMessage, target: SqlType): ValueForm {
  const known = WELL_KNOWN.get(message.name)
  const form = (read: (input: ProtoInput, end: number) => Value): ValueForm => ({
    wire: BYTES_WIRE,
    read: (input) => within(input, (end) => read(input, end)),
    zero: null,
  })
  if (known !== undefined && known.kind !== 'json') {
    const read = wellKnownReader(message, known)
    const convert = conversion(known, target)
    return form(convert === undefined ? read : (input, end) => convert(read(input, end)))
  }
  if (target.kind === 'struct') {
    const reader = structOf(message, target.fields)
    const struct = (read: (row: unknown[]) => void): Value => {
      const row: unknown[] = target.fields.map(() => null)
      read(row)
      reader.finish(row)
      return row as Value
    }
    return {
      ...form((input, end) => struct((row) => reader.read(input, end, row))),
      group: (input, number) => struct((row) => reader.readGroup(input, number, row)),
    }
  }
  if (target.kind === 'json' || target.kind === 'string') return form(jsonReader(message))
  throw new Incompatible(`expected ${typeName(target)}, found message ${message.name}`)
}

/** Messages that stand for one value, read field by field like any other. */
function wellKnownReader(message: ProtoMessage, known: SqlType): (input: ProtoInput, end: number) => Value {
  const reader = new MessageReader(
    message.fields.map((field, index) => [field, { index, type: valueType(field.type) }] as const),
  )
  const fields = message.fields.map(({ name }) => name)
  const of = (row: readonly unknown[], name: string) => row[fields.indexOf(name)] as Value
  const toValue = (row: readonly unknown[]): Value => {
    if (known === TIMESTAMP) return timestampOf(of(row, 'seconds') as ExactInteger, of(row, 'nanos') as number)
    if (known === DURATION) return nanoseconds(of(row, 'seconds') as ExactInteger, of(row, 'nanos') as number)
    if (message.name === 'confluent.type.Decimal') {
      return variableDecimal(of(row, 'scale') as number, unscaled(of(row, 'value') as Uint8Array))
    }
    return of(row, 'value')
  }
  return (input, end) => {
    const row: unknown[] = message.fields.map(() => null)
    reader.read(input, end, row)
    reader.finish(row)
    return toValue(row)
  }
}

function timestampOf(seconds: ExactInteger, nanos: number): Value {
  const ms = Number(seconds) * 1_000 + nanos / 1_000_000
  if (Math.abs(ms) <= TIMESTAMP_MAX) return roundToMicros(ms)
  throw new EvaluationError('value is no valid TIMESTAMP')
}

function nanoseconds(seconds: ExactInteger, nanos: number): Value {
  return exact(BigInt(seconds) * 1_000_000_000n + BigInt(checkInt(nanos)))
}

function converted(value: Value, from: SqlType, target: SqlType): Value {
  const convert = conversion(from, target)
  return convert === undefined ? value : convert(value)
}

function zeroOf(zero: Value, from: SqlType, target: SqlType): Value {
  try {
    return converted(zero, from, target)
  } catch (error) {
    if (error instanceof EvaluationError) return null
    throw error
  }
}
