// Concrete to abstract syntax tree: the build-*.ts files are the only ones that see the former. This one builds the
// statements other than CREATE.

import type {
  AssertValues,
  Drop,
  DropTarget,
  Explain,
  Insert,
  Lifecycle,
  Print,
  ResetQuery,
  ShowTarget,
  Statement,
  Values,
} from './ast.ts'
import { type BuildContext, only, stringValue } from './build-context.ts'
import { buildCreate, buildProperties, buildProperty } from './build-create.ts'
import { buildExpression } from './build-expression.ts'
import { buildColumnNames, buildInterval, buildTimestamp, buildTypeName } from './build-leaf.ts'
import { buildLimit, buildQuery } from './build-query.ts'
import type {
  AdvanceCstNode,
  AlterCstNode,
  AssertValuesCstNode,
  DescribeCstNode,
  DropCstNode,
  ExplainCstNode,
  InsertCstNode,
  LifecycleCstNode,
  PlainStatementCstNode,
  PrintCstNode,
  ResetQueryCstNode,
  SetPropertiesCstNode,
  ShowCstNode,
  StatementCstNode,
  ValuesCstNode,
} from './cst.gen.ts'

export function buildStatement(context: BuildContext, node: StatementCstNode): Statement {
  const { explain, plainStatement } = node.children
  return explain ? buildExplain(context, only(explain)) : buildPlain(context, only(plainStatement))
}

function buildExplain(context: BuildContext, node: ExplainCstNode): Explain {
  const { ANALYZE, REPLACE, FLINK, properties, queryName, plainStatement } = node.children
  return {
    kind: 'explain',
    mode: ANALYZE ? 'analyze' : REPLACE ? 'replace' : FLINK ? 'flink' : 'plan',
    options: properties ? buildProperties(context, only(properties)) : [],
    target: queryName ? context.name(only(queryName)) : buildPlain(context, only(plainStatement)),
    span: context.span(node),
  }
}

function buildPlain(context: BuildContext, node: PlainStatementCstNode): Statement {
  const { children } = node
  if (children.query) return buildQuery(context, only(children.query))
  if (children.create) return buildCreate(context, only(children.create))
  if (children.insert) return buildInsert(context, only(children.insert))
  if (children.show) return buildShow(context, only(children.show))
  if (children.describe) return buildDescribe(context, only(children.describe))
  if (children.drop) return buildDrop(context, only(children.drop))
  if (children.alter) return buildAlter(context, only(children.alter))
  if (children.lifecycle) return buildLifecycle(context, only(children.lifecycle))
  if (children.print) return buildPrint(context, only(children.print))
  if (children.resetQuery) return buildReset(context, only(children.resetQuery))
  if (children.assertValues) return buildAssert(context, only(children.assertValues))
  if (children.advance) return buildAdvance(context, only(children.advance))
  const property = buildProperty(context, only(only(children.setOption).children.property))
  return { kind: 'set', property, span: context.span(node) }
}

function buildInsert(context: BuildContext, node: InsertCstNode): Insert {
  const { relationName, columnNames, values, query } = node.children
  return {
    kind: 'insert',
    target: context.name(only(relationName)),
    columns: columnNames && buildColumnNames(context, only(columnNames)),
    source: values ? buildValues(context, only(values)) : buildQuery(context, only(query)),
    span: context.span(node),
  }
}

function buildValues(context: BuildContext, node: ValuesCstNode): Values {
  const rows = node.children.row.map((row) =>
    row.children.expression.map((expression) => buildExpression(context, expression)),
  )
  return { kind: 'values', rows, span: context.span(node) }
}

function buildShow(context: BuildContext, node: ShowCstNode): Statement {
  const { STREAMS, TABLES, MATERIALIZED, VIEWS, SINKS, QUERIES, FUNCTIONS } = node.children
  const targets: readonly (readonly [unknown, ShowTarget])[] = [
    [STREAMS, 'streams'],
    [TABLES, 'tables'],
    [MATERIALIZED, 'materialized-views'],
    [VIEWS, 'views'],
    [SINKS, 'sinks'],
    [QUERIES, 'queries'],
    [FUNCTIONS, 'functions'],
  ]
  const what = targets.find(([token]) => token !== undefined)?.[1] ?? 'topics'
  return { kind: 'show', what, span: context.span(node) }
}

