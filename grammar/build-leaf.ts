// Builds names, literals, durations and type names.

import type { IToken } from 'chevrotain'
import type { ColumnRef, Identifier, Interval, Literal, ScalarTypeName, TypeName } from './ast.ts'
import { type BuildContext, only, stringValue } from './build-context.ts'
import type {
  ColumnNamesCstNode,
  ColumnReferenceCstNode,
  DurationCstNode,
  IntervalCstNode,
  IntervalLiteralCstNode,
  NamedTypeCstNode,
  PlainLiteralCstNode,
  StructTypeCstNode,
  TemporalLiteralCstNode,
  TypeNameCstNode,
} from './cst.gen.ts'
import { dayMsOf, epochDaysOf, epochMsOf, intervalOf, intervalOfText, timeUnitOf } from './literals.ts'
import { mostSimilar } from './similar.ts'
import type { Span } from './span.ts'

export function buildColumnRef(context: BuildContext, node: ColumnReferenceCstNode): ColumnRef {
  const path = node.children.columnName.map((name) => context.name(name))
  return { kind: 'column', path, span: context.span(node) }
}

export function buildColumnNames(context: BuildContext, node: ColumnNamesCstNode): readonly Identifier[] {
  return node.children.columnName.map((name) => context.name(name))
}

// ---- literals ------------------------------------------------------------------------------------------------

/** `minus` is the sign directly before the literal: it belongs to a number. */
export function buildPlainLiteral(context: BuildContext, node: PlainLiteralCstNode, minus?: IToken): Literal {
  const { children } = node
  const span = minus === undefined ? context.span(node) : context.between(minus, node)
  const sign = minus === undefined ? '' : '-'
  if (children.IntegerLiteral) {
    const value = BigInt(only(children.IntegerLiteral).image)
    return { kind: 'integer', value: minus === undefined ? value : -value, span }
  }
  if (children.DecimalLiteral) return { kind: 'decimal', text: sign + only(children.DecimalLiteral).image, span }
  if (children.DoubleLiteral) return { kind: 'double', text: sign + only(children.DoubleLiteral).image, span }
  if (minus !== undefined) context.error(span, 'INVALID_LITERAL', 'only a number can have a sign')
  if (children.StringLiteral) return { kind: 'string', value: stringValue(only(children.StringLiteral)), span }
  if (children.NULL) return { kind: 'null', span }
  return { kind: 'boolean', value: children.TRUE !== undefined, span }
}

export function isNumber(node: PlainLiteralCstNode): boolean {
  const { children } = node
  return (children.IntegerLiteral ?? children.DecimalLiteral ?? children.DoubleLiteral) !== undefined
}

export function buildTemporalLiteral(context: BuildContext, node: TemporalLiteralCstNode): Literal {
  const text = stringValue(only(node.children.StringLiteral))
  const span = context.span(node)
  if (node.children.TIMESTAMP) return buildTimestamp(context, text, span)
  if (node.children.DATE) {
    const epochDays = epochDaysOf(text)
    if (epochDays === undefined) {
      context.error(span, 'INVALID_LITERAL', 'not a date', { hint: "write it as DATE '2026-01-31'" })
    }
    return { kind: 'date', text, epochDays: epochDays ?? 0, span }
  }
  const dayMs = dayMsOf(text)
  if (dayMs === undefined) {
    context.error(span, 'INVALID_LITERAL', 'not a time of day', { hint: "write it as TIME '23:59:00'" })
  }
  return { kind: 'time', text, dayMs: dayMs ?? 0, span }
}

export function buildTimestamp(context: BuildContext, text: string, span: Span) {
  const epochMs = epochMsOf(text)
  if (epochMs === undefined) {
    const hint = "write it as TIMESTAMP '2026-01-31 23:59:00.000', in UTC"
    context.error(span, 'INVALID_LITERAL', 'not a timestamp', { hint })
  }
  return { kind: 'timestamp', text, epochMs: epochMs ?? 0, span } as const
}

// ---- durations -----------------------------------------------------------------------------------------------

export function buildInterval(context: BuildContext, node: IntervalCstNode): Interval {
  const { intervalLiteral, duration } = node.children
  return intervalLiteral
    ? buildIntervalLiteral(context, only(intervalLiteral))
    : buildDuration(context, only(duration), context.span(node))
}

export function buildIntervalLiteral(context: BuildContext, node: IntervalLiteralCstNode): Interval {
  const span = context.span(node)
  if (node.children.duration) return buildDuration(context, only(node.children.duration), span)
  const text = stringValue(only(node.children.StringLiteral)).trim()
  const unit = node.children.TimeUnit?.[0]
  const parts = unit === undefined ? intervalOfText(text) : intervalOf(text, timeUnitOf(unit.image) ?? 'second')
  if (parts !== undefined) return { kind: 'interval', ...parts, span }
  const message = unit === undefined && /^[+-]?[\d.]+$/.test(text) ? 'interval has no unit' : 'not an interval'
  const hint = "write it as INTERVAL '5' MINUTE or INTERVAL '5 minutes'; the smallest unit is a millisecond"
  context.error(span, 'INVALID_INTERVAL', message, { hint })
  return { kind: 'interval', months: 0, ms: 0, span }
}

