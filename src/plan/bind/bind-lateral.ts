// LATERAL: a subquery in FROM that may speak of the rows before it. Without a FROM of its own it computes columns of
// them; over UNNEST it is about their elements; over a table it is a join by what its WHERE says to be equal, of the
// first rows by an order where it has a LIMIT.

import type { DerivedRelation, Join, OrderItem, Query, Select } from '../../../grammar/ast.ts'
import { must } from '../../core/assert.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { allOf, branch, column, columnsOf, literal, mapColumns, substituteColumns } from '../expression-tree.ts'
import { isUniqueBy, type JoinMatch } from '../logical/join.ts'
import { filter, type LogicalPlan, project, topN } from '../logical/nodes.ts'
import type { Expression } from '../physical/expression.ts'
import type { SortKey } from '../physical/nodes.ts'
import { bindCondition, plainContext } from './bind-expression.ts'
import { END_OF_INPUT, LIMIT_MAX, sortKey, withCommonTables } from './bind-query.ts'
import type { BoundRelation } from './bind-relation.ts'
import { bindList, type OutputColumn } from './bind-select.ts'
import { bindUnnest } from './bind-unnest.ts'
import { buildJoin } from './build-join.ts'
import { takesClauses } from './clauses.ts'
import type { Environment } from './environment.ts'
import { analyseCondition, flatConjuncts, type JoinCondition, sideOf } from './join-condition.ts'
import { isNullable } from './nullable.ts'
import { Projection } from './projection.ts'
import { Scope, type ScopeColumn } from './scope.ts'

/** Binds FROM and the joins of a select. */
type BindFrom = (select: Select, environment: Environment) => BoundRelation

export function bindLateral(
  left: BoundRelation,
  node: DerivedRelation,
  join: Join,
  environment: Environment,
  bindFrom: BindFrom,
): BoundRelation {
  if (join.type === 'right' || join.type === 'full') {
    fail(join.span, 'INVALID_QUERY', `a ${join.type.toUpperCase()} JOIN of LATERAL has no meaning`, {
      hint: 'LEFT JOIN keeps the rows for which the subquery has none.',
    })
  }
  if (join.condition?.kind === 'join-using') {
    fail(join.condition.span, 'INVALID_QUERY', 'LATERAL is joined ON a condition, or ON TRUE')
  }
  const lateral = new Lateral(left, node, join, withCommonTables(node.query, environment))
  const { from } = lateral.select
  if (from === undefined) return lateral.ofRow()
  if (from.kind === 'unnest-relation' && lateral.select.joins.length === 0) {
    return lateral.ofElements(bindUnnest(left, from, undefined, environment))
  }
  return lateral.ofTable(bindFrom(lateral.select, lateral.environment))
}

class Lateral {
  readonly select: Select
  readonly environment: Environment
  readonly #left: BoundRelation
  readonly #node: DerivedRelation
  readonly #join: Join

  constructor(left: BoundRelation, node: DerivedRelation, join: Join, environment: Environment) {
    this.#left = left
    this.#node = node
    this.#join = join
    this.environment = environment
    this.select = plainSelect(node.query)
  }

