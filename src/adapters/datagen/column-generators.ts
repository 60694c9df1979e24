import { AppError } from '../../core/errors.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { parseValue } from '../../core/parse-value.ts'
import { MS_PER_DAY } from '../../core/timestamp.ts'
import { type SqlType, typeName } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'
import { invalid, optionNumber } from './datagen-options.ts'
import { columnSeed, hash, pick, uniform } from './random.ts'

/**
 * What a column holds: `fields.<column>.kind` and its options.
 *
 * | kind       | gives                                                                                          |
 * |------------|------------------------------------------------------------------------------------------------|
 * | `sequence` | `start` (0), then `step` (1) more with each row; from `end` on it begins again                  |
 * | `random`   | a number from `min` (0) to `max` (1000), both included; any other type as the default below      |
 * | `choice`   | one of `values` (comma-separated), in proportion to `weights` where given                       |
 * | `string`   | `prefix` and `length` (8) letters; at most `cardinality` different ones                         |
 * | `uuid`     | the text of a version-4 UUID; at most `cardinality` different ones                              |
 * | `constant` | `value`                                                                                        |
 * | `time`     | the row's event time; also called `event-time`                                                 |
 *
 * Without a kind: `time` for TIMESTAMP, DATE and TIME, `string` for STRING, `choice` where there are `values`, else
 * `random`. `distribution` = `zipf` makes the first ones the more likely. `null-rate`: that share of rows is NULL.
 */
export type ColumnGenerator = (row: number, eventTimeMs: number) => Value

