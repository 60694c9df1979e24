// FROM: names to streams, tables, views and queries of WITH; derived tables; the table functions.

import type {
  DeduplicateRelation,
  DerivedRelation,
  Identifier,
  NamedRelation,
  Relation as Node,
  WindowRelation,
} from '../../../grammar/ast.ts'
import { parse } from '../../../grammar/index.ts'
import type { MaterializedRelation, Relation, SourceRelation, ViewRelation } from '../catalog.ts'
import { isLogConnector } from '../connectors.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { deduplicate, groupAggregate, type LogicalPlan, scan, windowAssign } from '../logical/nodes.ts'
import { BOUNDED } from '../physical/lower-scan.ts'
import type { StartupSpec } from '../physical/nodes.ts'
import { bindChangelog } from './bind-changelog.ts'
import { bindMatchRecognize } from './bind-match-recognize.ts'
import { bindQuery } from './bind-query.ts'
import { bindWindow, bindWindowTime, positive } from './bind-window.ts'
import { type Clauses, latePolicy, NO_CLAUSES } from './clauses.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Environment } from './environment.ts'
import { columnPosition, Scope } from './scope.ts'
import { startupOption } from './session.ts'

export interface BoundRelation {
  readonly plan: LogicalPlan
  readonly scope: Scope
}

/** Views in views in views: bounds the work of a chain of them. */
export const VIEW_NESTING_MAX = 16

export function bindRelation(node: Node, environment: Environment, clauses: Clauses): BoundRelation {
  switch (node.kind) {
    case 'named-relation':
      return bindNamed(node, environment)
    case 'derived-relation':
      return bindDerived(node, environment, clauses)
    case 'window-relation':
      return bindWindowRelation(node, environment, clauses)
    case 'deduplicate-relation':
      return bindDeduplicate(node, environment, clauses)
    case 'changelog-relation':
      return bindChangelog(node, bindRelation(node.input, environment, NO_CLAUSES))
    case 'unnest-relation':
      return notSupported(node.span, 'UNNEST')
    case 'match-recognize':
      return bindMatchRecognize(node, environment, clauses)
  }
}

function bindDerived(node: DerivedRelation, environment: Environment, clauses: Clauses): BoundRelation {
  const plan = bindQuery(node.query, environment, clauses)
  const alias = node.alias?.name
  return { plan, scope: Scope.of(plan.schema, alias, alias === undefined ? 'the query' : `query "${alias}"`) }
}

function bindNamed(node: NamedRelation, environment: Environment): BoundRelation {
  const { name } = node.name
  const qualifier = node.alias?.name ?? name
  const common = environment.commonTables.get(name)
  if (common !== undefined) {
    const plan = bindQuery(common.query, common.environment, NO_CLAUSES)
    return { plan, scope: Scope.of(plan.schema, qualifier, `query "${name}"`) }
  }
  const relation = findRelation(node.name, environment)
  const description = `${relation.kind.replaceAll('-', ' ')} "${name}"`
  const plan = relation.kind === 'view' ? expandView(relation, node.name, environment) : scanOf(relation, environment)
  return { plan, scope: Scope.of(plan.schema, qualifier, description) }
}

function findRelation(name: Identifier, environment: Environment): Relation {
  const { catalog } = environment
  const relation = catalog.relation(name.name)
  if (relation !== undefined) {
    environment.reads.add(name.name)
    return relation
  }
  const names = [...environment.commonTables.keys(), ...catalog.relations().map((one) => one.name)]
  const caseHint = catalog.relation(name.name.toLowerCase()) ? `Did you mean "${name.name.toLowerCase()}"?` : undefined
  fail(name.span, 'UNKNOWN_RELATION', `there is no stream, table or view "${name.name}"`, {
    hint:
      caseHint ?? didYouMean(name.name, names) ?? 'SHOW STREAMS, SHOW TABLES and SHOW MATERIALIZED VIEWS list them.',
  })
}

function scanOf(relation: SourceRelation | MaterializedRelation, environment: Environment): LogicalPlan {
  const columns = relation.schema.fields.map((_, i) => i)
  const from = environment.session.boundedInput ? endingNow(relation) : relation
  const plan = scan(from, columns, startupOf(relation, environment), environment.bounded)
  if (!environment.bounded || plan.schema.mode === 'append') return plan
  // A log of changes, read as it is now: what is left of them at its end.
  return groupAggregate(plan, { groupBy: columns, aggregates: [], emit: { mode: 'final', everyMs: undefined } })
}

/** A topic that is read up to where it ends now. The results of a query end when the query does. */
function endingNow(relation: SourceRelation | MaterializedRelation): SourceRelation | MaterializedRelation {
  if (!('connector' in relation) || !isLogConnector(relation.connector.kind)) return relation
  const options = { ...relation.connector.options, ...BOUNDED }
  return { ...relation, connector: { ...relation.connector, options } }
}

