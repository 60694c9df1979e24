// Prints statements as canonical SQL on one line, without the semicolon: parse(print(s)) equals s but for its spans.

import type {
  AlterQuery,
  AlterRelation,
  AssertValues,
  Connector,
  CreateFunction,
  CreateSink,
  CreateStream,
  CreateTable,
  Drop,
  Explain,
  Identifier,
  Insert,
  Property,
  Statement,
  TableElement,
  Values,
  WatermarkDefinition,
} from './ast.ts'
import {
  isPlain,
  printExpression,
  printIdentifier,
  printInterval,
  printList,
  printNames,
  printString,
  printType,
} from './print-expression.ts'
import { printQuery } from './print-query.ts'

export { printExpression, printIdentifier, printInterval, printString, printType } from './print-expression.ts'

export function print(statement: Statement): string {
  switch (statement.kind) {
    case 'query':
      return printQuery(statement)
    case 'create-stream':
    case 'create-table':
      return printCreateRelation(statement)
    case 'create-as': {
      const head = printHeader(statement, statement.object.toUpperCase())
      return `${head}${printOptions(statement.options)} AS ${printQuery(statement.query)}`
    }
    case 'create-materialized-view': {
      const head = printHeader(statement, 'MATERIALIZED VIEW')
      return `${head}${printOptions(statement.options)} AS ${printQuery(statement.query)}`
    }
    case 'create-view':
      return `${printHeader(statement, 'VIEW')} AS ${printQuery(statement.query)}`
    case 'create-sink':
      return printCreateSink(statement)
    case 'create-function':
      return printCreateFunction(statement)
    case 'create-savepoint':
      return `CREATE SAVEPOINT ${printIdentifier(statement.name)} FOR QUERY ${printIdentifier(statement.query)}`
    case 'insert':
      return printInsert(statement)
    case 'explain':
      return printExplain(statement)
    default:
      return printSmall(statement)
  }
}

type Large =
  | 'query'
  | 'create-stream'
  | 'create-table'
  | 'create-as'
  | 'create-materialized-view'
  | 'create-view'
  | 'create-sink'
  | 'create-function'
  | 'create-savepoint'
  | 'insert'
  | 'explain'

function printSmall(statement: Exclude<Statement, { kind: Large }>): string {
  switch (statement.kind) {
    case 'show':
      return `SHOW ${statement.what.toUpperCase().replace('-', ' ')}`
    case 'describe':
      return `DESCRIBE ${statement.extended ? 'EXTENDED ' : ''}${printIdentifier(statement.name)}`
    case 'drop':
      return printDrop(statement)
    case 'alter-query':
      return printAlterQuery(statement)
    case 'alter-relation':
      return printAlterRelation(statement)
    case 'lifecycle': {
      const target = statement.query === undefined ? 'ALL' : `QUERY ${printIdentifier(statement.query)}`
      return `${statement.action.toUpperCase()} ${target}`
    }
    case 'set':
      return `SET ${printProperty(statement.property)}`
    case 'print': {
      const limit = statement.limit === undefined ? '' : ` LIMIT ${statement.limit}`
      return `PRINT ${printIdentifier(statement.topic)}${statement.fromBeginning ? ' FROM BEGINNING' : ''}${limit}`
    }
    case 'reset-query': {
      const to = typeof statement.to === 'string' ? statement.to.toUpperCase() : printExpression(statement.to)
      return `RESET QUERY ${printIdentifier(statement.query)} TO ${to}`
    }
    case 'assert-values':
      return printAssert(statement)
    case 'advance-watermark':
      return `ADVANCE WATERMARK ${printIdentifier(statement.name)} TO ${printExpression(statement.to)}`
    case 'advance-wallclock':
      return `ADVANCE WALLCLOCK BY ${printInterval(statement.by)}`
  }
}

// ---- CREATE --------------------------------------------------------------------------------------------------

interface Header {
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly name: Identifier
}

function printHeader({ orReplace, ifNotExists, name }: Header, object: string): string {
  const create = orReplace ? 'CREATE OR REPLACE' : 'CREATE'
  return `${create} ${object} ${ifNotExists ? 'IF NOT EXISTS ' : ''}${printIdentifier(name)}`
}

function printCreateRelation(statement: CreateStream | CreateTable): string {
  const head = printHeader(statement, statement.kind === 'create-stream' ? 'STREAM' : 'TABLE')
  const { elements, connector } = statement
  return `${head}${elements.length === 0 ? '' : ` (${elements.map(printElement).join(', ')})`}${printConnector(connector)}`
}

function printCreateSink(statement: CreateSink): string {
  const { input } = statement
  const source = input.kind === 'identifier' ? `FROM ${printIdentifier(input)}` : `AS ${printQuery(input)}`
  return `${printHeader(statement, 'SINK')} ${source}${printConnector(statement.connector)}`
}

