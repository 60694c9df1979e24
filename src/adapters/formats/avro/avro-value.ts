import { unreachable } from '../../../core/assert.ts'
import { writeJsonValue } from '../../../core/format-value.ts'
import { type SqlType, STRING, typeName } from '../../../core/type.ts'
import type { Value } from '../../../core/value.ts'
import { conversion, fieldIndex } from '../convert-value.ts'
import { Incompatible, inField } from '../schema-faults.ts'
import { unscaled, variableDecimal } from '../wire-values.ts'
import { malformed } from './avro-input.ts'
import { leafReader, leafSkip, type Read, rawReader, type Skip } from './avro-leaf.ts'
import type { AvroEnum, AvroRecord, AvroType } from './avro-schema.ts'
import { type AvroLeaf, bytesMin, containsItself, leafType, VARIABLE_DECIMAL } from './avro-types.ts'

/**
 * Readers of values as closures, made once for each schema that records were written with: from the writer's type
 * straight to the type of the column. Of the reader's schema, where there is one, come the names that fields had
 * before, the defaults of fields that the writer did not know, and the symbol for enums that have grown.
 */

/** The value of a field that the writer did not know, in the reader's type. */
export type DefaultOf = (type: AvroType, fallback: unknown, target: SqlType) => Value

/** @throws Incompatible where no value of the writer's type fits the column. */
export function valueReader(
  writer: AvroType,
  reader: AvroType | undefined,
  target: SqlType,
  defaultOf: DefaultOf,
): Read {
  switch (writer.kind) {
    case 'union':
      return unionReader(writer.branches, reader, target, defaultOf)
    case 'record':
      if (writer.name === VARIABLE_DECIMAL) return variableDecimalReader(writer, target)
      if (target.kind === 'struct') return structReader(writer, reader, target.fields, defaultOf)
      break
    case 'array': {
      if (target.kind !== 'array') break
      const items = reader?.kind === 'array' ? reader.items : undefined
      const element = valueReader(writer.items, items, target.element, defaultOf)
      const min = bytesMin(writer.items)
      return (input) => {
        const values: Value[] = []
        input.blocks(min, () => values.push(element(input)))
        return values
      }
    }
    case 'map': {
      if (target.kind !== 'map') break
      const values = reader?.kind === 'map' ? reader.values : undefined
      const read = valueReader(writer.values, values, target.value, defaultOf)
      const keyOf = conversion(STRING, target.key)
      const min = 1 + bytesMin(writer.values)
      return (input) => {
        // A key that comes twice has the last of its values.
        const entries = new Map<Value, Value>()
        input.blocks(min, () => {
          const text = input.string()
          entries.set(keyOf === undefined ? text : keyOf(text), read(input))
        })
        return [...entries]
      }
    }
    default:
      return scalarReader(writer, reader, target)
  }
  if (target.kind === 'json' || target.kind === 'string') return jsonReader(writer)
  throw new Incompatible(`expected ${typeName(target)}, found ${writer.kind.toUpperCase()}`)
}

function scalarReader(writer: AvroLeaf, reader: AvroType | undefined, target: SqlType): Read {
  if (writer.kind === 'null') return () => null
  if (writer.kind === 'enum') return enumReader(writer, branchFor(reader, writer), target)
  const isRaw = writer.logical !== undefined && isRawType(target)
  const read = isRaw ? rawReader(writer) : leafReader(writer)
  const from = isRaw ? leafType({ ...writer, logical: undefined }) : leafType(writer)
  return converted(read, from, target)
}

/** A column of these types takes the number or the bytes as they are stored, whatever they mean. */
function isRawType({ kind }: SqlType): boolean {
  return kind === 'int' || kind === 'bigint' || kind === 'bytes'
}

function converted(read: Read, from: SqlType, target: SqlType): Read {
  const convert = conversion(from, target)
  return convert === undefined ? read : (input) => convert(read(input))
}

