// Scalar functions and operators by their ids in plans, as Flink 1.20 has them. Only what gives the same results stands
// here: a function that is missing ends the export with its name, which is better than another result.

import type { SqlType } from '../../core/type.ts'
import type { CallExpression, Expression } from '../physical/expression.ts'
import { adjustedProduct, adjustedQuotient } from './decimals.ts'
import { Gap } from './gap.ts'
import { atom, composite, intervalText, operand, quoteText, type Sql } from './text.ts'
import { flinkType } from './types.ts'

export type WriteCall = (args: readonly Sql[], call: CallExpression, render: (one: Expression) => Sql) => Sql

function infix(sign: string): WriteCall {
  return (args) => composite(args.map(operand).join(` ${sign} `))
}

function named(name: string): WriteCall {
  return (args) => atom(`${name}(${args.map(({ text }) => text).join(', ')})`)
}

/** Where Flink's function has another type than Weir's. */
function typed(write: WriteCall): WriteCall {
  return (args, call, render) => castTo(write(args, call, render), call.type)
}

function castTo(sql: Sql, type: SqlType): Sql {
  return atom(`CAST(${sql.text} AS ${flinkType(type)})`)
}

/** Of BIGINT arguments that Flink takes as INT. */
function integer(sql: Sql, argument: Expression | undefined): string {
  return argument?.kind === 'literal' ? sql.text : `CAST(${sql.text} AS INT)`
}

function decimals(derived: typeof adjustedProduct, sign: string): WriteCall {
  return (args, call, render) => {
    const [a, b] = call.arguments.map(({ type }) => type)
    const sql = infix(sign)(args, call, render)
    const { type } = call
    if (a?.kind !== 'decimal' || b?.kind !== 'decimal' || type.kind !== 'decimal') return sql
    const flink = derived(a, b)
    return flink.precision === type.precision && flink.scale === type.scale ? sql : castTo(sql, type)
  }
}

function constant({ arguments: args, function: id }: CallExpression, index: number): string | number {
  const one = args[index]
  if (one?.kind === 'literal' && (typeof one.value === 'string' || typeof one.value === 'number')) return one.value
  throw new Gap(`function "${id}" with an argument that is no constant`)
}

/** As text of Flink; only units that both count alike. */
function unit(call: CallExpression, allowed: readonly string[]): string {
  const name = String(constant(call, 0))
  if (allowed.includes(name)) return name.toUpperCase()
  throw new Gap(`function "${call.function}" with the unit ${name.toUpperCase()}`)
}

const PARTS = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second', 'doy']
const LENGTHS = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second']
const TRUNCATED = ['year', 'quarter', 'month', 'day', 'hour', 'minute', 'second']

/** `a + INTERVAL '5' SECOND`, for constants: Flink has no columns of intervals. */
function withInterval(sign: string): WriteCall {
  return ([left], call) => {
    const interval = call.arguments[1]
    if (left === undefined || interval?.kind !== 'literal' || typeof interval.value !== 'number') {
      throw new Gap('an INTERVAL that is no constant', { hint: 'Write timestampadd(SECOND, n, ts).' })
    }
    return composite(`${operand(left)} ${sign} ${intervalText(interval.value)}`)
  }
}

function months([left]: readonly Sql[], call: CallExpression): Sql {
  const count = Number(constant(call, 1))
  const digits = String(Math.abs(count)).length
  const precision = digits > 2 ? `(${digits})` : ''
  return composite(`${operand(left as Sql)} ${count < 0 ? '-' : '+'} INTERVAL '${Math.abs(count)}' MONTH${precision}`)
}

/** A name that JSONPath has in brackets and single quotes. */
function member(key: string | number): string {
  return typeof key === 'number' ? `[${key}]` : `['${key.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`
}

/** `payload -> 'a' ->> 'b'` as one path into `payload`. */
function jsonPath(name: string): WriteCall {
  return (_, call, render) => {
    let path = ''
    let root: Expression = call
    while (root.kind === 'call' && (root.function === 'json_get' || root.function === 'json_get_text')) {
      path = `${member(constant(root, 1))}${path}`
      root = root.arguments[0] as Expression
    }
    return atom(`${name}(${render(root).text}, ${quoteText(`$${path}`)})`)
  }
}

function path(name: string): WriteCall {
  return ([json], call) => {
    const text = constant(call, 1)
    return atom(`${name}(${(json as Sql).text}, ${quoteText(String(text))})`)
  }
}