  get #outer(): boolean {
    return this.#join.type === 'left'
  }

  // ---- of the row itself -------------------------------------------------------------------------------------

  /** Columns that are computed of the row, or, of a row that the conditions are not true for, NULL. */
  ofRow(): BoundRelation {
    this.#checkWhole('without FROM')
    const { plan, scope } = this.#left
    const output = this.#list(scope, scope)
    const where = this.#where(scope)
    const width = plan.schema.fields.length
    const on = this.#on(output)
    // What ON says of the new columns is said of what they are.
    const ofRow =
      on && substituteColumns(on, (one) => (one.index < width ? one : expressionOf(output, one.index - width)))
    const conditions = [where, ofRow].filter((one) => one !== undefined)
    if (conditions.length === 0) return this.#extended(plan, output)
    const condition = allOf(conditions)
    if (!this.#outer) return this.#extended(filter(plan, condition), output)
    const orNull = output.map((one): OutputColumn => {
      const { type } = one.expression
      const branches = [branch(condition, one.expression)]
      return { ...one, expression: { kind: 'case', branches, otherwise: literal(null, type), type } }
    })
    return this.#extended(plan, orNull)
  }

  // ---- of its elements ---------------------------------------------------------------------------------------

  ofElements(elements: BoundRelation): BoundRelation {
    this.#checkWhole('over UNNEST')
    const width = this.#left.plan.schema.fields.length
    const own = new Scope(elements.scope.columns.slice(width), undefined, 'the subquery')
    const outer = elements.scope.columns.slice(0, width)
    const scope = new Scope([...hideNames(outer, own), ...own.columns], undefined, 'the subquery')
    const hiddenOuter = outer.map((one) => ({ ...one, qualifier: undefined, hidden: true }))
    const output = this.#list(scope, new Scope([...hiddenOuter, ...own.columns], undefined, 'the subquery'))
    const where = this.#where(scope)
    if (this.#outer) {
      notSupported(this.#join.span, 'LEFT JOIN LATERAL of a subquery over UNNEST', 'Write LEFT JOIN UNNEST(…) ON TRUE.')
    }
    const kept = where === undefined ? elements.plan : filter(elements.plan, where)
    const bound = this.#extended(kept, output)
    const on = this.#on(output)
    return on === undefined ? bound : { ...bound, plan: filter(bound.plan, on) }
  }

  /** The columns of the left, and those of the list behind them. */
  #extended(input: LogicalPlan, output: readonly OutputColumn[]): BoundRelation {
    const { scope, plan } = this.#left
    const { fields } = input.schema
    const left = plan.schema.fields.map((field, i) => ({ ...field, expression: column(i, field.type) }))
    const added = output.map(({ name, expression }) => ({ name, expression, nullable: isNullable(expression, fields) }))
    const all = [...left, ...added]
    const extended = project(
      input,
      all.map((one) => one.expression),
      all,
    )
    const columns = [...scope.columns, ...this.#columns(extended, scope.columns.length, output.length)]
    return { plan: extended, scope: new Scope(columns, extended.schema.timeColumn, scope.description) }
  }

  // ---- of a table --------------------------------------------------------------------------------------------

  ofTable(right: BoundRelation): BoundRelation {
    const width = right.plan.schema.fields.length
    const outer = this.#left.scope.columns
    // Names mean what is inside; what only the outside has is found there.
    const scope = new Scope([...right.scope.columns, ...hideNames(outer, right.scope)], undefined, 'the subquery')
    const output = this.#list(scope, right.scope)
    for (const { expression, span } of output) {
      if (sideOf(expression, width) === 'left' || isConstant(expression)) continue
      notSupported(
        span,
        'a column of the outside in the list of LATERAL',
        'Compute it in the list of the outer SELECT.',
      )
    }
    const where = analyseCondition(this.#where(scope), width, { left: undefined, right: undefined })
    // Here the left of a pair is inside, and the right outside.
    const pairs = where.pairs.map((one) => ({
      inner: one.left,
      outer: mapColumns(one.right, (index) => index - width),
    }))
    if (pairs.length === 0) {
      fail(this.#node.span, 'INVALID_QUERY', 'LATERAL needs an equality between its rows and those outside', {
        hint: 'Write LATERAL (SELECT … FROM b WHERE b.id = a.id).',
      })
    }
    const rest = where.rest === undefined ? [] : flatConjuncts(where.rest)
    const own = rest.filter((one) => sideOf(one, width) === 'left' || isConstant(one))
    const others = rest.filter((one) => !own.includes(one))
    const compared = [...new Set(others.flatMap((one) => [...columnsOf(one)]))].filter((index) => index < width)
    const kept = own.length === 0 ? right.plan : filter(right.plan, allOf(own))
    const columns = [
      ...output.map((one) => one.expression),
      ...pairs.map((one) => one.inner),
      ...compared.map((index) => right.scope.at(index)),
    ]
    const table = this.#table({ plan: kept, scope: right.scope }, output, columns, pairs, others.length > 0)
    const outerWidth = this.#left.plan.schema.fields.length
    const moved = others.map((one) =>
      mapColumns(one, (index) => {
        if (index >= width) return index - width
        return outerWidth + output.length + pairs.length + compared.indexOf(index)
      }),
    )
    const on = this.#on(output)
    const all = on === undefined ? moved : [...moved, on]
    const condition = {
      pairs: pairs.map((one, i) => ({ left: one.outer, right: column(output.length + i, one.inner.type) })),
      bounds: { lowerMs: undefined, upperMs: undefined },
      rest: all.length === 0 ? undefined : allOf(all),
    }
    return this.#joined(table, condition, output.length)
  }

  /** The columns, and, so that changes of a row are told apart, its key; of the first rows where there is a LIMIT. */
  #table(
    { plan, scope }: BoundRelation,
    output: readonly OutputColumn[],
    columns: readonly Expression[],
    pairs: readonly { readonly inner: Expression }[],
    compares: boolean,
  ): LogicalPlan {
    const { fields } = plan.schema
    const key = (plan.keys[0] ?? []).map((index) => column(index, must(fields[index], 'a field').type))
    const all = [...columns, ...key]
    const names = all.map((one, i) => ({ name: output[i]?.name ?? `_lateral${i}`, nullable: isNullable(one, fields) }))
    const { orderBy, limit: count, span } = this.#node.query
    if (count === undefined) {
      const [first] = orderBy
      if (first !== undefined) fail(first.span, 'INVALID_QUERY', 'ORDER BY needs LIMIT in LATERAL')
      return project(plan, all, names)
    }
    if (orderBy.length === 0) {
      fail(span, 'INVALID_QUERY', 'LIMIT needs ORDER BY in LATERAL: without it the first rows are not known')
    }
    if (count < 1n || count > BigInt(LIMIT_MAX)) {
      fail(span, 'INVALID_QUERY', `the number of rows is from 1 to ${LIMIT_MAX}`)
    }
    if (compares) {
      notSupported(span, 'LIMIT in LATERAL where WHERE compares with the outside by more than equality')
    }
    const projection = new Projection(plan)
    const order = orderBy.map((one) => this.#sortKey(one, output, projection, scope))
    const end = this.environment.bounded ? projection.position(END_OF_INPUT) : undefined
    const partitionBy = pairs.map((one) => projection.position(one.inner))
    const of = {
      partitionBy: end === undefined ? partitionBy : [...partitionBy, end],
      orderBy: order,
      limit: Number(count),
      withRank: false,
      windowEndColumn: end,
    }
    return project(topN(projection.build(), of), all, names)
  }

  /** By a column of the list under its name, else by any of the table. */
  #sortKey(item: OrderItem, output: readonly OutputColumn[], projection: Projection, scope: Scope): SortKey {
    const { expression, descending } = item
    const name = expression.kind === 'column' && expression.path.length === 1 ? expression.path[0]?.name : undefined
    const listed = output.find((one) => one.name === name)
    if (listed === undefined) return sortKey(item, projection, scope, this.environment)
    const nullsFirst = item.nulls === undefined ? descending : item.nulls === 'first'
    return { column: projection.position(listed.expression), descending, nullsFirst }
  }

  #joined(table: LogicalPlan, condition: JoinCondition, listed: number): BoundRelation {
    const { plan, scope } = this.#left
    const joined = buildJoin(plan, table, this.#outer ? 'left' : 'inner', condition, this.#match(table, condition))
    const width = scope.columns.length
    const left = scope.columns.map((one, i) => ({ ...one, nullable: joined.schema.fields[i]?.nullable ?? true }))
    const hidden = joined.schema.fields
      .slice(width + listed)
      .map((field): ScopeColumn => ({ ...field, qualifier: undefined, hidden: true }))
    const columns = [...left, ...this.#columns(joined, width, listed), ...hidden]
    return { plan: joined, scope: new Scope(columns, joined.schema.timeColumn, 'the join') }
  }

  #match(table: LogicalPlan, { pairs }: JoinCondition): JoinMatch {
    const { plan } = this.#left
    if (this.environment.bounded) return { kind: 'changes', bounded: true }
    if (table.schema.mode === 'append') {
      notSupported(this.#node.span, 'LATERAL over a stream', 'Write a join of the two, with a bound in time.')
    }
    if (plan.schema.mode !== 'append') return { kind: 'changes', bounded: false }
    const keys = pairs.flatMap(({ right }) => (right.kind === 'column' ? [right.index] : []))
    return { kind: 'latest', many: !isUniqueBy(table, keys) }
  }

  // ---- parts of the subquery ---------------------------------------------------------------------------------

  #list(scope: Scope, stars: Scope): readonly OutputColumn[] {
    const output = bindList(this.select, plainContext(this.environment, scope, 'SELECT'), stars, undefined)
    const twice = output.find(({ name }, i) => output.findIndex((one) => one.name === name) !== i)
    if (twice !== undefined) fail(twice.span, 'DUPLICATE_NAME', `the subquery has two columns "${twice.name}"`)
    return output
  }

  #where(scope: Scope): Expression | undefined {
    const { where } = this.select
    return where && bindCondition(where, plainContext(this.environment, scope, 'WHERE of the subquery'), 'WHERE')
  }

  /** ON, over the columns of the left and of the list; undefined for TRUE. */
  #on(output: readonly OutputColumn[]): Expression | undefined {
    const { condition } = this.#join
    if (condition?.kind !== 'join-on') return undefined
    if (condition.expression.kind === 'boolean' && condition.expression.value) return undefined
    const qualifier = this.#node.alias?.name
    const added = output.map(({ name, expression }) => ({ qualifier, name, type: expression.type, nullable: true }))
    const scope = new Scope([...this.#left.scope.columns, ...added], undefined, 'the join')
    return bindCondition(condition.expression, plainContext(this.environment, scope, 'ON'), 'ON')
  }

  /** The list as columns of what is joined. */
  #columns({ schema }: LogicalPlan, from: number, count: number): readonly ScopeColumn[] {
    const qualifier = this.#node.alias?.name
    return schema.fields.slice(from, from + count).map((field) => ({ ...field, qualifier }))
  }

  /** Of subqueries that have no rows of their own to put in an order. */
  #checkWhole(what: string): void {
    const { query } = this.#node
    if (query.limit === undefined && query.orderBy.length === 0) return
    notSupported(query.span, `ORDER BY and LIMIT in LATERAL ${what}`)
  }
}

function plainSelect(query: Query): Select {
  const [select, second] = query.selects
  const { emit, lateness, late } = query
  const clause = emit ?? lateness ?? late
  if (select === undefined || second !== undefined || clause !== undefined || select.distinct || takesClauses(select)) {
    notSupported(
      clause?.span ?? query.span,
      'LATERAL over a group, DISTINCT, a window or UNION ALL',
      'Compute it in a query of its own, and join that.',
    )
  }
  return select
}

function hideNames(outer: readonly ScopeColumn[], inner: Scope): readonly ScopeColumn[] {
  const names = new Set(inner.columns.map((one) => one.name))
  return outer.map((one) => (names.has(one.name) ? { ...one, hidden: true } : one))
}

function expressionOf(output: readonly OutputColumn[], index: number): Expression {
  return must(output[index], 'a column of the list').expression
}

function isConstant(expression: Expression): boolean {
  return sideOf(expression, 0) === undefined
}