function buildDuration(context: BuildContext, node: DurationCstNode, span: Span): Interval {
  const amount = only(node.children.IntegerLiteral ?? node.children.DecimalLiteral).image
  const parts = intervalOf(amount, timeUnitOf(only(node.children.TimeUnit).image) ?? 'second')
  if (parts === undefined) {
    context.error(span, 'INVALID_INTERVAL', 'not a whole number of milliseconds or months')
  }
  return { kind: 'interval', ...(parts ?? { months: 0, ms: 0 }), span }
}

// ---- type names ----------------------------------------------------------------------------------------------

const SCALAR_TYPES: Readonly<Record<string, ScalarTypeName>> = {
  boolean: 'boolean',
  bool: 'boolean',
  int: 'int',
  integer: 'int',
  int4: 'int',
  smallint: 'int',
  tinyint: 'int',
  bigint: 'bigint',
  int8: 'bigint',
  double: 'double',
  float: 'double',
  real: 'double',
  float8: 'double',
  string: 'string',
  varchar: 'string',
  text: 'string',
  char: 'string',
  bytes: 'bytes',
  varbinary: 'bytes',
  bytea: 'bytes',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp',
  timestamp_ltz: 'timestamp',
  timestamptz: 'timestamp',
  json: 'json',
  jsonb: 'json',
}

const DECIMAL_NAMES: readonly string[] = ['decimal', 'numeric', 'dec']
const NAMED_TYPES: readonly string[] = [...Object.keys(SCALAR_TYPES), ...DECIMAL_NAMES]
/** Spellings that may have a length or precision in parentheses; Weir keeps all of a value, so it is not used. */
const TAKES_LENGTH: readonly string[] = ['varchar', 'char', 'varbinary', 'time', 'timestamp', 'timestamp_ltz']

export function buildTypeName(context: BuildContext, node: TypeNameCstNode): TypeName {
  const { arrayType, mapType, structType, namedType } = node.children
  const span = context.span(node)
  if (arrayType) {
    return { kind: 'array-type', element: buildTypeName(context, only(only(arrayType).children.typeName)), span }
  }
  if (mapType) {
    const [key, value] = only(mapType).children.typeName
    return { kind: 'map-type', key: buildTypeName(context, key!), value: buildTypeName(context, value!), span }
  }
  return structType ? buildStructType(context, only(structType), span) : buildNamedType(context, only(namedType), span)
}

function buildStructType(context: BuildContext, node: StructTypeCstNode, span: Span): TypeName {
  const { newName, typeName } = node.children
  const fields = newName.map((nameNode, index) => {
    const typeNode = typeName[index]!
    const type = buildTypeName(context, typeNode)
    return {
      kind: 'struct-type-field',
      name: context.name(nameNode),
      type,
      span: context.between(nameNode, typeNode),
    } as const
  })
  return { kind: 'struct-type', fields, span }
}

function buildNamedType(context: BuildContext, node: NamedTypeCstNode, span: Span): TypeName {
  const { name } = context.identifier(only(node.children.Name))
  const numbers = (node.children.IntegerLiteral ?? []).map((token) => Number(token.image))
  const scalar = SCALAR_TYPES[name]
  const isDecimal = DECIMAL_NAMES.includes(name)
  if (scalar === undefined && !isDecimal) {
    const similar = mostSimilar(name, NAMED_TYPES)
    const hint = similar === undefined ? undefined : `did you mean ${similar.toUpperCase()}?`
    context.error(context.span(only(node.children.Name)), 'UNKNOWN_TYPE', `unknown type "${name}"`, { hint })
  }
  const argumentsMax = isDecimal ? 2 : TAKES_LENGTH.includes(name) ? 1 : 0
  if (scalar !== undefined || isDecimal) {
    const shown = name.toUpperCase()
    const report = (message: string) => context.error(span, 'INVALID_ARGUMENT', message)
    if (numbers.length > argumentsMax)
      report(`${shown} takes ${argumentsMax === 0 ? 'no' : `at most ${argumentsMax}`} arguments`)
    if (node.children.PRECISION && name !== 'double') report(`${shown} has no PRECISION`)
    if (node.children.ZONE && name !== 'timestamp' && name !== 'time') report(`${shown} has no TIME ZONE`)
  }
  if (isDecimal) return { kind: 'decimal-type', precision: numbers[0], scale: numbers[1], span }
  return { kind: 'scalar-type', name: scalar ?? 'string', span }
}
