// IN (SELECT …) and EXISTS (SELECT …) in WHERE: a row stays while the subquery has a row for it, or, with NOT, while it
// has none. A stream asks what the subquery's rows are when its own row comes; the rows of a table come and go with them.

import type { Exists, InQuery, Expression as Node, Query, Select } from '../../../grammar/ast.ts'
import { BOOLEAN, typeName } from '../../core/type.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { allOf, column, mapColumns } from '../expression-tree.ts'
import { isUniqueBy } from '../logical/join.ts'
import { filter, groupAggregate, type LogicalPlan, project } from '../logical/nodes.ts'
import type { Expression } from '../physical/expression.ts'
import type { JoinType } from '../physical/join-steps.ts'
import { bindCondition, bindExpression, plainContext } from './bind-expression.ts'
import { bindQuery, withCommonTables } from './bind-query.ts'
import type { BoundRelation } from './bind-relation.ts'
import { buildJoin } from './build-join.ts'
import { castTo, commonTypeOf } from './cast.ts'
import { NO_CLAUSES, takesClauses } from './clauses.ts'
import type { Environment } from './environment.ts'
import { analyseCondition, type JoinCondition, sideOf } from './join-condition.ts'
import { isNullable } from './nullable.ts'
import { Scope } from './scope.ts'

export interface SubqueryCondition {
  readonly node: InQuery | Exists
  readonly negated: boolean
}

/** WHERE taken apart: the subqueries that all have to hold, and the rest. */
export function splitSubqueries(where: Node | undefined): {
  readonly subqueries: readonly SubqueryCondition[]
  readonly rest: readonly Node[]
} {
  const subqueries: SubqueryCondition[] = []
  const rest: Node[] = []
  const visit = (node: Node): void => {
    if (node.kind === 'logical' && node.operator === 'and') node.operands.forEach(visit)
    else if (node.kind === 'in-query') subqueries.push({ node, negated: node.negated })
    else if (node.kind === 'exists') subqueries.push({ node, negated: false })
    else if (node.kind === 'unary' && node.operator === 'not' && node.operand.kind === 'exists') {
      subqueries.push({ node: node.operand, negated: true })
    } else rest.push(node)
  }
  if (where !== undefined) visit(where)
  return { subqueries, rest }
}

/** Binds FROM and the joins of a select: given by who knows how, to keep the files from needing each other. */
export type BindFrom = (select: Select, environment: Environment) => BoundRelation

export function bindSubquery(
  from: BoundRelation,
  { node, negated }: SubqueryCondition,
  environment: Environment,
  bindFrom: BindFrom,
): BoundRelation {
  const type = negated ? 'anti' : 'semi'
  const plan =
    node.kind === 'in-query'
      ? bindIn(from, node, type, environment)
      : bindExists(from, node, type, environment, bindFrom)
  return { plan, scope: from.scope }
}

function bindIn(from: BoundRelation, node: InQuery, type: JoinType, environment: Environment): LogicalPlan {
  const right = bindQuery(node.query, environment, NO_CLAUSES)
  const [field, other] = right.schema.fields
  if (field === undefined || other !== undefined) {
    fail(node.query.span, 'INVALID_QUERY', `the subquery of IN has one column, not ${right.schema.fields.length}`)
  }
  const operand = bindExpression(node.operand, plainContext(environment, from.scope, 'WHERE'))
  const value = column(0, field.type)
  const common = commonTypeOf([operand, value])
  if (common === undefined) {
    fail(node.span, 'TYPE_MISMATCH', `${typeName(operand.type)} can't be compared with ${typeName(field.type)}`)
  }
  const pair = { left: castTo(operand, common), right: castTo(value, common) }
  const condition = { pairs: [pair], bounds: { lowerMs: undefined, upperMs: undefined }, rest: undefined }
  if (type === 'semi') return bindMatch(from.plan, right, type, condition, environment)
  if (field.nullable) {
    fail(node.span, 'INVALID_QUERY', 'the subquery of NOT IN may give NULL, and then NOT IN is never TRUE', {
      hint: 'Write NOT EXISTS (SELECT … WHERE a.x = b.y).',
    })
  }
  const known = isNullable(operand, from.plan.schema.fields) ? filter(from.plan, isNotNull(operand)) : from.plan
  return bindMatch(known, right, type, condition, environment)
}

