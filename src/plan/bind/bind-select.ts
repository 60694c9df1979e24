// One SELECT: FROM, WHERE, GROUP BY, HAVING, the list, DISTINCT, in the order in which they happen.

import type { Expression as Node, Select, SelectItem, Star } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'
import { must } from '../../core/assert.ts'
import { STRING } from '../../core/type.ts'
import { fail } from '../diagnostics.ts'
import { allOf, literal } from '../expression-tree.ts'
import { filter, groupAggregate, type LogicalPlan, project } from '../logical/nodes.ts'
import type { Expression } from '../physical/expression.ts'
import { bindCondition, bindExpression, type ExpressionContext, plainContext } from './bind-expression.ts'
import { Grouping, isGrouped } from './bind-group.ts'
import { bindJoin } from './bind-join.ts'
import { bindLateral } from './bind-lateral.ts'
import { OverList } from './bind-over.ts'
import { type BoundRelation, bindRelation } from './bind-relation.ts'
import { bindRowNumber, type RowNumberPattern, rowNumberPattern } from './bind-row-number.ts'
import { bindSubquery, splitSubqueries } from './bind-subquery.ts'
import { bindUnnest } from './bind-unnest.ts'
import { castTo } from './cast.ts'
import { type Clauses, groupEmit, NO_CLAUSES, takesClauses } from './clauses.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Environment } from './environment.ts'
import { isNullable } from './nullable.ts'
import { bindOneRow } from './one-row.ts'
import type { Scope } from './scope.ts'

/** A column of the result. */
export interface OutputColumn {
  readonly name: string
  readonly expression: Expression
  readonly span: Span
}

export function bindSelect(
  select: Select,
  environment: Environment,
  clauses: Clauses,
  rowNumber?: RowNumberPattern,
): LogicalPlan {
  const pattern = rowNumberPattern(select)
  const inner = takesClauses(select) ? NO_CLAUSES : clauses
  const from =
    pattern === undefined ? bindFrom(select, environment, clauses) : bindRowNumberRelation(pattern, environment, inner)
  const where = pattern === undefined ? select.where : pattern.where
  const input = bindWhere(where, from, environment)
  return isGrouped(select)
    ? bindGroupedList(select, { plan: input, scope: from.scope }, environment, clauses, rowNumber)
    : bindPlainList(select, { plan: input, scope: from.scope }, environment, clauses, rowNumber)
}

/** Relations are joined from the left: each with what those before it have come to. */
function bindFrom(select: Select, environment: Environment, clauses: Clauses): BoundRelation {
  if (select.from === undefined) return bindOneRow()
  const inner = takesClauses(select) ? NO_CLAUSES : clauses
  const { from } = select
  const first =
    from.kind === 'unnest-relation'
      ? bindUnnest(bindOneRow(), from, undefined, environment)
      : bindRelation(from, environment, fromClauses(select, clauses, inner))
  const ofJoins = isGrouped(select) ? withLatenessOf(clauses) : clauses
  return select.joins.reduce((left, join) => {
    if (join.relation.kind === 'unnest-relation') return bindUnnest(left, join.relation, join, environment)
    if (join.relation.kind === 'derived-relation' && join.relation.lateral) {
      const bindInner = (inner: Select, within: Environment) => bindFrom(inner, within, NO_CLAUSES)
      return bindLateral(left, join.relation, join, environment, bindInner)
    }
    const right = bindRelation(join.relation, environment, withLatenessOf(clauses))
    return bindJoin(left, right, join, environment, ofJoins)
  }, first)
}

/** What comes before a group must not drop what the group still waits for. */
function withLatenessOf({ allowedLatenessMs }: Clauses): Clauses {
  return { ...NO_CLAUSES, allowedLatenessMs, used: { late: false, emit: false } }
}

/** A table function in FROM is the select's own window, so that it takes the clauses unless a group follows. */
function fromClauses(select: Select, clauses: Clauses, inner: Clauses): Clauses {
  if (select.from?.kind === 'deduplicate-relation') return clauses
  if (select.from?.kind === 'match-recognize') return isGrouped(select) ? inner : clauses
  if (select.from?.kind === 'window-relation') {
    if (!isGrouped(select)) return clauses
    // Where the function can't be taken out of FROM.
    return withLatenessOf(clauses)
  }
  return inner
}

function bindRowNumberRelation(pattern: RowNumberPattern, environment: Environment, clauses: Clauses): BoundRelation {
  return bindRowNumber(pattern, environment, clauses, bindSelect)
}

function bindWhere(where: Node | undefined, from: BoundRelation, environment: Environment): LogicalPlan {
  const { subqueries, rest } = splitSubqueries(where)
  const context = plainContext(environment, from.scope, 'WHERE')
  const conditions = rest.flatMap((one) => {
    const bound = environment.diagnostics.attempt(() => bindCondition(one, context, 'WHERE'))
    return bound === undefined ? [] : [bound]
  })
  const plan = conditions.length === 0 ? from.plan : filter(from.plan, allOf(conditions))
  const bindInner = (select: Select, inner: Environment) => bindFrom(select, inner, NO_CLAUSES)
  return subqueries.reduce((relation, one) => bindSubquery(relation, one, environment, bindInner), {
    plan,
    scope: from.scope,
  }).plan
}