function printCreateFunction(statement: CreateFunction): string {
  const parameters = statement.parameters.map(({ name, type }) => `${printIdentifier(name)} ${printType(type)}`)
  const language = statement.language === undefined ? '' : ` LANGUAGE ${printIdentifier(statement.language)}`
  const signature = `(${parameters.join(', ')}) RETURNS ${printType(statement.returns)}`
  return `${printHeader(statement, 'FUNCTION')}${signature}${language} AS ${printExpression(statement.body)}`
}

function printElement(element: TableElement): string {
  switch (element.kind) {
    case 'column-definition': {
      const parts = [printIdentifier(element.name), printType(element.type)]
      if (element.notNull) parts.push('NOT NULL')
      if (element.primaryKey) parts.push('PRIMARY KEY')
      if (element.metadata) parts.push('METADATA')
      if (element.metadata?.key !== undefined) parts.push(`FROM ${printString(element.metadata.key)}`)
      return parts.join(' ')
    }
    case 'computed-column':
      return `${printIdentifier(element.name)} AS ${printExpression(element.expression)}`
    case 'primary-key':
      return `PRIMARY KEY (${printNames(element.columns)})`
    case 'watermark':
      return printWatermark(element)
  }
}

function printWatermark({ column, expression, emit, idleTimeout, maxFuture }: WatermarkDefinition): string {
  const parts = [`WATERMARK FOR ${printIdentifier(column)}`]
  if (expression) parts.push(`AS ${printExpression(expression)}`)
  if (emit?.kind === 'emit-on-event') parts.push('EMIT ON EVENT')
  if (emit?.kind === 'emit-periodic') parts.push(`EMIT PERIODIC ${printInterval(emit.interval)}`)
  if (idleTimeout) parts.push(`IDLE TIMEOUT ${printInterval(idleTimeout)}`)
  if (maxFuture) parts.push(`MAX FUTURE ${printInterval(maxFuture.interval)}`)
  if (maxFuture?.action) parts.push(maxFuture.action.toUpperCase().replace('-', ' '))
  return parts.join(' ')
}

function printConnector({ properties, format }: Connector): string {
  const head = printOptions(properties)
  if (format === undefined) return head
  const options = format.properties.length === 0 ? '' : ` ${printProperties(format.properties)}`
  return `${head} FORMAT ${format.envelope.toUpperCase()} ENCODE ${format.encoding.toUpperCase()}${options}`
}

function printOptions(properties: readonly Property[]): string {
  return properties.length === 0 ? '' : ` WITH ${printProperties(properties)}`
}

function printProperties(properties: readonly Property[]): string {
  return `(${properties.map(printProperty).join(', ')})`
}

function printProperty({ key, value }: Property): string {
  return `${key.split('.').every(isPlain) ? key : printString(key)} = ${printExpression(value)}`
}

// ---- the other statements ------------------------------------------------------------------------------------

function printInsert({ target, columns, source }: Insert): string {
  const list = columns === undefined ? '' : ` (${printNames(columns)})`
  const rows = source.kind === 'values' ? printValues(source) : printQuery(source)
  return `INSERT INTO ${printIdentifier(target)}${list} ${rows}`
}

function printValues({ rows }: Values): string {
  return `VALUES ${rows.map((row) => `(${printList(row)})`).join(', ')}`
}

function printExplain({ mode, options, target }: Explain): string {
  const written = options.length === 0 ? '' : ` ${printProperties(options)}`
  const head = mode === 'plan' ? 'EXPLAIN' : `EXPLAIN ${mode.toUpperCase()}${written}`
  return `${head} ${target.kind === 'identifier' ? `QUERY ${printIdentifier(target)}` : print(target)}`
}

function printDrop({ object, ifExists, name, cascade }: Drop): string {
  const what = object.toUpperCase().replace('-', ' ')
  return `DROP ${what} ${ifExists ? 'IF EXISTS ' : ''}${printIdentifier(name)}${cascade ? ' CASCADE' : ''}`
}

function printAlterQuery({ object, query, action }: AlterQuery): string {
  const head = `ALTER ${object.toUpperCase().replace('-', ' ')} ${printIdentifier(query)}`
  return action.kind === 'query'
    ? `${head} AS ${printQuery(action)}`
    : `${head} SET ${printProperties(action.properties)}`
}

function printAlterRelation({ object, name, action }: AlterRelation): string {
  const head = `ALTER ${object.toUpperCase()} ${printIdentifier(name)}`
  return action.kind === 'add-column'
    ? `${head} ADD COLUMN ${printIdentifier(action.column)} ${printType(action.type)}`
    : `${head} SET ${printProperties(action.properties)}`
}

function printAssert({ deleted, name, columns, values }: AssertValues): string {
  const list = columns === undefined ? '' : ` (${printNames(columns)})`
  return `ASSERT ${deleted ? 'NULL ' : ''}VALUES ${printIdentifier(name)}${list} ${printValues(values)}`
}
