// SQL values ↔ JavaScript values. Nothing is rounded:
//
// BOOLEAN boolean · INT number · BIGINT bigint · DOUBLE number · DECIMAL string · STRING string · BYTES Uint8Array
// DATE 'YYYY-MM-DD' · TIME 'HH:MM:SS.ffffff' · TIMESTAMP Date (milliseconds), or bigint (microseconds) if asked for
// INTERVAL number (milliseconds) · JSON string (the text) · ARRAY array · MAP Map · STRUCT object · NULL null

import type { Schema as WireSchema } from './proto/weir/v1/Schema.ts'
import type { Type as WireType } from './proto/weir/v1/Type.ts'
import type { ValueInput, Value as WireValue } from './proto/weir/v1/Value.ts'

export type SqlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | readonly SqlValue[]
  | ReadonlyMap<SqlValue, SqlValue>
  | { readonly [field: string]: SqlValue }

/** One row, by column name. */
export type RowObject = Readonly<Record<string, SqlValue>>

/** `date`: milliseconds, as a Date. `micros`: exact microseconds since the epoch, as a bigint. */
export type TimestampMode = 'date' | 'micros'

export interface Column {
  readonly name: string
  /** As SQL writes it: `DECIMAL(12, 2)`. */
  readonly type: string
  readonly nullable: boolean
}

export interface Schema {
  readonly columns: readonly Column[]
  /** Names of the columns that identify a row; empty when rows have no key. */
  readonly key: readonly string[]
  /** Name of the event-time column. */
  readonly time: string | undefined
  readonly mode: 'append' | 'upsert' | 'retract'
}

const MODES = {
  CHANGELOG_MODE_UNSPECIFIED: 'append',
  CHANGELOG_MODE_APPEND: 'append',
  CHANGELOG_MODE_UPSERT: 'upsert',
  CHANGELOG_MODE_RETRACT: 'retract',
} as const

export function readSchema(wire: WireSchema): Schema {
  const columns = wire.columns.map(({ name, type, nullable }) => ({ name, type: type?.sql ?? '', nullable }))
  const nameAt = (index: number) => columns[index]?.name ?? ''
  const time = wire.timeColumn === undefined ? undefined : nameAt(wire.timeColumn)
  return { columns, key: wire.keyColumns.map(nameAt), time, mode: MODES[wire.changelogMode] }
}

type Read = (value: WireValue) => SqlValue

/** Reads the rows of one schema; what a column needs is decided once. */
export function rowReader(schema: WireSchema, timestamps: TimestampMode): (row: { values: WireValue[] }) => RowObject {
  const columns = schema.columns.map(({ name, type }) => ({ name, read: reader(type, timestamps) }))
  return ({ values }) => {
    const row: Record<string, SqlValue> = Object.create(null)
    for (let i = 0; i < columns.length; i++) {
      const { name, read } = columns[i] as { name: string; read: Read }
      row[name] = readOrNull(values[i], read)
    }
    return row
  }
}

function readOrNull(value: WireValue | null | undefined, read: Read): SqlValue {
  return value == null || value.kind === undefined || value.kind === 'nullValue' ? null : read(value)
}

function reader(type: WireType | null, timestamps: TimestampMode): Read {
  switch (type?.kind) {
    case 'KIND_BOOLEAN':
      return (value) => value.boolValue as boolean
    case 'KIND_INT':
      return (value) => Number(value.int64Value)
    case 'KIND_BIGINT':
      return (value) => BigInt(value.int64Value as string)
    case 'KIND_DOUBLE':
      return (value) => value.doubleValue as number
    case 'KIND_DECIMAL':
      return (value) => value.decimalValue as string
    case 'KIND_STRING':
      return (value) => value.stringValue as string
    case 'KIND_BYTES':
      return (value) => new Uint8Array(value.bytesValue as Buffer)
    case 'KIND_DATE':
      return (value) => new Date((value.dateDays as number) * 86_400_000).toISOString().slice(0, 10)
    case 'KIND_TIME':
      return (value) => timeText(Number(value.timeMicros))
    case 'KIND_TIMESTAMP':
      return timestamps === 'micros'
        ? (value) => BigInt(value.timestampMicros as string)
        : (value) => dateOfMicros(value.timestampMicros as string)
    case 'KIND_INTERVAL':
      return (value) => Number(value.intervalMillis)
    case 'KIND_JSON':
      return (value) => value.jsonValue as string
    case 'KIND_ARRAY': {
      const element = reader(type.element ?? null, timestamps)
      return (value) => (value.listValue?.values ?? []).map((item) => readOrNull(item, element))
    }
    case 'KIND_MAP': {
      const key = reader(type.key ?? null, timestamps)
      const element = reader(type.element ?? null, timestamps)
      return (value) =>
        new Map(value.mapValue?.entries.map((entry) => [readOrNull(entry.key, key), readOrNull(entry.value, element)]))
    }
    case 'KIND_STRUCT': {
      const fields = type.fields.map((field) => ({ name: field.name, read: reader(field.type, timestamps) }))
      return (value) => {
        const values = value.structValue?.values ?? []
        return Object.fromEntries(fields.map(({ name, read }, i) => [name, readOrNull(values[i], read)]))
      }
    }
    default:
      // A type of a newer server: better a text than nothing.
      return (value) => (value.kind === undefined ? null : String(value[value.kind]))
  }
}

/** Milliseconds, rounded down: a time never moves into the next millisecond. */
export function dateOfMicros(micros: string | bigint): Date {
  const whole = BigInt(micros)
  const rest = ((whole % 1000n) + 1000n) % 1000n
  return new Date(Number((whole - rest) / 1000n))
}

function timeText(micros: number): string {
  const text = new Date(Math.floor(micros / 1000)).toISOString().slice(11, 23)
  const rest = micros % 1000
  return rest === 0 ? text : text + String(rest).padStart(3, '0')
}

/** A DECIMAL as a parameter: a plain string would be a STRING. */
export class Decimal {
  readonly text: string

  constructor(text: string) {
    if (!/^-?\d{1,38}(\.\d{1,38})?$/.test(text)) throw new TypeError(`not a decimal: ${JSON.stringify(text)}`)
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What may be given for $1, $2, …: an integer number or bigint is an integer, another number a DOUBLE. */
export type Parameter = null | boolean | number | bigint | string | Date | Uint8Array | Decimal | readonly Parameter[]

export function writeParameter(value: Parameter): ValueInput {
  if (value === null) return { nullValue: 'NULL_VALUE' }
  if (value instanceof Date) return { timestampMicros: (BigInt(value.getTime()) * 1000n).toString() }
  if (value instanceof Uint8Array) return { bytesValue: value }
  if (value instanceof Decimal) return { decimalValue: value.text }
  if (Array.isArray(value)) return { listValue: { values: value.map(writeParameter) } }
  switch (typeof value) {
    case 'boolean':
      return { boolValue: value }
    case 'bigint':
      return { int64Value: value.toString() }
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? { int64Value: value } : { doubleValue: value }
    case 'string':
      return { stringValue: value }
    default:
      throw new TypeError(`can't send a ${typeof value} as a parameter`)
  }
}