/** Takes the place of the backslash, which Flink can't be told to escape by. */
const ESCAPE = '~'

function like(word: string): WriteCall {
  return ([text], call) => {
    const mark = call.arguments.length > 2 ? String(constant(call, 2)) : '\\'
    const pattern = escapedBy(String(constant(call, 1)), mark)
    const by = pattern.includes(ESCAPE) ? ` ESCAPE '${ESCAPE}'` : ''
    return composite(`${operand(text as Sql)} ${word} ${quoteText(pattern)}${by}`)
  }
}

/** The same pattern with `ESCAPE` in front of what stands for itself. */
function escapedBy(pattern: string, mark: string): string {
  let escaped = ''
  let isLiteral = false
  for (const one of pattern) {
    if (one === mark && !isLiteral) isLiteral = true
    else {
      const isSpecial = one === ESCAPE || (isLiteral && (one === '%' || one === '_'))
      escaped += isSpecial ? `${ESCAPE}${one}` : one
      isLiteral = false
    }
  }
  return escaped
}

function one(write: (arg: string) => string): WriteCall {
  return ([arg, ...more], call) => {
    if (more.length > 0) throw new Gap(`function "${call.function}" with ${more.length + 1} arguments`)
    return atom(write((arg as Sql).text))
  }
}

function prefixLength(name: 'LEFT' | 'RIGHT'): WriteCall {
  return ([text], call) => {
    const length = Number(constant(call, 1))
    if (length < 0) throw new Gap(`function "${call.function}" with a negative length`)
    return atom(`${name}(${(text as Sql).text}, ${length})`)
  }
}

const SAME_NAME = [
  ...['upper', 'lower', 'initcap', 'concat', 'concat_ws', 'replace', 'reverse', 'ascii', 'md5', 'sha1', 'sha256'],
  ...['sha512', 'abs', 'sqrt', 'exp', 'ln', 'log2', 'log10', 'sin', 'cos', 'tan', 'cot', 'asin', 'acos', 'atan'],
  ...['sinh', 'cosh', 'tanh', 'radians', 'degrees', 'power', 'atan2', 'pi', 'coalesce', 'nullif', 'to_date'],
  ...['to_timestamp', 'from_unixtime', 'date_format', 'cardinality', 'array_contains', 'array_position'],
  ...[
    'array_append',
    'array_prepend',
    'array_remove',
    'array_concat',
    'array_distinct',
    'array_reverse',
    'array_union',
  ],
  ...['array_max', 'map_keys', 'map_values', 'map_from_arrays', 'element'],
]