function bindExists(
  from: BoundRelation,
  node: Exists,
  type: JoinType,
  environment: Environment,
  bindFrom: BindFrom,
): LogicalPlan {
  const select = plainSelect(node.query)
  const inner = withCommonTables(node.query, environment)
  const right = bindFrom(select, inner)
  const width = from.plan.schema.fields.length
  const scope = innerFirst(from.scope, right.scope)
  const where =
    select.where === undefined
      ? undefined
      : bindCondition(select.where, plainContext(inner, scope, 'WHERE of the subquery'), 'WHERE')
  const all = analyseCondition(where, width, { left: undefined, right: undefined })
  const pairs = all.pairs.map((pair) => ({ left: pair.left, right: mapColumns(pair.right, (index) => index - width) }))
  if (pairs.length === 0) {
    fail(node.span, 'INVALID_QUERY', 'EXISTS needs an equality between its rows and those outside', {
      hint: 'Write EXISTS (SELECT 1 FROM b WHERE b.id = a.id).',
    })
  }
  const conditions = all.rest === undefined ? [] : all.rest.kind === 'and' ? all.rest.operands : [all.rest]
  const own = conditions.filter((one) => sideOf(one, width) === 'right')
  const others = conditions.filter((one) => !own.includes(one))
  const filtered =
    own.length === 0
      ? right.plan
      : filter(right.plan, allOf(own.map((one) => mapColumns(one, (index) => index - width))))
  const condition = { ...all, pairs, rest: others.length === 0 ? undefined : allOf(others) }
  return bindMatch(from.plan, filtered, type, condition, environment)
}

/** What is asked of a subquery is only whether it has rows: nothing that makes or loses some for other reasons. */
function plainSelect(query: Query): Select {
  const [select, second] = query.selects
  const other = query.limit !== undefined || query.emit !== undefined || second !== undefined
  if (select === undefined || select.from === undefined || other || takesClauses(select)) {
    notSupported(query.span, 'EXISTS over a group, a window, UNION ALL or LIMIT', 'Make it a view, and read that.')
  }
  return select
}

/** Names mean what is inside; what only the outside has is found there. */
function innerFirst(outer: Scope, inner: Scope): Scope {
  const names = new Set(inner.columns.map((one) => one.name))
  const columns = outer.columns.map((one) => (names.has(one.name) ? { ...one, hidden: true } : one))
  return new Scope([...columns, ...inner.columns], undefined, 'the subquery')
}

function bindMatch(
  left: LogicalPlan,
  right: LogicalPlan,
  type: JoinType,
  condition: JoinCondition,
  environment: Environment,
): LogicalPlan {
  if (environment.bounded) return buildJoin(left, right, type, condition, { kind: 'changes', bounded: true })
  if (left.schema.mode !== 'append') return buildJoin(left, right, type, condition, { kind: 'changes', bounded: false })
  const keys = condition.pairs.flatMap(({ right: one }) => (one.kind === 'column' ? [one.index] : []))
  if (isUniqueBy(right, keys) && keys.length === condition.pairs.length) {
    return buildJoin(left, right, type, condition, { kind: 'latest' })
  }
  if (condition.rest !== undefined) return buildJoin(left, right, type, condition, { kind: 'latest', many: true })
  const pairs = condition.pairs.map((pair, i) => ({ left: pair.left, right: column(i, pair.right.type) }))
  return buildJoin(left, distinctValues(right, condition), type, { ...condition, pairs }, { kind: 'latest' })
}

/** The values that are asked for, one row each. */
function distinctValues(right: LogicalPlan, { pairs }: JoinCondition): LogicalPlan {
  const values = pairs.map((pair) => pair.right)
  const fields = values.map((one, i) => ({ name: `_value${i}`, nullable: isNullable(one, right.schema.fields) }))
  const groupBy = values.map((_, i) => i)
  const emit = { mode: 'changes', everyMs: undefined } as const
  return groupAggregate(project(right, values, fields), { groupBy, aggregates: [], emit })
}

function isNotNull(operand: Expression): Expression {
  return { kind: 'is-null', operand, negated: true, type: BOOLEAN }
}
