import { EvaluationError } from '../../../core/evaluation-error.ts'
import { fromBase64 } from '../../../core/format-value.ts'
import { isJsonText, parseJsonExact, parseJsonText } from '../../../core/parse-value.ts'
import { parseTime } from '../../../core/timestamp.ts'
import { DECIMAL_PRECISION_MAX, decimal, type SqlType, STRING, typeName } from '../../../core/type.ts'
import { type ExactInteger, exact, type Value } from '../../../core/value.ts'
import { type Convert, conversion } from '../convert-value.ts'
import { timestampOf, timeValue, unscaled, variableDecimal } from '../wire-values.ts'

/**
 * Values that Debezium writes into JSON in a form that does not say what they are: times as numbers of one unit or
 * another, decimals as base64. With the schema in the record it is known; without one the options say it, or it is seen
 * from the value where it can be.
 */

/** JSON text of a value that is not null, to a value of the column. */
export type ConvertText = (json: string) => Value

export interface DebeziumOptions {
  readonly decimals: 'precise' | 'string' | 'double' | undefined
  readonly timestampUnit: 'ms' | 'us' | 'ns' | undefined
}

/** Kafka Connect's description of a field, as its JSON converter puts it into each record. */
export interface ConnectField {
  readonly name: string | undefined
  readonly parameters: Readonly<Record<string, unknown>>
}

const PER_MS = { ms: 1, us: 1_000, ns: 1_000_000 } as const

/** By a field's schema; undefined where the plain JSON is the value. */
export function convertBySchema(field: ConnectField, target: SqlType): ConvertText | undefined {
  switch (field.name) {
    case 'io.debezium.time.MicroTimestamp':
    case 'io.debezium.time.MicroTime':
      return timeFrom(target, PER_MS.us)
    case 'io.debezium.time.NanoTimestamp':
    case 'io.debezium.time.NanoTime':
      return timeFrom(target, PER_MS.ns)
    case 'io.debezium.time.ZonedTime':
      return target.kind === 'time' ? (json) => zonedTime(textOf(json)) : undefined
    case 'io.debezium.time.Date':
    case 'org.apache.kafka.connect.data.Date':
      return target.kind === 'timestamp' ? converted((json) => Number(json), { kind: 'date' }, target) : undefined
    case 'org.apache.kafka.connect.data.Decimal': {
      const scale = Number(field.parameters['scale'] ?? 0)
      if (target.kind === 'bytes' || !Number.isSafeInteger(scale) || scale < 0) return undefined
      // A scale of more digits than SQL has can only be told as text.
      if (scale > DECIMAL_PRECISION_MAX) {
        return converted((json) => variableDecimal(scale, base64Units(json)), STRING, target)
      }
      return converted(base64Units, decimal(DECIMAL_PRECISION_MAX, scale), target)
    }
    case 'io.debezium.data.VariableScaleDecimal':
      return target.kind === 'struct' || target.kind === 'json' ? undefined : converted(variableText, STRING, target)
    case 'io.debezium.data.Json':
      return target.kind === 'json' ? innerJson : undefined
    default:
      return undefined
  }
}

/** Without a schema; undefined where the plain JSON is the value. */
export function convertWithoutSchema(options: DebeziumOptions, target: SqlType): ConvertText | undefined {
  switch (target.kind) {
    case 'timestamp': {
      const perMs = options.timestampUnit && PER_MS[options.timestampUnit]
      return (json) => {
        if (isText(json)) return timestampOf(textOf(json))
        const units = integerOf(json, target)
        return timeValue(units, perMs ?? guessPerMs(units))
      }
    }
    case 'time': {
      const perMs = PER_MS[options.timestampUnit ?? 'us']
      return (json) => (isText(json) ? zonedTime(textOf(json)) : timeValue(integerOf(json, target), perMs))
    }
    case 'decimal':
      return (json) => decimalWithoutSchema(json, options.decimals, target)
    case 'json':
      return innerJson
    default:
      return undefined
  }
}

/**
 * A time since 1970 is of the unit that puts it between 1973 and 5138: the ranges of milli-, micro- and nanoseconds do
 * not meet there.
 */
function guessPerMs(units: ExactInteger): number {
  const magnitude = Math.abs(Number(units))
  if (magnitude < 1e14) return PER_MS.ms
  return magnitude < 1e17 ? PER_MS.us : PER_MS.ns
}

function timeFrom(target: SqlType, perMs: number): ConvertText | undefined {
  if (target.kind === 'timestamp' || target.kind === 'time') return (json) => timeValue(integerOf(json, target), perMs)
  if (target.kind !== 'date') return undefined
  return converted((json) => timeValue(integerOf(json, target), perMs), { kind: 'timestamp' }, target)
}

function decimalWithoutSchema(
  json: string,
  mode: DebeziumOptions['decimals'],
  target: Extract<SqlType, { kind: 'decimal' }>,
): Value {
  if (json.startsWith('{')) return toTarget(variableText(json), STRING, target)
  if (!isText(json) || mode === 'string') return parseJsonText(target, json)
  const text = textOf(json)
  if (mode === undefined) {
    // What a text of digits alone is, a number or four letters of base64, can't be seen; a point can.
    if (/^[+-]?\d*\.\d+$/.test(text) || text.startsWith('-')) return parseJsonText(target, json)
    if (/^\d+$/.test(text)) {
      throw new EvaluationError(`the text may be a number or base64: set "decimal.handling.mode"`)
    }
  }
  return toTarget(base64Units(json), decimal(DECIMAL_PRECISION_MAX, target.scale), target)
}

function converted(read: (json: string) => Value, from: SqlType, target: SqlType): ConvertText {
  const convert: Convert | undefined = conversion(from, target)
  return convert === undefined ? read : (json) => convert(read(json))
}

function toTarget(value: Value, from: SqlType, target: SqlType): Value {
  const convert = conversion(from, target)
  return convert === undefined ? value : convert(value)
}

function isText(json: string): boolean {
  return json.startsWith('"')
}

function textOf(json: string): string {
  const value: unknown = JSON.parse(json)
  if (typeof value === 'string') return value
  throw new EvaluationError('expected a text')
}

function integerOf(json: string, target: SqlType): ExactInteger {
  if (/^-?\d{1,19}$/.test(json)) return json.length <= 15 ? Number(json) : exact(BigInt(json))
  throw new EvaluationError(`JSON value is no valid ${typeName(target)}`)
}

function base64Units(json: string): ExactInteger {
  const bytes = isText(json) ? fromBase64(textOf(json)) : undefined
  if (bytes === undefined || bytes.length > UNSCALED_BYTES_MAX)
    throw new EvaluationError('expected a decimal in base64')
  return unscaled(bytes)
}

/** 2^512 has more digits than any database's decimal that could be read here. */
const UNSCALED_BYTES_MAX = 64

function variableText(json: string): string {
  const { scale, value } = (parseJsonExact(json) ?? {}) as { readonly scale?: unknown; readonly value?: unknown }
  if (!Number.isSafeInteger(scale) || typeof value !== 'string') throw new EvaluationError('expected scale and value')
  return variableDecimal(scale as number, base64Units(JSON.stringify(value)))
}

/** A JSON column of a database comes as a text with JSON in it. */
function innerJson(json: string): Value {
  if (!isText(json)) return json
  const text = textOf(json)
  return isJsonText(text) ? text : json
}

/** Debezium's times with a zone are UTC. */
function zonedTime(text: string): number {
  const time = parseTime(text.replace(/(Z|\+00:?00)$/, ''))
  if (time !== undefined) return time
  throw new EvaluationError('text is no valid TIME')
}
