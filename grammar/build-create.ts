// Builds CREATE: the objects, their columns and watermarks, and properties.

import type {
  ColumnDefinition,
  Connector,
  CreateAs,
  CreateFunction,
  CreateSink,
  CreateStream,
  CreateTable,
  FormatClause,
  Identifier,
  Literal,
  MaxFuture,
  Metadata,
  Property,
  Statement,
  TableElement,
  WatermarkDefinition,
  WatermarkEmit,
} from './ast.ts'
import { type BuildContext, only, stringValue } from './build-context.ts'
import { buildExpression } from './build-expression.ts'
import {
  buildColumnNames,
  buildInterval,
  buildIntervalLiteral,
  buildPlainLiteral,
  buildTemporalLiteral,
  buildTypeName,
} from './build-leaf.ts'
import { buildQuery } from './build-query.ts'
import type {
  ColumnConstraintCstNode,
  ColumnCstNode,
  ConnectorCstNode,
  CreateCstNode,
  CreateFunctionCstNode,
  CreateRelationCstNode,
  CreateSinkCstNode,
  ElementCstNode,
  FormatClauseCstNode,
  PropertiesCstNode,
  PropertyCstNode,
  PropertyValueCstNode,
  TargetCstNode,
  WatermarkCstNode,
  WatermarkOptionCstNode,
  WithPropertiesCstNode,
} from './cst.gen.ts'
import type { Span } from './span.ts'

/** What all objects have in common. */
interface Header {
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
  readonly span: Span
}

export function buildCreate(context: BuildContext, node: CreateCstNode): Statement {
  const { children } = node
  const header = (target: TargetCstNode): Header => buildHeader(context, node, target)
  if (children.createRelation) return buildCreateRelation(context, only(children.createRelation), header)
  if (children.createSink) return buildCreateSink(context, only(children.createSink), header)
  if (children.createFunction) return buildCreateFunction(context, only(children.createFunction), header)
  if (children.createView) {
    const view = only(children.createView).children
    return { kind: 'create-view', ...header(only(view.target)), query: buildQuery(context, only(view.query)) }
  }
  if (children.createMaterializedView) {
    const view = only(children.createMaterializedView).children
    const options = buildOptions(context, view.withProperties?.[0])
    const query = buildQuery(context, only(view.query))
    return { kind: 'create-materialized-view', ...header(only(view.target)), options, query }
  }
  if (children.REPLACE) {
    context.error(context.span(only(children.REPLACE)), 'SYNTAX', 'a savepoint cannot be replaced')
  }
  const savepoint = only(children.createSavepoint).children
  const name = context.name(only(savepoint.newName))
  return { kind: 'create-savepoint', name, query: context.name(only(savepoint.queryName)), span: context.span(node) }
}

function buildHeader(context: BuildContext, node: CreateCstNode, target: TargetCstNode): Header {
  const orReplace = node.children.REPLACE !== undefined
  const ifNotExists = target.children.ifNotExists?.[0]
  if (orReplace && ifNotExists) {
    const hint = 'OR REPLACE changes what exists, IF NOT EXISTS leaves it: choose one'
    context.error(context.span(ifNotExists), 'SYNTAX', 'OR REPLACE and IF NOT EXISTS exclude each other', { hint })
  }
  const name = context.name(only(target.children.newName))
  return { orReplace, ifNotExists: ifNotExists !== undefined, name, span: context.span(node) }
}

type HeaderOf = (target: TargetCstNode) => Header

function buildCreateRelation(
  context: BuildContext,
  node: CreateRelationCstNode,
  header: HeaderOf,
): CreateStream | CreateTable | CreateAs {
  const { children } = node
  const object = children.STREAM ? 'stream' : 'table'
  const start = header(only(children.target))
  const options = buildOptions(context, children.withProperties?.[0])
  if (children.asQuery) {
    const query = buildQuery(context, only(only(children.asQuery).children.query))
    return { kind: 'create-as', object, ...start, options, query }
  }
  const elements = (children.element ?? []).map((element) => buildElement(context, element))
  // Without one it is a topic of the embedded log, with JSON.
  const connector = children.connector
    ? buildConnector(context, only(children.connector))
    : ({
        kind: 'connector',
        properties: options,
        format: children.formatClause && buildFormat(context, only(children.formatClause)),
        span: connectorSpan(context, children) ?? start.name.span,
      } as const)
  return { kind: object === 'stream' ? 'create-stream' : 'create-table', ...start, elements, connector }
}