function enumReader(writer: AvroEnum, reader: AvroType | undefined, target: SqlType): Read {
  const known = reader?.kind === 'enum' && reader.fallback !== undefined ? reader : undefined
  const symbols = writer.symbols.map((symbol) =>
    known === undefined || known.symbols.includes(symbol) ? symbol : (known.fallback as string),
  )
  return converted((input) => symbols[input.index(symbols.length, 'symbol')] as string, STRING, target)
}

/** A branch that does not fit is an error of the value that has it. */
function unionReader(
  branches: readonly AvroType[],
  reader: AvroType | undefined,
  target: SqlType,
  defaultOf: DefaultOf,
): Read {
  const present = branches.filter((branch) => branch.kind !== 'null').length
  const faults: Incompatible[] = []
  const reads = branches.map((branch): Read => {
    // A text among other types is a JSON text; alone it is JSON itself.
    if (target.kind === 'json' && present > 1 && branch.kind !== 'null') return jsonReader(branch)
    try {
      return valueReader(branch, branchFor(reader, branch), target, defaultOf)
    } catch (error) {
      if (!(error instanceof Incompatible)) throw error
      faults.push(error)
      return () => {
        throw malformedValue(error)
      }
    }
  })
  if (faults.length > 0 && faults.length === present) throw faults[0]
  const { length } = reads
  return (input) => (reads[input.index(length, 'branch')] as Read)(input)
}

function malformedValue(error: Incompatible) {
  return malformed(error.message)
}

/** What the reader expects where the writer has a value of this type. */
function branchFor(reader: AvroType | undefined, writer: AvroType): AvroType | undefined {
  if (reader?.kind !== 'union') return reader
  const same = reader.branches.find(
    (one) => one.kind === writer.kind && (!('name' in one) || one.name === nameOf(writer)),
  )
  return same ?? reader.branches.find((one) => one.kind === writer.kind)
}

function nameOf(type: AvroType): string | undefined {
  return 'name' in type ? type.name : undefined
}

/** The field of the writer that is meant, by name or by a name that the reader knows it to have had. */
export function writersField(writer: AvroRecord, reader: AvroType | undefined, name: string) {
  const expected = reader?.kind === 'record' ? reader.fields[fieldIndex(reader.fields, name)] : undefined
  const names = expected === undefined ? [name] : [expected.name, ...expected.aliases]
  for (const one of names) {
    const index = fieldIndex(writer.fields, one)
    if (index >= 0) return { index, expected }
  }
  return { index: -1, expected }
}

function structReader(
  writer: AvroRecord,
  readerType: AvroType | undefined,
  fields: readonly { readonly name: string; readonly type: SqlType }[],
  defaultOf: DefaultOf,
): Read {
  const reader = branchFor(readerType, writer)
  const reads = new Map<number, { readonly position: number; readonly read: Read }[]>()
  const initial: Value[] = fields.map(() => null)
  fields.forEach(({ name, type }, position) => {
    const { index, expected } = writersField(writer, reader, name)
    const found = writer.fields[index]
    if (found === undefined) {
      if (expected?.fallback !== undefined) initial[position] = defaultOf(expected.type, expected.fallback, type)
      return
    }
    const read = inField(name, () => valueReader(found.type, expected?.type, type, defaultOf))
    reads.set(index, [...(reads.get(index) ?? []), { position, read }])
  })
  const steps = writer.fields.map((field, i) => ({ reads: reads.get(i), skip: skipper(field.type) }))
  return (input) => {
    const row = initial.slice()
    for (const { reads: some, skip } of steps) {
      if (some === undefined) {
        skip(input)
        continue
      }
      const start = input.position
      for (const { position, read } of some) {
        input.position = start
        row[position] = read(input)
      }
    }
    return row
  }
}

