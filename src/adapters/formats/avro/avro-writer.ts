import { assert } from '../../../core/assert.ts'
import { EvaluationError } from '../../../core/evaluation-error.ts'
import { checkBigint, checkInt, multiplyExact, roundDouble } from '../../../core/exact.ts'
import type { Schema } from '../../../core/schema.ts'
import { formatIsoTimestamp } from '../../../core/timestamp.ts'
import type { SqlType } from '../../../core/type.ts'
import type { ExactInteger, Row, Value } from '../../../core/value.ts'
import { conversion, fieldIndex } from '../convert-value.ts'
import { Incompatible, inField } from '../schema-faults.ts'
import type { RecordWriter } from '../schema-language.ts'
import { writeDefault } from './avro-default.ts'
import { AvroOutput } from './avro-output.ts'
import type { AvroFixed, AvroType } from './avro-schema.ts'
import { type AvroLeaf, acceptsNull, leafType } from './avro-types.ts'

/**
 * Rows as Avro records of a schema: its own, or one that others have registered. A field without a column has its
 * default; a column without a field is an error, since its values would be lost.
 *
 * @throws Incompatible
 */
export function avroWriter(type: AvroType, rows: Schema): RecordWriter {
  const output = new AvroOutput()
  const write = type.kind === 'record' ? fieldsWriter(type, rows.fields) : soleWriter(type, rows)
  return {
    write(row) {
      try {
        write(row, output)
      } catch (error) {
        output.take()
        throw error
      }
      return output.take()
    },
  }
}

type Write = (value: Value, output: AvroOutput) => void
type WriteRow = (row: Row, output: AvroOutput) => void

/** A schema that is no record takes the one column that is not the key. */
function soleWriter(type: AvroType, rows: Schema): WriteRow {
  const columns = rows.fields.flatMap((_, i) => (rows.key.includes(i) && rows.fields.length > 1 ? [] : [i]))
  const index = columns[0] as number
  const field = rows.fields[index]
  if (columns.length !== 1 || field === undefined) throw new Incompatible('the schema is no record with fields')
  const write = inField(field.name, () => valueWriter(type, field.type, field.name))
  return (row, output) => write(row[index] as Value, output)
}

function fieldsWriter(
  record: Extract<AvroType, { kind: 'record' }>,
  columns: readonly { readonly name: string; readonly type: SqlType }[],
): WriteRow {
  const used = new Set<number>()
  const steps = record.fields.map(({ name, type, fallback }): WriteRow => {
    const index = columns.findIndex((column, i) => !used.has(i) && fieldIndex([{ name }], column.name) === 0)
    const column = columns[index]
    if (column !== undefined) {
      used.add(index)
      const write = inField(name, () => valueWriter(type, column.type, column.name))
      return (row, output) => write(row[index] as Value, output)
    }
    if (fallback === undefined && !acceptsNull(type)) {
      throw new Incompatible(`field "${name}" has no column, and no default`)
    }
    const bytes = new AvroOutput()
    inField(name, () => writeDefault(type, fallback ?? null, bytes))
    const taken = bytes.take()
    return (_, output) => output.fixed(taken)
  })
  const lost = columns.find((_, i) => !used.has(i))
  if (lost !== undefined) throw new Incompatible(`it has no field for column "${lost.name}"`)
  return (row, output) => {
    for (const step of steps) step(row, output)
  }
}

function valueWriter(type: AvroType, from: SqlType, column: string): Write {
  const write = presentWriter(type, from, column)
  if (type.kind === 'union') return write
  return (value, output) => {
    if (value === null) throw new EvaluationError(`column "${column}" is NULL, and the schema takes no null there`)
    write(value, output)
  }
}

function presentWriter(type: AvroType, from: SqlType, column: string): Write {
  switch (type.kind) {
    case 'union':
      return unionWriter(type.branches, from, column)
    case 'array': {
      if (from.kind !== 'array') throw new Incompatible(`an array takes no ${from.kind.toUpperCase()}`)
      const write = valueWriter(type.items, from.element, column)
      return (value, output) => writeList(value as readonly Value[], output, write)
    }
    case 'map': {
      if (from.kind !== 'map') throw new Incompatible(`a map takes no ${from.kind.toUpperCase()}`)
      const keyOf = conversion(from.key, { kind: 'string' })
      const write = valueWriter(type.values, from.value, column)
      return (value, output) =>
        writeList(value as readonly Row[], output, (entry) => {
          const [key, one] = entry as readonly [Value, Value]
          output.string((keyOf === undefined ? key : keyOf(key)) as string)
          write(one, output)
        })
    }
    case 'record': {
      if (from.kind !== 'struct') throw new Incompatible(`a record takes no ${from.kind.toUpperCase()}`)
      const write = fieldsWriter(type, from.fields)
      return (value, output) => write(value as Row, output)
    }
    default:
      return leafWriter(type, from)
  }
}