/** Of WITH and FORMAT where no columns stand before them. */
function connectorSpan(context: BuildContext, children: CreateRelationCstNode['children']): Span | undefined {
  const parts = [children.withProperties?.[0], children.formatClause?.[0]].filter((part) => part !== undefined)
  const [first] = parts
  const last = parts.at(-1)
  if (first === undefined || last === undefined) return undefined
  return { ...context.span(first), end: context.span(last).end }
}

function buildCreateSink(context: BuildContext, node: CreateSinkCstNode, header: HeaderOf): CreateSink {
  const { target, relationName, query, connector } = node.children
  const input = relationName ? context.name(only(relationName)) : buildQuery(context, only(query))
  return { kind: 'create-sink', ...header(only(target)), input, connector: buildConnector(context, only(connector)) }
}

function buildCreateFunction(context: BuildContext, node: CreateFunctionCstNode, header: HeaderOf): CreateFunction {
  const { children } = node
  const language = children.newName?.[0]
  const body = buildExpression(context, only(children.expression))
  if (language && body.kind !== 'string') {
    context.error(body.span, 'SYNTAX', 'the body of a function in another language is a string')
  }
  const parameters = (children.functionParameter ?? []).map((parameter) => ({
    kind: 'function-parameter' as const,
    name: context.name(only(parameter.children.newName)),
    type: buildTypeName(context, only(parameter.children.typeName)),
    span: context.span(parameter),
  }))
  return {
    kind: 'create-function',
    ...header(only(children.target)),
    parameters,
    returns: buildTypeName(context, only(children.typeName)),
    language: language && context.name(language),
    body,
  }
}

// ---- columns and watermarks ----------------------------------------------------------------------------------

function buildElement(context: BuildContext, node: ElementCstNode): TableElement {
  const { primaryKey, watermark, column } = node.children
  if (watermark) return buildWatermark(context, only(watermark))
  if (column) return buildColumn(context, only(column))
  const columns = buildColumnNames(context, only(only(primaryKey).children.columnNames))
  return { kind: 'primary-key', columns, span: context.span(node) }
}

function buildColumn(context: BuildContext, node: ColumnCstNode): TableElement {
  const { newName, expression, typeName, columnConstraint = [] } = node.children
  const name = context.name(only(newName))
  const span = context.span(node)
  if (expression) {
    return { kind: 'computed-column', name, expression: buildExpression(context, only(expression)), span }
  }
  const constraint = (token: 'NULL' | 'PRIMARY' | 'METADATA') => {
    const found = columnConstraint.filter((candidate) => candidate.children[token])
    if (found[1]) context.error(context.span(found[1]), 'DUPLICATE_CLAUSE', 'the constraint is given twice')
    return found[0]
  }
  const metadata = constraint('METADATA')
  const column: ColumnDefinition = {
    kind: 'column-definition',
    name,
    type: buildTypeName(context, only(typeName)),
    notNull: constraint('NULL') !== undefined,
    primaryKey: constraint('PRIMARY') !== undefined,
    metadata: metadata && buildMetadata(context, metadata),
    span,
  }
  return column
}

function buildMetadata(context: BuildContext, node: ColumnConstraintCstNode): Metadata {
  const key = node.children.StringLiteral?.[0]
  return { kind: 'metadata', key: key && stringValue(key), span: context.span(node) }
}