function buildDescribe(context: BuildContext, node: DescribeCstNode): Statement {
  const { EXTENDED, relationName } = node.children
  const name = context.name(only(relationName))
  return { kind: 'describe', extended: EXTENDED !== undefined, name, span: context.span(node) }
}

function buildDrop(context: BuildContext, node: DropCstNode): Drop {
  const { STREAM, TABLE, MATERIALIZED, VIEW, SINK, FUNCTION, SAVEPOINT, IF, CASCADE } = node.children
  const targets: readonly (readonly [unknown, DropTarget])[] = [
    [STREAM, 'stream'],
    [TABLE, 'table'],
    [MATERIALIZED, 'materialized-view'],
    [VIEW, 'view'],
    [SINK, 'sink'],
    [FUNCTION, 'function'],
    [SAVEPOINT, 'savepoint'],
  ]
  return {
    kind: 'drop',
    object: targets.find(([token]) => token !== undefined)?.[1] ?? 'query',
    ifExists: IF !== undefined,
    name: context.name(only(node.children.relationName)),
    cascade: CASCADE !== undefined,
    span: context.span(node),
  }
}

function buildAlter(context: BuildContext, node: AlterCstNode): Statement {
  const { queryName, relationName, alteration, addColumn, setProperties, STREAM, MATERIALIZED, SINK } = node.children
  const span = context.span(node)
  if (alteration) {
    const { query, setProperties: set } = only(alteration).children
    return {
      kind: 'alter-query',
      object: MATERIALIZED ? 'materialized-view' : SINK ? 'sink' : 'query',
      query: context.name(queryName ? only(queryName) : only(relationName)),
      action: query ? buildQuery(context, only(query)) : buildSet(context, only(set)),
      span,
    }
  }
  const add = addColumn?.[0]
  const action = add
    ? ({
        kind: 'add-column',
        column: context.name(only(add.children.newName)),
        type: buildTypeName(context, only(add.children.typeName)),
        span: context.span(add),
      } as const)
    : buildSet(context, only(setProperties))
  const name = context.name(only(relationName))
  return { kind: 'alter-relation', object: STREAM ? 'stream' : 'table', name, action, span }
}

function buildSet(context: BuildContext, node: SetPropertiesCstNode) {
  const properties = buildProperties(context, only(node.children.properties))
  return { kind: 'set-properties', properties, span: context.span(node) } as const
}

function buildLifecycle(context: BuildContext, node: LifecycleCstNode): Lifecycle {
  const { PAUSE, RESUME, queryName } = node.children
  return {
    kind: 'lifecycle',
    action: PAUSE ? 'pause' : RESUME ? 'resume' : 'terminate',
    query: queryName && context.name(only(queryName)),
    span: context.span(node),
  }
}

function buildPrint(context: BuildContext, node: PrintCstNode): Print {
  const { Name, StringLiteral, BEGINNING, limit } = node.children
  const text = StringLiteral?.[0]
  return {
    kind: 'print',
    topic: text
      ? { kind: 'identifier', name: stringValue(text), span: context.span(text) }
      : context.identifier(only(Name)),
    fromBeginning: BEGINNING !== undefined,
    limit: limit && buildLimit(only(limit)),
    span: context.span(node),
  }
}

function buildReset(context: BuildContext, node: ResetQueryCstNode): ResetQuery {
  const { queryName, TIMESTAMP, StringLiteral, LATEST } = node.children
  const text = StringLiteral?.[0]
  const to = text
    ? buildTimestamp(context, stringValue(text), context.between(only(TIMESTAMP), text))
    : LATEST
      ? ('latest' as const)
      : ('earliest' as const)
  return { kind: 'reset-query', query: context.name(only(queryName)), to, span: context.span(node) }
}

function buildAssert(context: BuildContext, node: AssertValuesCstNode): AssertValues {
  const { NULL, relationName, columnNames, values } = node.children
  return {
    kind: 'assert-values',
    deleted: NULL !== undefined,
    name: context.name(only(relationName)),
    columns: columnNames && buildColumnNames(context, only(columnNames)),
    values: buildValues(context, only(values)),
    span: context.span(node),
  }
}

function buildAdvance(context: BuildContext, node: AdvanceCstNode): Statement {
  const { relationName, expression, interval } = node.children
  const span = context.span(node)
  if (interval) return { kind: 'advance-wallclock', by: buildInterval(context, only(interval)), span }
  const to = buildExpression(context, only(expression))
  return { kind: 'advance-watermark', name: context.name(only(relationName)), to, span }
}
