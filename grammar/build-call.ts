// Builds calls with their FILTER and OVER, CASE, CAST and the constructors of maps and structs.

import type {
  Argument,
  Call,
  Case,
  Cast,
  Expression,
  Frame,
  FrameBound,
  MapConstructor,
  MapEntry,
  OrderItem,
  Over,
  StringLiteral,
  StructConstructor,
} from './ast.ts'
import { type BuildContext, only, stringValue } from './build-context.ts'
import { buildBinary, buildExpression } from './build-expression.ts'
import { buildTypeName } from './build-leaf.ts'
import type {
  ArgumentCstNode,
  CaseExpressionCstNode,
  CastExpressionCstNode,
  ExtractCallCstNode,
  FrameBoundCstNode,
  FrameCstNode,
  FunctionCallCstNode,
  MapConstructorCstNode,
  OrderByCstNode,
  OrderItemCstNode,
  OverClauseCstNode,
  StructConstructorCstNode,
} from './cst.gen.ts'

export function buildCall(context: BuildContext, node: FunctionCallCstNode): Call {
  const { children } = node
  const { Name, LEFT, RIGHT } = only(children.functionName).children
  const filter = children.filterClause?.[0]
  const over = children.overClause?.[0]
  return {
    kind: 'call',
    name: context.identifier(only(Name ?? LEFT ?? RIGHT)),
    star: children.Star !== undefined,
    distinct: children.DISTINCT !== undefined,
    arguments: (children.argument ?? []).map((argument) => buildArgument(context, argument)),
    orderBy: buildOrderBy(context, children.orderBy?.[0]),
    filter: filter && buildExpression(context, only(filter.children.expression)),
    over: over && buildOver(context, over),
    span: context.span(node),
  }
}

function buildArgument(context: BuildContext, node: ArgumentCstNode): Argument {
  const name = node.children.newName?.[0]
  return {
    kind: 'argument',
    name: name && context.name(name),
    value: buildExpression(context, only(node.children.expression)),
    span: context.span(node),
  }
}

/** `EXTRACT(HOUR FROM ts)` becomes extract('hour', ts). */
export function buildExtract(context: BuildContext, node: ExtractCallCstNode): Call {
  const { Name, StringLiteral: text } = node.children
  const unitToken = only(Name ?? text)
  const unitSpan = context.span(unitToken)
  const unitName = (text ? stringValue(unitToken) : context.identifier(unitToken).name).toLowerCase()
  const unit: StringLiteral = { kind: 'string', value: unitName, span: unitSpan }
  const value = buildExpression(context, only(node.children.expression))
  return {
    kind: 'call',
    name: { kind: 'identifier', name: 'extract', span: context.span(only(node.children.EXTRACT)) },
    star: false,
    distinct: false,
    arguments: [
      { kind: 'argument', name: undefined, value: unit, span: unitSpan },
      { kind: 'argument', name: undefined, value, span: value.span },
    ],
    orderBy: [],
    filter: undefined,
    over: undefined,
    span: context.span(node),
  }
}

// ---- ORDER BY and OVER ---------------------------------------------------------------------------------------

export function buildOrderBy(context: BuildContext, node: OrderByCstNode | undefined): readonly OrderItem[] {
  return (node?.children.orderItem ?? []).map((item) => buildOrderItem(context, item))
}

function buildOrderItem(context: BuildContext, node: OrderItemCstNode): OrderItem {
  const { expression, DESC, NULLS, FIRST } = node.children
  return {
    kind: 'order-item',
    expression: buildExpression(context, only(expression)),
    descending: DESC !== undefined,
    nulls: NULLS === undefined ? undefined : FIRST === undefined ? 'last' : 'first',
    span: context.span(node),
  }
}

function buildOver(context: BuildContext, node: OverClauseCstNode): Over {
  const { partitionBy, orderBy, frame } = node.children
  const partitions = partitionBy?.[0]?.children.expression ?? []
  return {
    kind: 'over',
    partitionBy: partitions.map((expression) => buildExpression(context, expression)),
    orderBy: buildOrderBy(context, orderBy?.[0]),
    frame: frame && buildFrame(context, only(frame)),
    span: context.span(node),
  }
}

