// Prints expressions, literals, types and names so that they parse to the same tree: parentheses where precedence
// needs them and nowhere else.

import type {
  Argument,
  BinaryOperator,
  Call,
  Case,
  Cast,
  Expression,
  FieldAccess,
  Frame,
  FrameBound,
  Identifier,
  Interval,
  JsonAccess,
  OrderItem,
  Over,
  Query,
  TypeName,
} from './ast.ts'
import { QUOTED_AS_COLUMN, QUOTED_AS_FUNCTION, RESERVED } from './keywords.ts'
import { UNIT_MS } from './literals.ts'
import { printQuery } from './print-query.ts'

// ---- names and strings ---------------------------------------------------------------------------------------

const RESERVED_WORDS: ReadonlySet<string> = new Set(RESERVED)
const PLAIN_NAME = /^[a-z_][a-z0-9_$]*$/

export function printIdentifier({ name }: Pick<Identifier, 'name'>): string {
  return isPlain(name) && !QUOTED_AS_COLUMN.has(name) ? name : quote(name)
}

function printFunctionName({ name }: Identifier): string {
  return isPlain(name) && !QUOTED_AS_FUNCTION.has(name) ? name : quote(name)
}

export function isPlain(name: string): boolean {
  return PLAIN_NAME.test(name) && !RESERVED_WORDS.has(name)
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function printString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

export function printNames(names: readonly Identifier[]): string {
  return names.map(printIdentifier).join(', ')
}

const UNITS_BY_SIZE = Object.entries(UNIT_MS).reverse()

/** In the largest unit that it is a whole number of. */
export function printInterval({ months, ms }: Pick<Interval, 'months' | 'ms'>): string {
  if (months !== 0 && ms !== 0) return `INTERVAL '${months} months ${ms} milliseconds'`
  if (months !== 0) return months % 12 === 0 ? `INTERVAL '${months / 12}' YEAR` : `INTERVAL '${months}' MONTH`
  if (ms === 0) return "INTERVAL '0' SECOND"
  const [unit, unitMs] = UNITS_BY_SIZE.find(([name, size]) => name !== 'week' && ms % size === 0) ?? ['millisecond', 1]
  return `INTERVAL '${ms / unitMs}' ${unit.toUpperCase()}`
}

// ---- types ---------------------------------------------------------------------------------------------------

export function printType(type: TypeName): string {
  switch (type.kind) {
    case 'scalar-type':
      return type.name.toUpperCase()
    case 'decimal-type': {
      const numbers = [type.precision, type.scale].filter((number) => number !== undefined)
      return numbers.length === 0 ? 'DECIMAL' : `DECIMAL(${numbers.join(', ')})`
    }
    case 'array-type':
      return `ARRAY<${printType(type.element)}>`
    case 'map-type':
      return `MAP<${printType(type.key)}, ${printType(type.value)}>`
    case 'struct-type': {
      const fields = type.fields.map((field) => `${printIdentifier(field.name)} ${printType(field.type)}`)
      return `STRUCT<${fields.join(', ')}>`
    }
  }
}

// ---- expressions ---------------------------------------------------------------------------------------------

/** How tightly a node binds, loosest first; the rules of the parser in the same order. */
const LEVEL = { or: 1, and: 2, not: 3, predicate: 4, concat: 5, add: 6, multiply: 7, sign: 8, access: 9 } as const

const BINARY_LEVEL: Readonly<Record<BinaryOperator, number>> = {
  '=': LEVEL.predicate,
  '<>': LEVEL.predicate,
  '<': LEVEL.predicate,
  '<=': LEVEL.predicate,
  '>': LEVEL.predicate,
  '>=': LEVEL.predicate,
  '||': LEVEL.concat,
  '+': LEVEL.add,
  '-': LEVEL.add,
  '*': LEVEL.multiply,
  '/': LEVEL.multiply,
  '%': LEVEL.multiply,
}

function levelOf(expression: Expression): number {
  switch (expression.kind) {
    case 'logical':
      return LEVEL[expression.operator]
    case 'unary':
      return expression.operator === 'not' ? LEVEL.not : LEVEL.sign
    case 'binary':
      return BINARY_LEVEL[expression.operator]
    case 'is-null':
    case 'is-boolean':
    case 'is-distinct':
    case 'in-list':
    case 'in-query':
    case 'like':
    case 'between':
      return LEVEL.predicate
    case 'integer':
      return expression.value < 0n ? LEVEL.sign : LEVEL.access
    case 'decimal':
    case 'double':
      return expression.text.startsWith('-') ? LEVEL.sign : LEVEL.access
    default:
      return LEVEL.access
  }
}

/** In parentheses when it binds less tightly than its place asks for. */
function printAt(expression: Expression, level: number): string {
  const text = printExpression(expression)
  return levelOf(expression) < level ? `(${text})` : text
}

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'integer':
      return String(expression.value)
    case 'decimal':
    case 'double':
      return expression.text
    case 'string':
      return printString(expression.value)
    case 'boolean':
      return expression.value ? 'TRUE' : 'FALSE'
    case 'null':
      return 'NULL'
    case 'timestamp':
    case 'date':
    case 'time':
      return `${expression.kind.toUpperCase()} ${printString(expression.text)}`
    case 'interval':
      return printInterval(expression)
    case 'column':
      return expression.path.map(printIdentifier).join('.')
    case 'parameter':
      return typeof expression.name === 'number' ? `$${expression.name}` : `:${expression.name}`
    case 'unary':
    case 'binary':
    case 'logical':
      return printOperator(expression)
    case 'case':
      return printCase(expression)
    case 'cast':
      return printCast(expression)
    case 'call':
      return printCall(expression)
    case 'exists':
      return `EXISTS ${printSubquery(expression.query)}`
    case 'subquery':
      return printSubquery(expression.query)
    case 'field':
    case 'json-access':
      return printAccess(expression)
    case 'index':
      return `${printObject(expression.object)}[${printExpression(expression.index)}]`
    case 'array':
      return `ARRAY[${printList(expression.elements)}]`
    case 'map':
      return `MAP[${expression.entries.map((entry) => printList([entry.key, entry.value])).join(', ')}]`
    case 'struct': {
      const fields = expression.fields.map(
        (field) => `${printIdentifier(field.name)} := ${printExpression(field.value)}`,
      )
      return `STRUCT(${fields.join(', ')})`
    }
    default:
      return printPredicate(expression)
  }
}

