// Builds expressions: gives the flat rules back their precedence, flattens AND and OR, and reduces every spelling of
// a cast, a field or a map to one node.

import type { CstNode, IToken } from 'chevrotain'
import type { Binary, BinaryOperator, Cast, ComparisonOperator, Expression, Literal, Logical, Query } from './ast.ts'
import { buildCall, buildCase, buildCast, buildExtract, buildMap, buildStruct } from './build-call.ts'
import { type BuildContext, only, stringValue } from './build-context.ts'
import { buildIntervalLiteral, buildPlainLiteral, buildTemporalLiteral, buildTypeName, isNumber } from './build-leaf.ts'
import { buildQuery } from './build-query.ts'
import type {
  AccessorCstNode,
  BinaryExpressionCstNode,
  ExpressionCstNode,
  IsTailCstNode,
  JsonKeyCstNode,
  NotExpressionCstNode,
  PredicateCstNode,
  PredicateTailCstNode,
  PrimaryCstNode,
  UnaryExpressionCstNode,
} from './cst.gen.ts'
import type { Span } from './span.ts'
import { QuotedIdentifier } from './tokens.ts'

export function buildExpression(context: BuildContext, node: ExpressionCstNode): Expression {
  const lone = node.children.loneOperand?.[0]?.children
  if (lone?.columnName) return buildName(context, only(only(lone.columnName).children.Name))
  if (lone?.plainLiteral) return buildPlainLiteral(context, only(lone.plainLiteral))
  const branches = (node.children.andExpression ?? []).map((and) => {
    const operands = and.children.notExpression.map((not) => buildNot(context, not))
    return logical('and', operands, context.span(and))
  })
  return logical('or', branches, context.span(node))
}

function logical(operator: Logical['operator'], parts: readonly Expression[], span: Span): Expression {
  if (parts.length === 1) return parts[0]!
  const operands = parts.flatMap((part) =>
    part.kind === 'logical' && part.operator === operator ? part.operands : [part],
  )
  return { kind: 'logical', operator, operands, span }
}

function buildNot(context: BuildContext, node: NotExpressionCstNode): Expression {
  const operand = buildPredicate(context, only(node.children.predicate))
  const nots = node.children.NOT ?? []
  return nots.reduceRight<Expression>(
    (inner, not) => ({ kind: 'unary', operator: 'not', operand: inner, span: context.between(not, node) }),
    operand,
  )
}

// ---- predicates ----------------------------------------------------------------------------------------------

function buildPredicate(context: BuildContext, node: PredicateCstNode): Expression {
  const operand = buildBinary(context, only(node.children.binaryExpression))
  const tails = node.children.predicateTail ?? []
  return tails.reduce((left, tail) => applyTail(context, left, tail, context.between(node, tail)), operand)
}

function applyTail(context: BuildContext, operand: Expression, node: PredicateTailCstNode, span: Span): Expression {
  const { comparisonOperator, isTail, inTail, likeTail, betweenTail } = node.children
  const negated = node.children.NOT !== undefined
  if (comparisonOperator) {
    const image = only(only(comparisonOperator).children.operator).image
    const operator = (image === '!=' ? '<>' : image) as ComparisonOperator
    const right = buildBinary(context, only(node.children.binaryExpression))
    return { kind: 'binary', operator, left: operand, right, span }
  }
  if (isTail) return applyIs(context, operand, only(isTail), span)
  if (inTail) {
    const { query, expression } = only(inTail).children
    if (query) return { kind: 'in-query', operand, query: buildQuery(context, only(query)), negated, span }
    const list = (expression ?? []).map((item) => buildExpression(context, item))
    return { kind: 'in-list', operand, list, negated, span }
  }
  if (likeTail) {
    const { binaryExpression, ILIKE } = only(likeTail).children
    const [pattern, escapeWith] = binaryExpression.map((part) => buildBinary(context, part))
    return {
      kind: 'like',
      operand,
      pattern: pattern!,
      escape: escapeWith,
      ignoreCase: ILIKE !== undefined,
      negated,
      span,
    }
  }
  const [low, high] = only(betweenTail).children.binaryExpression.map((part) => buildBinary(context, part))
  return { kind: 'between', operand, low: low!, high: high!, negated, span }
}