/** A frame with one bound reaches from it to the current row. */
function buildFrame(context: BuildContext, node: FrameCstNode): Frame {
  const span = context.span(node)
  const [from, to] = (node.children.frameBound ?? []).map((bound) => buildFrameBound(context, bound))
  const current: FrameBound = { kind: 'frame-bound', edge: 'current-row', distance: undefined, span }
  return { kind: 'frame', mode: node.children.ROWS ? 'rows' : 'range', from: from!, to: to ?? current, span }
}

function buildFrameBound(context: BuildContext, node: FrameBoundCstNode): FrameBound {
  const { CURRENT, PRECEDING, binaryExpression } = node.children
  const distance = binaryExpression && buildBinary(context, only(binaryExpression))
  const edge = CURRENT ? 'current-row' : PRECEDING ? 'preceding' : 'following'
  return { kind: 'frame-bound', edge, distance, span: context.span(node) }
}

// ---- CASE, CAST, MAP, STRUCT ---------------------------------------------------------------------------------

export function buildCase(context: BuildContext, node: CaseExpressionCstNode): Case {
  const { caseBranch, ELSE, CASE, expression = [] } = node.children
  const parts = expression.map((part) => buildExpression(context, part))
  // With ELSE the last of the expressions outside the branches is its value; one before it is the operand.
  const otherwise = ELSE === undefined ? undefined : parts.pop()
  const branches = caseBranch.map((branch) => {
    const [when, then] = branch.children.expression.map((part) => buildExpression(context, part))
    // biome-ignore lint/suspicious/noThenProperty: a node of the tree is never awaited, and THEN is the word for it.
    return { kind: 'case-branch', when: when!, then: then!, span: context.span(branch) } as const
  })
  return { kind: 'case', operand: parts[0], branches, otherwise, span: context.between(only(CASE), node) }
}

export function buildCast(context: BuildContext, node: CastExpressionCstNode): Cast {
  const operand = buildExpression(context, only(node.children.expression))
  const type = buildTypeName(context, only(node.children.typeName))
  return { kind: 'cast', operand, type, safe: node.children.TRY_CAST !== undefined, span: context.span(node) }
}

export function buildMap(context: BuildContext, node: MapConstructorCstNode): MapConstructor {
  const span = context.span(node)
  const { mapEntry, expression = [] } = node.children
  if (mapEntry) {
    const entries = mapEntry.map((entry) => {
      const [key, value] = entry.children.expression.map((part) => buildExpression(context, part))
      return { kind: 'map-entry', key: key!, value: value!, span: context.span(entry) } as const
    })
    return { kind: 'map', entries, span }
  }
  if (expression.length % 2 === 1) {
    const hint = "write MAP['key', value, …]"
    context.error(context.span(expression.at(-1)!), 'INVALID_ARGUMENT', 'the last key of the map has no value', {
      hint,
    })
  }
  return {
    kind: 'map',
    entries: pairs(
      context,
      expression.map((part) => [part, buildExpression(context, part)]),
    ),
    span,
  }
}

type Built = readonly [
  MapConstructorCstNode['children']['expression'] extends (infer E)[] | undefined ? E : never,
  Expression,
]

function pairs(context: BuildContext, parts: readonly Built[]): readonly MapEntry[] {
  const entries: MapEntry[] = []
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [keyNode, key] = parts[index]!
    const [valueNode, value] = parts[index + 1]!
    entries.push({ kind: 'map-entry', key, value, span: context.between(keyNode, valueNode) })
  }
  return entries
}

export function buildStruct(context: BuildContext, node: StructConstructorCstNode): StructConstructor {
  const fields = node.children.structField.map((field) => {
    const value = buildExpression(context, only(field.children.expression))
    return {
      kind: 'struct-field',
      name: context.name(only(field.children.newName)),
      value,
      span: context.span(field),
    } as const
  })
  return { kind: 'struct', fields, span: context.span(node) }
}