export const FUNCTIONS: Readonly<Record<string, WriteCall>> = {
  ...Object.fromEntries(SAME_NAME.map((id) => [id, named(id.toUpperCase())])),
  add: infix('+'),
  subtract: infix('-'),
  multiply: decimals(adjustedProduct, '*'),
  divide: decimals(adjustedQuotient, '/'),
  modulo: named('MOD'),
  negate: ([arg]) => composite(`-${operand(arg as Sql)}`),
  equal: infix('='),
  not_equal: infix('<>'),
  less: infix('<'),
  less_equal: infix('<='),
  greater: infix('>'),
  greater_equal: infix('>='),
  is_distinct: infix('IS DISTINCT FROM'),
  is_not_distinct: infix('IS NOT DISTINCT FROM'),
  in: ([left, ...list]) => composite(`${operand(left as Sql)} IN (${list.map(({ text }) => text).join(', ')})`),
  like: like('LIKE'),
  not_like: like('NOT LIKE'),
  timestamp_add: withInterval('+'),
  timestamp_subtract: withInterval('-'),
  timestamp_add_months: months,
  date_add: (args, call, render) =>
    call.type.kind === 'date'
      ? castTo(atom(`TIMESTAMPADD(DAY, ${args[1]?.text}, ${args[0]?.text})`), call.type)
      : withInterval('+')(args, call, render),
  date_subtract: ([date, days], { type }) => castTo(atom(`TIMESTAMPADD(DAY, -(${days?.text}), ${date?.text})`), type),
  date_diff: ([a, b]) => atom(`TIMESTAMPDIFF(DAY, ${b?.text}, ${a?.text})`),
  timestampadd: ([, n, ts], call) =>
    castTo(
      atom(`TIMESTAMPADD(${unit(call, LENGTHS)}, ${integer(n as Sql, call.arguments[1])}, ${ts?.text})`),
      call.type,
    ),
  timestampdiff: typed(([, a, b], call) => atom(`TIMESTAMPDIFF(${unit(call, LENGTHS)}, ${a?.text}, ${b?.text})`)),
  extract: ([, ts], call) =>
    // Sunday is 1 in Flink and 0 in Weir.
    call.arguments[0]?.kind === 'literal' && call.arguments[0].value === 'dow'
      ? composite(`EXTRACT(DOW FROM ${ts?.text}) - 1`)
      : atom(`EXTRACT(${unit(call, PARTS)} FROM ${ts?.text})`),
  date_trunc: typed(([, ts], call) => atom(`FLOOR(${ts?.text} TO ${unit(call, TRUNCATED)})`)),
  to_timestamp_ms: typed(one((ms) => `TO_TIMESTAMP_LTZ(${ms}, 3)`)),
  to_timestamp_ltz: typed(([n], call) => {
    const digits = constant(call, 1)
    if (digits !== 0 && digits !== 3) throw new Gap(`function "to_timestamp_ltz" with the precision ${digits}`)
    return atom(`TO_TIMESTAMP_LTZ(${n?.text}, ${digits})`)
  }),
  now: typed(() => atom('CURRENT_TIMESTAMP')),
  trim: one((text) => `TRIM(${text})`),
  ltrim: one((text) => `LTRIM(${text})`),
  rtrim: one((text) => `RTRIM(${text})`),
  length: ([text], call) => {
    if (call.arguments[0]?.type.kind !== 'string') throw new Gap('function "length" of BYTES')
    return atom(`CHAR_LENGTH(${text?.text})`)
  },
  substring: ([text, from, count], { arguments: args }) => {
    const rest = [integer(from as Sql, args[1]), ...(count === undefined ? [] : [integer(count, args[2])])]
    return atom(`SUBSTRING(${text?.text}, ${rest.join(', ')})`)
  },
  left: prefixLength('LEFT'),
  right: prefixLength('RIGHT'),
  lpad: ([text, n, pad], { arguments: args }) =>
    atom(`LPAD(${text?.text}, ${integer(n as Sql, args[1])}, ${pad?.text ?? "' '"})`),
  rpad: ([text, n, pad], { arguments: args }) =>
    atom(`RPAD(${text?.text}, ${integer(n as Sql, args[1])}, ${pad?.text ?? "' '"})`),
  repeat: ([text, n], { arguments: args }) => atom(`REPEAT(${text?.text}, ${integer(n as Sql, args[1])})`),
  position: ([part, text]) => atom(`POSITION(${part?.text} IN ${text?.text})`),
  strpos: ([text, part]) => atom(`POSITION(${part?.text} IN ${text?.text})`),
  starts_with: ([text, part]) => composite(`POSITION(${part?.text} IN ${text?.text}) = 1`),
  contains: ([text, part]) => composite(`POSITION(${part?.text} IN ${text?.text}) > 0`),
  ends_with: ([text, part]) => composite(`RIGHT(${text?.text}, CHAR_LENGTH(${part?.text})) = ${operand(part as Sql)}`),
  ceil: typed(named('CEIL')),
  floor: typed(named('FLOOR')),
  round: typed(named('ROUND')),
  trunc: typed(named('TRUNCATE')),
  sign: typed(named('SIGN')),
  log: (args, call, render) => named(args.length === 1 ? 'LOG10' : 'LOG')(args, call, render),
  json_get: jsonPath('JSON_QUERY'),
  json_get_text: jsonPath('JSON_VALUE'),
  json_value: path('JSON_VALUE'),
  json_exists: path('JSON_EXISTS'),
  is_json: ([text]) => composite(`${operand(text as Sql)} IS JSON`),
  array_get: ([array, index], { arguments: args }) =>
    atom(`${operand(array as Sql)}[${integer(index as Sql, args[1])}]`),
  map_get: ([map, key]) => atom(`${operand(map as Sql)}[${key?.text}]`),
  array: (args, { type }) => castTo(atom(`ARRAY[${args.map(({ text }) => text).join(', ')}]`), type),
  map: (args, { type }) => castTo(atom(`MAP[${args.map(({ text }) => text).join(', ')}]`), type),
  struct: (args, { type }) => castTo(atom(`ROW(${args.map(({ text }) => text).join(', ')})`), type),
}