function applyIs(context: BuildContext, operand: Expression, node: IsTailCstNode, span: Span): Expression {
  const { NOT, NULL, TRUE, DISTINCT, binaryExpression } = node.children
  const negated = NOT !== undefined
  if (NULL) return { kind: 'is-null', operand, negated, span }
  if (!DISTINCT) return { kind: 'is-boolean', operand, value: TRUE !== undefined, negated, span }
  return { kind: 'is-distinct', left: operand, right: buildBinary(context, only(binaryExpression)), negated, span }
}

// ---- arithmetic ----------------------------------------------------------------------------------------------

const PRECEDENCE: Readonly<Record<string, number>> = { '||': 1, '+': 2, '-': 2, '*': 3, '/': 3, '%': 3 }

interface Operand {
  readonly expression: Expression
  /** With its parentheses, which the expression's own span does not have. */
  readonly place: { readonly first: CstNode; readonly last: CstNode }
}

/** Operator precedence with two stacks: a chain of thousands does not recurse. */
export function buildBinary(context: BuildContext, node: BinaryExpressionCstNode): Expression {
  const operands: Operand[] = []
  const operators: BinaryOperator[] = []
  const reduceDownTo = (precedence: number) => {
    while (operators.length > 0 && PRECEDENCE[operators.at(-1)!]! >= precedence) {
      const right = operands.pop()!
      const left = operands.pop()!
      const place = { first: left.place.first, last: right.place.last }
      const span = context.between(place.first, place.last)
      const operator = operators.pop()!
      const expression: Binary = { kind: 'binary', operator, left: left.expression, right: right.expression, span }
      operands.push({ expression, place })
    }
  }
  for (const [index, part] of node.children.unaryExpression.entries()) {
    const operator = node.children.operator?.[index - 1]?.image as BinaryOperator | undefined
    if (operator !== undefined) {
      reduceDownTo(PRECEDENCE[operator]!)
      operators.push(operator)
    }
    operands.push({ expression: buildUnary(context, part), place: { first: part, last: part } })
  }
  reduceDownTo(0)
  return operands[0]!.expression
}

function buildUnary(context: BuildContext, node: UnaryExpressionCstNode): Expression {
  const signs = [...(node.children.sign ?? [])]
  const primary = only(node.children.primary)
  const accessors = node.children.accessor ?? []
  const literal = primary.children.plainLiteral?.[0]
  let operand: Expression
  if (literal && accessors.length === 0 && signs.at(-1)?.image === '-' && isNumber(literal)) {
    operand = buildPlainLiteral(context, literal, signs.pop())
  } else operand = buildAccess(context, primary, accessors)
  return signs.reduceRight<Expression>((inner, sign) => {
    const operator = sign.image === '-' ? '-' : '+'
    return { kind: 'unary', operator, operand: inner, span: context.between(sign, node) }
  }, operand)
}

// ---- operands and what hangs on them -------------------------------------------------------------------------

/** Written without parentheses: PostgreSQL and Flink take them as calls. */
const CALLED_WITHOUT_PARENTHESES: readonly string[] = [
  'current_date',
  'current_time',
  'current_timestamp',
  'localtime',
  'localtimestamp',
]

function buildAccess(
  context: BuildContext,
  primary: PrimaryCstNode,
  accessors: readonly AccessorCstNode[],
): Expression {
  let result = buildPrimary(context, primary)
  let pathLength = 0
  // `(a).b` is a field of a, `a.b` a path: only a bare name takes the names after it along.
  if (result.kind === 'column' && primary.children.columnName) {
    const end = accessors.findIndex((accessor) => !accessor.children.Dot)
    pathLength = end === -1 ? accessors.length : end
  }
  const last = accessors[pathLength - 1]
  if (result.kind === 'column' && last !== undefined) {
    const names = accessors.slice(0, pathLength).map((accessor) => context.name(only(accessor.children.columnName)))
    result = { kind: 'column', path: [...result.path, ...names], span: context.between(primary, last) }
  }
  for (const accessor of accessors.slice(pathLength)) {
    result = applyAccessor(context, result, accessor, context.between(primary, accessor))
  }
  return result
}

