// How names, values and comments stand in a script for Flink. Text of a user goes into one through these functions
// alone: a name is quoted, a value is escaped, and neither has a control character in it, so that a line of the script
// that ends with a semicolon ends a statement.

import { fromBase64 } from '../../core/format-value.ts'
import type { LiteralJson } from '../../core/literal.ts'
import type { DurationMs } from '../../core/time.ts'
import { formatDate, formatTime, formatTimestamp } from '../../core/timestamp.ts'
import type { SqlType } from '../../core/type.ts'
import { Gap } from './gap.ts'

/** A piece of SQL; `atom`: it may stand beside an operator without parentheses. */
export interface Sql {
  readonly text: string
  readonly atom: boolean
}

export function atom(text: string): Sql {
  return { text, atom: true }
}

export function composite(text: string): Sql {
  return { text, atom: false }
}

/** As an operand. */
export function operand({ text, atom }: Sql): string {
  return atom ? text : `(${text})`
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

export function quoteName(name: string): string {
  if (CONTROL.test(name))
    throw new Gap('a name with a control character in it', { hint: 'Flink has no way to write it.' })
  return `\`${name.replaceAll('`', '``')}\``
}

/** With what is no plain character as U&'\000a', Flink's own escape. */
export function quoteText(text: string): string {
  const quoted = text.replaceAll("'", "''")
  if (!CONTROL.test(text)) return `'${quoted}'`
  const escaped = quoted.replaceAll('\\', '\\\\').replaceAll(new RegExp(CONTROL.source, 'g'), (one) => {
    return `\\${one.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `U&'${escaped}'`
}

/** One line of comment. */
export function comment(text: string): string {
  return `-- ${text.replaceAll(new RegExp(CONTROL.source, 'g'), ' ')}`
}

const INTERVAL_UNITS = [
  ['DAY', 86_400_000],
  ['HOUR', 3_600_000],
  ['MINUTE', 60_000],
  ['SECOND', 1000],
] as const

/** Digits in front that Flink takes without being told how many there are. */
const INTERVAL_DIGITS = 2

export function intervalText(ms: DurationMs): string {
  const sign = ms < 0 ? '-' : ''
  const length = Math.abs(ms)
  for (const [unit, unitMs] of INTERVAL_UNITS) {
    if (length % unitMs !== 0 || length / unitMs >= 10 ** INTERVAL_DIGITS) continue
    return `INTERVAL '${sign}${length / unitMs}' ${unit}`
  }
  const pad = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, '0')
  const seconds = `${pad((length / 1000) % 60)}.${pad(length % 1000, 3)}`
  if (length < 60_000) return `INTERVAL '${sign}${seconds.replace(/^0/, '')}' SECOND(2, 3)`
  const days = String(Math.floor(length / 86_400_000))
  const precision = days.length > INTERVAL_DIGITS ? `(${days.length})` : ''
  const clock = `${pad((length / 3_600_000) % 24)}:${pad((length / 60_000) % 60)}:${seconds}`
  return `INTERVAL '${sign}${days} ${clock}' DAY${precision} TO SECOND(3)`
}

/** A constant of a plan. NULL has its type, since Flink has to know one. */
export function literalSql(value: LiteralJson, type: SqlType, typeText: () => string): Sql {
  if (value === null) return type.kind === 'null' ? atom('NULL') : atom(`CAST(NULL AS ${typeText()})`)
  switch (type.kind) {
    case 'boolean':
      return atom(value === true ? 'TRUE' : 'FALSE')
    case 'string':
    case 'json':
      return atom(quoteText(String(value)))
    case 'interval':
      return atom(intervalText(Number(value)))
    case 'timestamp':
      return atom(`TIMESTAMP '${formatTimestamp(Number(value))}'`)
    case 'date':
      return atom(`DATE '${formatDate(Number(value))}'`)
    case 'time':
      return atom(`TIME '${formatTime(Number(value))}'`)
    case 'int':
    case 'bigint':
      return signed(integerText(value))
    case 'decimal':
      return signed(decimalText(integerText(value), type.scale))
    case 'double':
      return doubleSql(value)
    case 'bytes':
      return bytesSql(value)
    default:
      throw new Gap(`a constant of type ${type.kind.toUpperCase()}`)
  }
}

/** A negative number beside a sign would begin a comment. */
function signed(text: string): Sql {
  return text.startsWith('-') ? composite(text) : atom(text)
}

function integerText(value: LiteralJson): string {
  return typeof value === 'object' && value !== null && '$integer' in value ? value.$integer : String(value)
}

function decimalText(units: string, scale: number): string {
  if (scale === 0) return units
  const sign = units.startsWith('-') ? '-' : ''
  const digits = units.replace('-', '').padStart(scale + 1, '0')
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** With an exponent: without one it would be a decimal. */
function doubleSql(value: LiteralJson): Sql {
  if (typeof value !== 'number') throw new Gap('a number that is infinite or none')
  const text = String(value)
  return signed(text.includes('e') ? text.toUpperCase().replace('E+', 'E') : `${text}E0`)
}

function bytesSql(value: LiteralJson): Sql {
  const bytes = typeof value === 'object' && value !== null && '$bytes' in value ? fromBase64(value.$bytes) : undefined
  if (bytes === undefined) throw new Gap('a constant of type BYTES')
  return atom(`X'${Array.from(bytes, (one) => one.toString(16).padStart(2, '0')).join('')}'`)
}