function printCast({ operand, type, safe }: Cast): string {
  return `${safe ? 'TRY_CAST' : 'CAST'}(${printExpression(operand)} AS ${printType(type)})`
}

export function printList(expressions: readonly Expression[]): string {
  return expressions.map(printExpression).join(', ')
}

export function printSubquery(query: Query): string {
  return `(${printQuery(query)})`
}

// ---- operators -----------------------------------------------------------------------------------------------

function printOperator(expression: Extract<Expression, { kind: 'unary' | 'binary' | 'logical' }>): string {
  if (expression.kind === 'logical') {
    const level = LEVEL[expression.operator] + 1
    return expression.operands.map((part) => printAt(part, level)).join(` ${expression.operator.toUpperCase()} `)
  }
  if (expression.kind === 'binary') {
    const level = BINARY_LEVEL[expression.operator]
    return `${printAt(expression.left, level)} ${expression.operator} ${printAt(expression.right, level + 1)}`
  }
  if (expression.operator === 'not') return `NOT ${printAt(expression.operand, LEVEL.not)}`
  const { operand, operator } = expression
  // -5 is one literal: the sign of a tree that has them apart keeps its distance.
  const text =
    isNumeric(operand) && levelOf(operand) === LEVEL.access
      ? `(${printExpression(operand)})`
      : printAt(operand, LEVEL.sign)
  return /^[+-]/.test(text) ? `${operator} ${text}` : `${operator}${text}`
}

function isNumeric(expression: Expression): boolean {
  return expression.kind === 'integer' || expression.kind === 'decimal' || expression.kind === 'double'
}

type Predicate = Extract<
  Expression,
  { kind: 'is-null' | 'is-boolean' | 'is-distinct' | 'in-list' | 'in-query' | 'like' | 'between' }
>