function applyAccessor(context: BuildContext, object: Expression, node: AccessorCstNode, span: Span): Expression {
  const { typeName, expression, columnName, jsonKey, LongArrow } = node.children
  if (typeName) return castTo(context, object, typeName, span)
  if (expression) return { kind: 'index', object, index: buildExpression(context, only(expression)), span }
  if (columnName) return { kind: 'field', object, field: context.name(only(columnName)), span }
  const key = buildJsonKey(context, only(jsonKey))
  return { kind: 'json-access', object, key, asText: LongArrow !== undefined, span }
}

function castTo(
  context: BuildContext,
  operand: Expression,
  typeName: NonNullable<AccessorCstNode['children']['typeName']>,
  span: Span,
): Cast {
  return { kind: 'cast', operand, type: buildTypeName(context, only(typeName)), safe: false, span }
}

function buildJsonKey(context: BuildContext, node: JsonKeyCstNode): Expression {
  const { StringLiteral, IntegerLiteral, Minus, Parameter, expression } = node.children
  const span = context.span(node)
  if (StringLiteral) return { kind: 'string', value: stringValue(only(StringLiteral)), span }
  if (IntegerLiteral) {
    const value = BigInt(only(IntegerLiteral).image)
    return { kind: 'integer', value: Minus ? -value : value, span }
  }
  return Parameter ? buildParameter(context, only(Parameter)) : buildExpression(context, only(expression))
}

function buildParameter(context: BuildContext, token: IToken): Expression {
  const text = token.image.slice(1)
  const name = token.image.startsWith('$') ? Number(text) : text.toLowerCase()
  const span = context.span(token)
  if (name === 0 || (typeof name === 'number' && name > 65_535)) {
    context.error(span, 'INVALID_LITERAL', 'parameters are numbered from $1 to $65535')
  }
  return { kind: 'parameter', name, span }
}

function buildPrimary(context: BuildContext, node: PrimaryCstNode): Expression {
  const { children } = node
  const span = context.span(node)
  if (children.columnName) return buildName(context, only(only(children.columnName).children.Name))
  if (children.plainLiteral) return buildPlainLiteral(context, only(children.plainLiteral))
  if (children.functionCall) return buildCall(context, only(children.functionCall))
  if (children.parenthesized) return buildParenthesized(context, only(children.parenthesized), span)
  if (children.temporalLiteral) return buildTemporalLiteral(context, only(children.temporalLiteral)) satisfies Literal
  if (children.intervalLiteral) return buildIntervalLiteral(context, only(children.intervalLiteral))
  if (children.Parameter) return buildParameter(context, only(children.Parameter))
  if (children.caseExpression) return buildCase(context, only(children.caseExpression))
  if (children.castExpression) return buildCast(context, only(children.castExpression))
  if (children.extractCall) return buildExtract(context, only(children.extractCall))
  if (children.mapConstructor) return buildMap(context, only(children.mapConstructor))
  if (children.structConstructor) return buildStruct(context, only(children.structConstructor))
  if (children.arrayConstructor) {
    const elements = only(children.arrayConstructor).children.expression ?? []
    return { kind: 'array', elements: elements.map((element) => buildExpression(context, element)), span }
  }
  return { kind: 'exists', query: buildQuery(context, only(children.query)), span }
}

function buildName(context: BuildContext, token: IToken): Expression {
  const name = context.identifier(token)
  const { span } = name
  if (token.tokenType === QuotedIdentifier || !CALLED_WITHOUT_PARENTHESES.includes(name.name)) {
    return { kind: 'column', path: [name], span }
  }
  const none = { star: false, distinct: false, arguments: [], orderBy: [], filter: undefined, over: undefined }
  return { kind: 'call', name, ...none, span }
}

function buildParenthesized(
  context: BuildContext,
  node: NonNullable<PrimaryCstNode['children']['parenthesized']>[number],
  span: Span,
): Expression {
  const { query, expression } = node.children
  if (expression) return buildExpression(context, only(expression))
  const inner: Query = buildQuery(context, only(query))
  return { kind: 'subquery', query: inner, span }
}