function bindPlainList(
  select: Select,
  from: BoundRelation,
  environment: Environment,
  clauses: Clauses,
  rowNumber: RowNumberPattern | undefined,
): LogicalPlan {
  const overs = new OverList(from, environment)
  const context: ExpressionContext = {
    ...plainContext(environment, from.scope, 'SELECT'),
    over: rowNumber === undefined ? (node, clause) => overs.bind(node, clause) : undefined,
  }
  const output = bindList(select, context, from.scope, rowNumber)
  if (rowNumber !== undefined) {
    return rowNumber.build({
      input: from.plan,
      output,
      bind: (node) => bindExpression(node, context),
      clauses,
      bounded: environment.bounded,
    })
  }
  if (!overs.isUsed) return bindDistinct(select, projectTo(from.plan, output), environment, clauses)
  const plan = overs.build(clauses)
  const resolved = output.map((one) => ({ ...one, expression: overs.resolve(one.expression, plan) }))
  return bindDistinct(select, projectTo(plan, resolved), environment, clauses)
}

function bindGroupedList(
  select: Select,
  from: BoundRelation,
  environment: Environment,
  clauses: Clauses,
  rowNumber: RowNumberPattern | undefined,
): LogicalPlan {
  const grouping = new Grouping(select, from, environment, clauses)
  const output = bindList(select, grouping.context('SELECT'), from.scope, rowNumber)
  const having = select.having && environment.diagnostics.attempt(() => bindHaving(select, grouping))
  const ranking = rowNumber?.bindOrder((node) => bindExpression(node, grouping.context('OVER')))
  const aggregated = grouping.build()
  const resolve = (one: Expression, span: Span) => grouping.resolve(one, span)
  const attempt = <T>(bind: () => T) => environment.diagnostics.attempt(bind)
  const columns = output.map((one) => ({
    ...one,
    expression: attempt(() => resolve(one.expression, one.span)) ?? literal(null, one.expression.type),
  }))
  const condition = having && attempt(() => resolve(having, must(select.having, 'HAVING').span))
  const filtered = condition === undefined ? aggregated : filter(aggregated, condition)
  if (rowNumber !== undefined) {
    const resolved = new Map(ranking?.map(({ node, bound }) => [node, resolve(bound, node.span)]))
    return rowNumber.build({
      input: filtered,
      output: columns,
      bind: (node) => must(resolved.get(node), 'a ranking expression'),
      clauses,
      bounded: environment.bounded,
    })
  }
  return bindDistinct(select, projectTo(filtered, columns), environment, clauses)
}

function bindHaving(select: Select, grouping: Grouping): Expression {
  return bindCondition(must(select.having, 'HAVING'), grouping.context('HAVING'), 'HAVING')
}

/** SELECT DISTINCT is a group of all columns. */
function bindDistinct(select: Select, plan: LogicalPlan, environment: Environment, clauses: Clauses): LogicalPlan {
  if (!select.distinct) return plan
  const groupBy = plan.schema.fields.map((_, i) => i)
  // A window below has taken EMIT FINAL for itself; without one it is an error here as for any group.
  const changes = clauses.used.emit ? { ...clauses, emitMode: undefined } : clauses
  return groupAggregate(plan, { groupBy, aggregates: [], emit: groupEmit(changes, environment) })
}

export function bindList(
  select: Select,
  context: ExpressionContext,
  scope: Scope,
  rowNumber: RowNumberPattern | undefined,
): readonly OutputColumn[] {
  const { diagnostics } = context.environment
  const output: OutputColumn[] = []
  for (const [i, item] of select.items.entries()) {
    if (rowNumber !== undefined && item === rowNumber.item) {
      output.push(rowNumber.output)
      continue
    }
    const columns = diagnostics.attempt(() =>
      item.kind === 'star' ? expandStar(item, scope, context, select) : [bindItem(item, i, context)],
    )
    output.push(...(columns ?? []))
  }
  return output
}

function bindItem(item: SelectItem, index: number, context: ExpressionContext): OutputColumn {
  const bound = bindExpression(item.expression, context)
  const expression = bound.type.kind === 'null' ? castTo(bound, STRING) : bound
  return { name: item.alias?.name ?? outputName(item.expression, index), expression, span: item.expression.span }
}

/** The name of a column that has no alias: its own, else that of the function. */
export function outputName(node: Node, index: number): string {
  switch (node.kind) {
    case 'column':
      return must(node.path.at(-1), 'a path').name
    case 'field':
      return node.field.name
    case 'call':
      return node.name.name
    case 'cast':
      return outputName(node.operand, index)
    case 'case':
      return 'case'
    default:
      return `_col${index}`
  }
}

function expandStar(star: Star, scope: Scope, context: ExpressionContext, select: Select): readonly OutputColumn[] {
  if (select.from === undefined) fail(star.span, 'INVALID_QUERY', '* stands for the columns of FROM, and there is none')
  const qualifier = star.qualifier?.name
  if (star.qualifier !== undefined && !scope.hasQualifier(star.qualifier.name)) {
    const names = [...new Set(scope.columns.flatMap((one) => one.qualifier ?? []))]
    fail(star.qualifier.span, 'UNKNOWN_RELATION', `there is no relation "${qualifier}" in FROM`, {
      hint: didYouMean(star.qualifier.name, names, 'In FROM'),
    })
  }
  if (isGrouped(select)) {
    fail(star.span, 'NOT_GROUPED', '* is not allowed with GROUP BY', {
      hint: 'Name the grouped columns and aggregates that you want.',
    })
  }
  return scope.columns.flatMap((one, i) => {
    if (qualifier === undefined ? one.hidden === true : one.qualifier !== qualifier) return []
    return [{ name: one.name, expression: context.scope.at(i), span: star.span }]
  })
}

export function projectTo(input: LogicalPlan, output: readonly OutputColumn[]): LogicalPlan {
  const { fields } = input.schema
  const names = output.map((one) => ({ name: one.name, nullable: isNullable(one.expression, fields) }))
  return project(
    input,
    output.map((one) => one.expression),
    names,
  )
}