interface ColumnOptions {
  readonly name: string
  readonly type: SqlType
  readonly options: Readonly<Record<string, string>>
  readonly seed: number
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const INTEGER_MAX = 1000
const STRING_LENGTH = 8

export function columnGenerator(
  name: string,
  type: SqlType,
  options: Readonly<Record<string, string>>,
  seed: number,
): ColumnGenerator {
  const column = { name, type, options, seed: columnSeed(seed, name) }
  const generate = generatorOf(column)
  const nullRate = number(column, 'null-rate') ?? 0
  if (nullRate <= 0) return generate
  const nullSeed = hash(column.seed, 1)
  return (row, time) => (uniform(nullSeed, row) < nullRate ? null : generate(row, time))
}

function generatorOf(column: ColumnOptions): ColumnGenerator {
  const kind = option(column, 'kind') ?? defaultKind(column)
  switch (kind) {
    case 'sequence':
      return sequence(column)
    case 'random':
      return random(column)
    case 'choice':
      return choice(column)
    case 'string':
      return text(column)
    case 'uuid':
      return uuid(column)
    case 'constant': {
      const value = parsed(column, option(column, 'value') ?? '')
      return () => value
    }
    case 'time':
    case 'event-time':
      return time(column)
    default:
      throw invalid(`fields.${column.name}.kind`, 'one of sequence, random, choice, string, uuid, constant, time')
  }
}

function defaultKind(column: ColumnOptions): string {
  if (option(column, 'values') !== undefined) return 'choice'
  const { kind } = column.type
  if (kind === 'timestamp' || kind === 'date' || kind === 'time') return 'time'
  return kind === 'string' ? 'string' : 'random'
}

/** Numbers are made in units of the type: 10^-scale for decimals, 1 for the others. */
function unitsPerOne(column: ColumnOptions): number {
  return column.type.kind === 'decimal' ? 10 ** column.type.scale : 1
}

function units(column: ColumnOptions, name: string, otherwise: number): number {
  const value = Math.round((number(column, name) ?? otherwise) * unitsPerOne(column))
  if (!Number.isSafeInteger(value)) throw invalid(`fields.${column.name}.${name}`, 'a number of at most 15 digits')
  return value
}

function sequence(column: ColumnOptions): ColumnGenerator {
  const start = units(column, 'start', number(column, 'min') ?? 0)
  const step = units(column, 'step', 1)
  const end = option(column, 'end') ?? option(column, 'max')
  const last = end === undefined ? undefined : Math.round(Number(end) * unitsPerOne(column))
  const count = last === undefined || step === 0 ? Number.MAX_SAFE_INTEGER : Math.floor((last - start) / step) + 1
  if (!(count >= 1)) throw invalid(`fields.${column.name}.end`, 'a number that is reached from the start')
  const convert = numberTo(column)
  return (row) => convert(start + (row % count) * step)
}

function random(column: ColumnOptions): ColumnGenerator {
  const { seed, type } = column
  switch (type.kind) {
    case 'boolean': {
      return (row) => (hash(seed, row) & 1) === 1
    }
    case 'double': {
      const min = number(column, 'min') ?? 0
      const max = number(column, 'max') ?? 1
      return (row) => min + uniform(seed, row) * (max - min)
    }
    case 'int':
    case 'bigint':
    case 'decimal': {
      const min = units(column, 'min', 0)
      const max = units(column, 'max', INTEGER_MAX)
      if (max < min) throw invalid(`fields.${column.name}.max`, 'a number not below min')
      const zipf = isZipf(column)
      return (row) => min + pick(uniform(seed, row), max - min + 1, zipf)
    }
    case 'string':
      return numbered(column, 'min', 'max') ? randomNumberText(column) : text(column)
    case 'bytes': {
      const make = text(column)
      return (row, eventTime) => Buffer.from(make(row, eventTime) as string)
    }
    case 'timestamp':
    case 'date':
    case 'time':
      return time(column)
    default:
      throw new AppError(
        'NOT_SUPPORTED',
        `connector "datagen" can't make ${typeName(type)} (column "${column.name}")`,
        {
          hint: "Give the column the kind 'constant' or 'choice', or compute it from others.",
        },
      )
  }
}

function randomNumberText(column: ColumnOptions): ColumnGenerator {
  const make = random({ ...column, type: { kind: 'bigint' } })
  const prefix = option(column, 'prefix') ?? ''
  return (row, eventTime) => `${prefix}${make(row, eventTime)}`
}

function choice(column: ColumnOptions): ColumnGenerator {
  const { seed } = column
  const values = (option(column, 'values') ?? '').split(',').map((value) => parsed(column, value.trim()))
  const weights = option(column, 'weights')?.split(',').map(Number)
  if (weights === undefined) {
    const zipf = isZipf(column)
    return (row) => values[pick(uniform(seed, row), values.length, zipf)] as Value
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (weights.length !== values.length || !weights.every((weight) => weight >= 0) || !(total > 0)) {
    throw invalid(`fields.${column.name}.weights`, 'a list of numbers from 0, one a value')
  }
  let sum = 0
  const bounds = weights.map((weight) => (sum += weight) / total)
  return (row) => {
    const unit = uniform(seed, row)
    const index = bounds.findIndex((bound) => unit < bound)
    return values[index < 0 ? values.length - 1 : index] as Value
  }
}

function text(column: ColumnOptions): ColumnGenerator {
  const length = number(column, 'length') ?? STRING_LENGTH
  const prefix = option(column, 'prefix') ?? ''
  const identity = identityOf(column)
  return (row) => {
    const id = identity(row)
    let out = prefix
    for (let i = 0, h = 0; i < length; i++, h = Math.floor(h / LETTERS.length)) {
      // One hash holds six letters.
      if (i % 6 === 0) h = hash(column.seed ^ Math.imul(i + 1, 0x27d4eb2f), id)
      out += LETTERS[h % LETTERS.length]
    }
    return out
  }
}

function uuid(column: ColumnOptions): ColumnGenerator {
  const identity = identityOf(column)
  return (row) => {
    const id = identity(row)
    const hex = [1, 2, 3, 4].map((part) =>
      hash(column.seed ^ Math.imul(part, 0x27d4eb2f), id)
        .toString(16)
        .padStart(8, '0'),
    )
    const all = hex.join('')
    const variant = '89ab'[Number.parseInt(all[16] as string, 16) & 3]
    return `${all.slice(0, 8)}-${all.slice(8, 12)}-4${all.slice(13, 16)}-${variant}${all.slice(17, 20)}-${all.slice(20)}`
  }
}

/** The number that a text is made from: the row, or one of `cardinality`. */
function identityOf(column: ColumnOptions): (row: number) => number {
  const cardinality = number(column, 'cardinality')
  if (cardinality === undefined) return (row) => row
  const zipf = isZipf(column)
  const seed = hash(column.seed, 2)
  return (row) => pick(uniform(seed, row), cardinality, zipf)
}

function time(column: ColumnOptions): ColumnGenerator {
  switch (column.type.kind) {
    case 'date':
      return (_row, eventTimeMs) => Math.floor(eventTimeMs / MS_PER_DAY)
    case 'time':
      return (_row, eventTimeMs) => eventTimeMs - Math.floor(eventTimeMs / MS_PER_DAY) * MS_PER_DAY
    case 'timestamp':
    case 'bigint':
      return (_row, eventTimeMs) => eventTimeMs
    default:
      throw invalid(`fields.${column.name}.kind`, 'time only for TIMESTAMP, DATE, TIME and BIGINT')
  }
}

function numberTo(column: ColumnOptions): (value: number) => Value {
  const { type } = column
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'double':
    case 'timestamp':
    case 'date':
      return (value) => value
    case 'string': {
      const prefix = option(column, 'prefix') ?? ''
      return (value) => `${prefix}${value}`
    }
    default:
      throw invalid(`fields.${column.name}.kind`, `not sequence for ${typeName(type)}`)
  }
}

function isZipf(column: ColumnOptions): boolean {
  const distribution = option(column, 'distribution') ?? 'uniform'
  if (distribution === 'zipf') return true
  if (distribution === 'uniform') return false
  throw invalid(`fields.${column.name}.distribution`, 'uniform or zipf')
}

function parsed(column: ColumnOptions, value: string): Value {
  try {
    return parseValue(column.type, value)
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    throw invalid(`fields.${column.name}`, `of type ${typeName(column.type)}`)
  }
}

function numbered(column: ColumnOptions, ...names: readonly string[]): boolean {
  return names.some((name) => option(column, name) !== undefined)
}

function option(column: ColumnOptions, name: string): string | undefined {
  return column.options[`fields.${column.name}.${name}`]
}

function number(column: ColumnOptions, name: string): number | undefined {
  return optionNumber(column.options, `fields.${column.name}.${name}`)
}