function buildWatermark(context: BuildContext, node: WatermarkCstNode): WatermarkDefinition {
  const { columnName, expression, watermarkOption = [] } = node.children
  const option = (token: 'EMIT' | 'IDLE' | 'MAX') => {
    const found = watermarkOption.filter((candidate) => candidate.children[token])
    if (found[1]) context.error(context.span(found[1]), 'DUPLICATE_CLAUSE', `${token} is given twice`)
    return found[0]
  }
  const emit = option('EMIT')
  const idle = option('IDLE')
  const maxFuture = option('MAX')
  return {
    kind: 'watermark',
    column: context.name(only(columnName)),
    expression: expression && buildExpression(context, only(expression)),
    emit: emit && buildWatermarkEmit(context, emit),
    idleTimeout: idle && buildInterval(context, only(idle.children.interval)),
    maxFuture: maxFuture && buildMaxFuture(context, maxFuture),
    span: context.span(node),
  }
}

function buildWatermarkEmit(context: BuildContext, node: WatermarkOptionCstNode): WatermarkEmit {
  const { interval } = node.children
  const span = context.span(node)
  if (!interval) return { kind: 'emit-on-event', span }
  return { kind: 'emit-periodic', interval: buildInterval(context, only(interval)), span }
}

function buildMaxFuture(context: BuildContext, node: WatermarkOptionCstNode): MaxFuture {
  const action = node.children.futureAction?.[0]?.children
  return {
    kind: 'max-future',
    interval: buildInterval(context, only(node.children.interval)),
    action: action && (action.CLAMP ? 'clamp' : action.DROP ? 'drop' : 'dead-letter'),
    span: context.span(node),
  }
}

// ---- properties ----------------------------------------------------------------------------------------------

function buildConnector(context: BuildContext, node: ConnectorCstNode): Connector {
  const { withProperties, formatClause } = node.children
  return {
    kind: 'connector',
    properties: buildOptions(context, withProperties?.[0]),
    format: formatClause && buildFormat(context, only(formatClause)),
    span: context.span(node),
  }
}

function buildFormat(context: BuildContext, node: FormatClauseCstNode): FormatClause {
  const { PLAIN, UPSERT, JSON: json, AVRO, PROTOBUF, CSV, properties } = node.children
  return {
    kind: 'format',
    envelope: PLAIN ? 'plain' : UPSERT ? 'upsert' : 'debezium',
    encoding: json ? 'json' : AVRO ? 'avro' : PROTOBUF ? 'protobuf' : CSV ? 'csv' : 'bytes',
    properties: properties ? buildProperties(context, only(properties)) : [],
    span: context.span(node),
  }
}

function buildOptions(context: BuildContext, node: WithPropertiesCstNode | undefined): readonly Property[] {
  return node ? buildProperties(context, only(node.children.properties)) : []
}

export function buildProperties(context: BuildContext, node: PropertiesCstNode): readonly Property[] {
  const properties = node.children.property.map((property) => buildProperty(context, property))
  const seen = new Set<string>()
  for (const { key, keySpan } of properties) {
    if (seen.has(key)) context.error(keySpan, 'DUPLICATE_CLAUSE', `property "${key}" is given twice`)
    seen.add(key)
  }
  return properties
}

export function buildProperty(context: BuildContext, node: PropertyCstNode): Property {
  const keyNode = only(node.children.propertyKey)
  const text = keyNode.children.StringLiteral?.[0]
  const names = (keyNode.children.Name ?? []).map((token) => context.identifier(token).name)
  return {
    kind: 'property',
    key: text ? stringValue(text) : names.join('.'),
    keySpan: context.span(keyNode),
    value: buildPropertyValue(context, only(node.children.propertyValue)),
    span: context.span(node),
  }
}

function buildPropertyValue(context: BuildContext, node: PropertyValueCstNode): Literal {
  const { intervalLiteral, temporalLiteral, plainLiteral, Minus } = node.children
  if (intervalLiteral) return buildIntervalLiteral(context, only(intervalLiteral))
  if (temporalLiteral) return buildTemporalLiteral(context, only(temporalLiteral))
  return buildPlainLiteral(context, only(plainLiteral), Minus?.[0])
}