function groupOffsets(options: Readonly<Record<string, string>>): StartupSpec {
  const { 'properties.group.id': group = '', 'properties.auto.offset.reset': reset } = options
  return { kind: 'group-offsets', group, otherwise: reset === 'earliest' || reset === 'latest' ? reset : 'none' }
}

/** A table without its first rows is no table: only streams may be read from now on. */
function startupOf(relation: SourceRelation | MaterializedRelation, environment: Environment): StartupSpec {
  if (environment.bounded || relation.schema.mode !== 'append' || relation.kind === 'table') return { kind: 'earliest' }
  if (relation.kind === 'stream') {
    const { options } = relation.connector
    const { startup } = environment.session
    if (startup === undefined && options['scan.startup.mode'] === 'group-offsets') return groupOffsets(options)
    const own = startup ?? startupOption(options['scan.startup.mode'], options['scan.startup.timestamp-millis'])
    return own ?? environment.startup
  }
  // Whoever subscribes to a view begins with what it holds; late rows and dead letters are looked at after they came.
  return environment.session.startup ?? { kind: 'earliest' }
}

/** The view's query in its place. Errors inside of it are those of another text, so they point at the name. */
function expandView(view: ViewRelation, name: Identifier, environment: Environment): LogicalPlan {
  if (environment.expanding.includes(view.name) || environment.expanding.length >= VIEW_NESTING_MAX) {
    fail(name.span, 'INVALID_QUERY', `view "${view.name}" contains itself`)
  }
  const statement = parse(view.sql).statements[0]
  const query = statement?.kind === 'create-view' ? statement.query : statement
  if (query?.kind !== 'query') fail(name.span, 'INVALID_QUERY', `view "${view.name}" can't be read any more`)
  const inner: Environment = {
    ...environment,
    commonTables: new Map(),
    expanding: [...environment.expanding, view.name],
  }
  return environment.diagnostics.within(name.span, `in view "${view.name}"`, () => bindQuery(query, inner, NO_CLAUSES))
}

function bindWindowRelation(node: WindowRelation, environment: Environment, clauses: Clauses): BoundRelation {
  const input = bindRelation(node.input, environment, NO_CLAUSES)
  const time = bindWindowTime(node.time, input.scope, input.plan, environment)
  const spec = bindWindow(node.window)
  if (node.partitionBy[0] !== undefined && spec.kind !== 'session') {
    fail(
      node.partitionBy[0].span,
      'INVALID_WINDOW',
      `PARTITION BY is for SESSION; ${spec.kind} windows are the same for all rows`,
    )
  }
  const late = latePolicy(clauses, time, input.plan.schema, environment)
  const partitionBy = node.partitionBy.map((one) => columnPosition(one, input.scope))
  const plan = windowAssign(input.plan, spec, time, late, partitionBy)
  const alias = node.alias?.name
  const qualified = input.scope.columns.map((one) => (alias === undefined ? one : { ...one, qualifier: alias }))
  const qualifier = alias ?? input.scope.columns[0]?.qualifier
  const added = plan.schema.fields.slice(-2).map((field) => ({ ...field, qualifier }))
  return {
    plan,
    scope: new Scope([...qualified, ...added], plan.schema.timeColumn, input.scope.description),
  }
}

function bindDeduplicate(node: DeduplicateRelation, environment: Environment, clauses: Clauses): BoundRelation {
  const input = bindRelation(node.input, environment, NO_CLAUSES)
  if (input.plan.schema.mode !== 'append') {
    fail(
      node.input.span,
      'INVALID_QUERY',
      `DEDUPLICATE reads a stream, and ${input.scope.description} changes its rows`,
    )
  }
  if (node.time !== undefined) bindWindowTime(node.time, input.scope, input.plan, environment)
  const withinMs = node.within && positive(node.within, 'time of WITHIN')
  if (withinMs !== undefined && input.plan.schema.timeColumn === undefined) {
    fail(
      node.within?.span ?? node.span,
      'INVALID_TIME_COLUMN',
      `${input.scope.description} has no event time, which WITHIN needs`,
    )
  }
  const partitionBy = node.partitionBy.map((one) => columnPosition(one, input.scope))
  const late = latePolicy(clauses, 'event', input.plan.schema, environment)
  const plan = deduplicate(input.plan, { partitionBy, keep: 'first', withinMs, late })
  const alias = node.alias?.name
  const columns = input.scope.columns.map((one) => (alias === undefined ? one : { ...one, qualifier: alias }))
  return { plan, scope: new Scope(columns, plan.schema.timeColumn, input.scope.description) }
}