function printPredicate(expression: Predicate): string {
  const not = expression.negated ? 'NOT ' : ''
  const operand = printAt(expression.kind === 'is-distinct' ? expression.left : expression.operand, LEVEL.predicate)
  const side = (part: Expression) => printAt(part, LEVEL.concat)
  switch (expression.kind) {
    case 'is-null':
      return `${operand} IS ${not}NULL`
    case 'is-boolean':
      return `${operand} IS ${not}${expression.value ? 'TRUE' : 'FALSE'}`
    case 'is-distinct':
      return `${operand} IS ${not}DISTINCT FROM ${side(expression.right)}`
    case 'in-list':
      return `${operand} ${not}IN (${printList(expression.list)})`
    case 'in-query':
      return `${operand} ${not}IN ${printSubquery(expression.query)}`
    case 'like': {
      const suffix = expression.escape === undefined ? '' : ` ESCAPE ${side(expression.escape)}`
      return `${operand} ${not}${expression.ignoreCase ? 'ILIKE' : 'LIKE'} ${side(expression.pattern)}${suffix}`
    }
    case 'between':
      return `${operand} ${not}BETWEEN ${side(expression.low)} AND ${side(expression.high)}`
  }
}

function printCase({ operand, branches, otherwise }: Case): string {
  const parts = ['CASE']
  if (operand) parts.push(printExpression(operand))
  for (const { when, then } of branches) parts.push(`WHEN ${printExpression(when)} THEN ${printExpression(then)}`)
  if (otherwise) parts.push(`ELSE ${printExpression(otherwise)}`)
  return `${parts.join(' ')} END`
}

// ---- access --------------------------------------------------------------------------------------------------

const NEEDS_NO_PARENTHESES: ReadonlySet<Expression['kind']> = new Set([
  'array',
  'call',
  'cast',
  'column',
  'field',
  'index',
  'json-access',
  'map',
  'parameter',
  'struct',
  'subquery',
])

function printObject(object: Expression): string {
  const text = printExpression(object)
  return NEEDS_NO_PARENTHESES.has(object.kind) ? text : `(${text})`
}

function printAccess(expression: FieldAccess | JsonAccess): string {
  const { object } = expression
  if (expression.kind === 'field') {
    // a.b would be the path of a column.
    // And `j -> 0.b` has the number 0. in it.
    const isOpen = object.kind === 'column' || object.kind === 'json-access'
    const text = isOpen ? `(${printExpression(object)})` : printObject(object)
    return `${text}.${printIdentifier(expression.field)}`
  }
  const { key } = expression
  const isPlainKey = key.kind === 'string' || key.kind === 'integer' || key.kind === 'parameter'
  const keyText = isPlainKey ? printExpression(key) : `(${printExpression(key)})`
  return `${printObject(object)} ${expression.asText ? '->>' : '->'} ${keyText}`
}

// ---- calls ---------------------------------------------------------------------------------------------------

function printCall(call: Call): string {
  const parts = [call.star ? '*' : call.arguments.map(printArgument).join(', ')]
  if (call.distinct) parts.unshift('DISTINCT')
  if (call.orderBy.length > 0) parts.push(printOrderBy(call.orderBy))
  const inside = parts.filter((part) => part !== '').join(' ')
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${printExpression(call.filter)})`
  const over = call.over === undefined ? '' : ` OVER (${printOver(call.over)})`
  return `${printFunctionName(call.name)}(${inside})${filter}${over}`
}

function printArgument({ name, value }: Argument): string {
  return name === undefined ? printExpression(value) : `${printIdentifier(name)} => ${printExpression(value)}`
}

export function printOrderBy(items: readonly OrderItem[]): string {
  return `ORDER BY ${items.map(printOrderItem).join(', ')}`
}

function printOrderItem({ expression, descending, nulls }: OrderItem): string {
  const order = descending ? ' DESC' : ''
  return `${printExpression(expression)}${order}${nulls === undefined ? '' : ` NULLS ${nulls.toUpperCase()}`}`
}

function printOver({ partitionBy, orderBy, frame }: Over): string {
  const parts: string[] = []
  if (partitionBy.length > 0) parts.push(`PARTITION BY ${printList(partitionBy)}`)
  if (orderBy.length > 0) parts.push(printOrderBy(orderBy))
  if (frame) parts.push(printFrame(frame))
  return parts.join(' ')
}

function printFrame({ mode, from, to }: Frame): string {
  return `${mode.toUpperCase()} BETWEEN ${printFrameBound(from)} AND ${printFrameBound(to)}`
}

function printFrameBound({ edge, distance }: FrameBound): string {
  if (edge === 'current-row') return 'CURRENT ROW'
  return `${distance === undefined ? 'UNBOUNDED' : printAt(distance, LEVEL.concat)} ${edge.toUpperCase()}`
}