/** Debezium's struct of scale and unscaled value, as the number that it is. */
function variableDecimalReader(writer: AvroRecord, target: SqlType): Read {
  const scaleFirst = writer.fields[0]?.name === 'scale'
  const read: Read = (input) => {
    const first = scaleFirst ? input.int() : unscaled(input.bytes())
    return scaleFirst ? variableDecimal(first as number, unscaled(input.bytes())) : variableDecimal(input.int(), first)
  }
  return converted(read, STRING, target)
}

// ---- JSON ----------------------------------------------------------------------------------------------------

/** Any value as JSON text; the one form that types without an equal in SQL have. */
export function jsonReader(type: AvroType): Read {
  return new JsonReaders().of(type)
}

type ReadText = (input: Parameters<Read>[0]) => string

/** One reader a record type, so that a type which contains itself has an end. */
class JsonReaders {
  readonly #records = new Map<AvroRecord, ReadText>()

  of(type: AvroType): ReadText {
    switch (type.kind) {
      case 'record':
        return this.#record(type)
      case 'union': {
        const reads = type.branches.map((branch) => this.of(branch))
        return (input) => (reads[input.index(reads.length, 'branch')] as ReadText)(input)
      }
      case 'array': {
        const read = this.of(type.items)
        const min = bytesMin(type.items)
        return (input) => {
          const parts: string[] = []
          input.blocks(min, () => parts.push(read(input)))
          return `[${parts.join(',')}]`
        }
      }
      case 'map': {
        const read = this.of(type.values)
        const min = 1 + bytesMin(type.values)
        return (input) => {
          const parts: string[] = []
          input.blocks(min, () => parts.push(`${JSON.stringify(input.string())}:${read(input)}`))
          return `{${parts.join(',')}}`
        }
      }
      default: {
        const read = leafReader(type)
        const sqlType = leafType(type)
        return (input) => writeJsonValue(sqlType, read(input))
      }
    }
  }

  #record(type: AvroRecord): ReadText {
    const made = this.#records.get(type)
    if (made !== undefined) return made
    const fields: { readonly name: string; readonly read: ReadText }[] = []
    const read: ReadText = (input) => {
      input.enter()
      const parts = fields.map((field) => `${field.name}:${field.read(input)}`)
      input.leave()
      return `{${parts.join(',')}}`
    }
    this.#records.set(type, read)
    for (const field of type.fields) fields.push({ name: JSON.stringify(field.name), read: this.of(field.type) })
    return read
  }
}

// ---- skipping ------------------------------------------------------------------------------------------------

/** Passes over a value that nobody wants; it is checked as far as its length depends on it. */
export function skipper(type: AvroType): Skip {
  return new Skippers().of(type)
}

class Skippers {
  readonly #records = new Map<AvroRecord, Skip>()

  of(type: AvroType): Skip {
    switch (type.kind) {
      case 'record':
        return this.#record(type)
      case 'union': {
        const skips = type.branches.map((branch) => this.of(branch))
        return (input) => (skips[input.index(skips.length, 'branch')] as Skip)(input)
      }
      case 'array': {
        const skip = this.of(type.items)
        const min = bytesMin(type.items)
        return (input) => input.blocks(min, () => skip(input))
      }
      case 'map': {
        const skip = this.of(type.values)
        const min = 1 + bytesMin(type.values)
        return (input) =>
          input.blocks(min, () => {
            input.skipBytes()
            skip(input)
          })
      }
      case 'null':
      case 'boolean':
      case 'int':
      case 'long':
      case 'float':
      case 'double':
      case 'bytes':
      case 'string':
      case 'fixed':
      case 'enum':
        return leafSkip(type)
      default:
        return unreachable(type)
    }
  }

  #record(type: AvroRecord): Skip {
    const made = this.#records.get(type)
    if (made !== undefined) return made
    const skips: Skip[] = []
    const bounded = containsItself(type)
    const skip: Skip = (input) => {
      if (bounded) input.enter()
      for (const one of skips) one(input)
      if (bounded) input.leave()
    }
    this.#records.set(type, skip)
    for (const field of type.fields) skips.push(this.of(field.type))
    return skip
  }
}
