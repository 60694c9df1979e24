// Typed rows of an ingest request → the JSON text of a record, for streams that ENCODE JSON.
//
// Numbers are written digit by digit, never through a JavaScript number: a 64-bit integer or a decimal keeps all of
// its digits.

import { unreachable } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import type { Value as WireValue } from '../proto/weir/v1/Value.ts'

/** `{"name":value,…}`; one column a value. */
export function jsonOfRow(columns: readonly string[], values: readonly WireValue[]): string {
  if (columns.length !== values.length) {
    throw new AppError('INVALID_ARGUMENT', `a row has ${values.length} values for ${columns.length} columns`)
  }
  return `{${columns.map((name, i) => `${JSON.stringify(name)}:${jsonOf(values[i] as WireValue)}`).join(',')}}`
}

function jsonOf(value: WireValue): string {
  switch (value.kind) {
    case undefined:
    case 'nullValue':
      return 'null'
    case 'boolValue':
      return String(value.boolValue)
    case 'int64Value':
      return value.int64Value as string
    case 'doubleValue':
      return jsonOfDouble(value.doubleValue as number)
    case 'decimalValue':
      return JSON.stringify(value.decimalValue)
    case 'stringValue':
      return JSON.stringify(value.stringValue)
    case 'bytesValue':
      return JSON.stringify((value.bytesValue as Buffer).toString('base64'))
    case 'timestampMicros':
      return JSON.stringify(isoOfMicros(BigInt(value.timestampMicros as string)))
    case 'dateDays':
      return JSON.stringify(new Date((value.dateDays as number) * MS_PER_DAY).toISOString().slice(0, 10))
    case 'timeMicros':
      return JSON.stringify(isoOfMicros(BigInt(value.timeMicros as string)).slice('1970-01-01T'.length, -1))
    case 'intervalMillis':
      return value.intervalMillis as string
    case 'jsonValue':
      return checkJson(value.jsonValue as string)
    case 'listValue':
      return `[${(value.listValue?.values ?? []).map(jsonOf).join(',')}]`
    case 'mapValue': {
      const entries = value.mapValue?.entries ?? []
      return `{${entries.map(({ key, value: of }) => `${jsonKey(key)}:${of === null ? 'null' : jsonOf(of)}`).join(',')}}`
    }
    case 'structValue':
      throw new AppError('NOT_SUPPORTED', 'a typed row with a STRUCT value can not be ingested', {
        hint: 'send the record as encoded JSON',
      })
    default:
      return unreachable(value.kind)
  }
}

const MS_PER_DAY = 86_400_000

function jsonOfDouble(value: number): string {
  if (Number.isFinite(value)) return JSON.stringify(value)
  throw new AppError('INVALID_ARGUMENT', 'JSON has no NaN and no infinity')
}

function jsonKey(key: WireValue | null): string {
  if (key?.kind === 'stringValue') return JSON.stringify(key.stringValue)
  if (key?.kind === 'int64Value') return JSON.stringify(key.int64Value)
  throw new AppError('INVALID_ARGUMENT', 'the keys of a JSON object are texts')
}

/** `2026-01-01T00:00:00.123456Z`; the microseconds only where there are some. */
function isoOfMicros(micros: bigint): string {
  const millis = Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n)
  const date = new Date(millis)
  if (Number.isNaN(date.getTime())) throw new AppError('INVALID_ARGUMENT', 'a timestamp is out of range')
  const rest = Number(((micros % 1000n) + 1000n) % 1000n)
  return rest === 0 ? date.toISOString() : `${date.toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** Broken JSON inside a record would break the record. */
function checkJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    throw new AppError('INVALID_ARGUMENT', 'a JSON value is not valid JSON')
  }
}