function writeList(values: readonly Value[], output: AvroOutput, write: Write): void {
  if (values.length > 0) {
    output.long(values.length)
    for (const value of values) write(value, output)
  }
  output.long(0)
}

/** The first branch that takes the type, and the one for NULL. */
function unionWriter(branches: readonly AvroType[], from: SqlType, column: string): Write {
  const nothing = branches.findIndex((branch) => branch.kind === 'null')
  let fault: Incompatible | undefined
  for (const [index, branch] of branches.entries()) {
    if (branch.kind === 'null') continue
    try {
      const write = valueWriter(branch, from, column)
      return (value, output) => {
        if (value === null && nothing >= 0) return output.long(nothing)
        output.long(index)
        write(value, output)
      }
    } catch (error) {
      if (!(error instanceof Incompatible)) throw error
      fault ??= error
    }
  }
  throw fault ?? new Incompatible('a union has no branch but null')
}

function leafWriter(type: AvroLeaf, from: SqlType): Write {
  const write = rawWriter(type)
  const isNumber = (type.kind === 'int' || type.kind === 'long') && type.logical === undefined
  // Times in a plain number are what they are here: milliseconds, and days of a date.
  if (
    isNumber &&
    (from.kind === 'timestamp' || from.kind === 'time' || from.kind === 'interval' || from.kind === 'date')
  ) {
    return (value, output) => write(Math.floor(value as number), output)
  }
  if (type.kind !== 'enum' && type.logical?.kind === 'zoned-timestamp' && from.kind === 'timestamp') {
    return (value, output) => output.string(formatIsoTimestamp(value as number))
  }
  if (from.kind === 'json' && leafType(type).kind === 'string') return write
  const convert = conversion(from, leafType(type))
  return convert === undefined ? write : (value, output) => write(convert(value), output)
}

/** A value of the leaf's type in SQL. */
function rawWriter(type: AvroLeaf): Write {
  switch (type.kind) {
    case 'null':
      return () => {}
    case 'boolean':
      return (value, output) => output.boolean(value as boolean)
    case 'int':
    case 'long': {
      const check = type.kind === 'int' ? checkInt : checkBigint
      const { logical } = type
      if (logical?.kind !== 'time' && logical?.kind !== 'timestamp') {
        return (value, output) => output.long(check(value as ExactInteger))
      }
      return (value, output) => output.long(check(unitsOf(value as number, logical.perMs)))
    }
    case 'float':
      return (value, output) => output.float(value as number)
    case 'double':
      return (value, output) => output.double(value as number)
    case 'string':
      return (value, output) => output.string(value as string)
    case 'bytes':
      if (type.logical?.kind === 'decimal') {
        return (value, output) => output.bytes(unscaledBytes(value as ExactInteger, undefined))
      }
      return (value, output) => output.bytes(value as Uint8Array)
    case 'fixed':
      return fixedWriter(type)
    case 'enum':
      return (value, output) => {
        const index = type.symbols.indexOf(value as string)
        if (index < 0) throw new EvaluationError('text is no symbol of the enum')
        output.long(index)
      }
  }
}

function fixedWriter({ size, logical }: AvroFixed): Write {
  if (logical?.kind === 'decimal') {
    return (value, output) => output.fixed(unscaledBytes(value as ExactInteger, size))
  }
  if (logical?.kind === 'uuid') {
    return (value, output) => output.fixed(ofSize(Buffer.from((value as string).replaceAll('-', ''), 'hex'), size))
  }
  return (value, output) => output.fixed(ofSize(value as Uint8Array, size))
}

function ofSize(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length === size) return bytes
  throw new EvaluationError(`value has ${bytes.length} bytes, and the schema takes ${size}`)
}

/** Milliseconds with a fraction of microseconds as whole units. */
function unitsOf(ms: number, perMs: number): ExactInteger {
  if (perMs === 1) return Math.floor(ms)
  const whole = Math.floor(ms)
  const micros = roundDouble((ms - whole) * 1_000)
  assert(typeof micros === 'number', 'a part of a millisecond is a small number')
  return addUnits(multiplyExact(whole, perMs), micros * (perMs / 1_000))
}

function addUnits(a: ExactInteger, b: number): ExactInteger {
  return typeof a === 'number' && Number.isSafeInteger(a + b) ? a + b : BigInt(a) + BigInt(b)
}

/** Big-endian two's complement, in the fewest bytes or in just so many. */
function unscaledBytes(units: ExactInteger, size: number | undefined): Uint8Array {
  const value = BigInt(units)
  let length = size ?? 1
  if (size === undefined) while (BigInt.asIntN(length * 8, value) !== value) length++
  else if (BigInt.asIntN(size * 8, value) !== value) throw new EvaluationError(`value does not fit ${size} bytes`)
  const bytes = new Uint8Array(length)
  let rest = value
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}
