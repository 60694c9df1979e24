// `SELECT … FROM (SELECT …, ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) AS rn FROM …) WHERE rn <= n`: the way in
// which SQL says "the first n of each". It becomes a TOP-N, or, for n = 1 in the order of event time, a deduplication.

import type {
  Call,
  DerivedRelation,
  Expression as Node,
  OrderItem,
  Over,
  Select,
  SelectItem,
} from '../../../grammar/ast.ts'
import { must } from '../../core/assert.ts'
import { BIGINT, TIMESTAMP } from '../../core/type.ts'
import { fail } from '../diagnostics.ts'
import { call, column, literal, sameExpression } from '../expression-tree.ts'
import { deduplicate, type LogicalPlan, NO_LATE_ROWS, project, topN } from '../logical/nodes.ts'
import type { Expression } from '../physical/expression.ts'
import type { SortKey } from '../physical/nodes.ts'
import { END_OF_INPUT, LIMIT_MAX, withCommonTables } from './bind-query.ts'
import type { BoundRelation } from './bind-relation.ts'
import { type OutputColumn, projectTo } from './bind-select.ts'
import { bindClauses, type Clauses, checkClausesUsed } from './clauses.ts'
import type { Environment } from './environment.ts'
import { Scope } from './scope.ts'

/** Stands for the row number in the list of the inner select. */
const ROW_NUMBER = call('$row_number', [], BIGINT)

export interface RankedInput {
  readonly input: LogicalPlan
  readonly output: readonly OutputColumn[]
  readonly bind: (node: Node) => Expression
  readonly clauses: Clauses
  /** True for pull queries. */
  readonly bounded: boolean
}

export class RowNumberPattern {
  readonly relation: DerivedRelation
  readonly inner: Select
  readonly item: SelectItem
  readonly over: Over
  readonly limit: number
  /** What is left of WHERE. */
  readonly where: Node | undefined

  constructor(relation: DerivedRelation, inner: Select, item: SelectItem, limit: number, where: Node | undefined) {
    this.relation = relation
    this.inner = inner
    this.item = item
    this.over = must((item.expression as Call).over, 'OVER')
    this.limit = limit
    this.where = where
  }

  get output(): OutputColumn {
    return { name: this.item.alias?.name ?? 'row_number', expression: ROW_NUMBER, span: this.item.span }
  }

  /** Binds what the rank goes by, before the group of the inner select is built. */
  bindOrder(bind: (node: Node) => Expression): readonly { readonly node: Node; readonly bound: Expression }[] {
    const nodes = [...this.over.partitionBy, ...this.over.orderBy.map((one) => one.expression)]
    return nodes.map((node) => ({ node, bound: bind(node) }))
  }

  build({ input, output, bind, clauses, bounded }: RankedInput): LogicalPlan {
    const visible = output.filter((one) => one.expression !== ROW_NUMBER)
    const all: OutputColumn[] = [...visible]
    const position = (expression: Expression) => {
      const known = all.findIndex((one) => sameExpression(one.expression, expression))
      if (known >= 0) return known
      all.push({ name: `_rank${all.length}`, expression, span: this.over.span })
      return all.length - 1
    }
    const partitionBy = this.over.partitionBy.map((node) => position(bind(node)))
    const orderBy = this.over.orderBy.map((one) => this.#sortKey(one, position(bind(one.expression))))
    const { window } = input
    const isBound = (index: number) => {
      const { expression } = must(all[index], 'a column')
      return expression.kind === 'column' && (expression.index === window?.start || expression.index === window?.end)
    }
    const windowed =
      !bounded && window?.end !== undefined && partitionBy.some(isBound) && clauses.emitMode !== 'changes'
    if (windowed) clauses.used.emit = true
    const end = bounded ? END_OF_INPUT : windowed ? column(must(window?.end, 'window_end'), TIMESTAMP) : undefined
    const windowEndColumn = end && position(end)
    const partition = bounded ? [...partitionBy, must(windowEndColumn, 'an end')] : partitionBy
    const ranked = this.#rank(projectTo(input, all), partition, orderBy, windowEndColumn)
    return this.#arrange(ranked, output, all.length)
  }

  #rank(
    input: LogicalPlan,
    partitionBy: readonly number[],
    orderBy: readonly SortKey[],
    windowEndColumn: number | undefined,
  ): LogicalPlan {
    const [first, second] = orderBy
    const byTime = first !== undefined && second === undefined && first.column === input.schema.timeColumn
    const append = input.schema.mode === 'append'
    if (this.limit === 1 && byTime && append && windowEndColumn === undefined && input.window === undefined) {
      const keep = first.descending ? 'last' : 'earliest'
      return deduplicate(input, { partitionBy, keep, withinMs: undefined, late: NO_LATE_ROWS })
    }
    const of = { partitionBy, orderBy, limit: this.limit, withRank: true, windowEndColumn }
    return topN(input, of, this.output.name)
  }

  /** The columns in the order of the list, the rank in its place. */
  #arrange(ranked: LogicalPlan, output: readonly OutputColumn[], rankColumn: number): LogicalPlan {
    const rank = ranked.kind === 'deduplicate' ? literal(1, BIGINT) : column(rankColumn, BIGINT)
    let next = 0
    const expressions = output.map((one) =>
      one.expression === ROW_NUMBER ? rank : column(next++, one.expression.type),
    )
    const fields = expressions.map((one, i) => ({
      name: must(output[i], 'a column').name,
      nullable: one.kind === 'column' ? (ranked.schema.fields[one.index]?.nullable ?? true) : false,
    }))
    return project(ranked, expressions, fields)
  }

  #sortKey(item: OrderItem, index: number): SortKey {
    const nullsFirst = item.nulls === undefined ? item.descending : item.nulls === 'first'
    return { column: index, descending: item.descending, nullsFirst }
  }
}

function findRowNumber(select: Select): Call | undefined {
  for (const item of select.items) {
    if (item.kind !== 'select-item' || item.expression.kind !== 'call') continue
    if (item.expression.name.name === 'row_number' && item.expression.over !== undefined) return item.expression
  }
  return undefined
}

/** The pattern, where a select has it. */
export function rowNumberPattern(select: Select): RowNumberPattern | undefined {
  const { from, where } = select
  if (from?.kind !== 'derived-relation' || where === undefined) return undefined
  const [inner] = from.query.selects
  if (inner === undefined || from.query.selects.length > 1 || from.query.limit !== undefined) return undefined
  const over = findRowNumber(inner)
  const item = inner.items.find((one) => one.kind === 'select-item' && one.expression === over)
  if (over === undefined || item?.kind !== 'select-item') return undefined
  const name = item.alias?.name ?? 'row_number'
  const conditions = where.kind === 'logical' && where.operator === 'and' ? where.operands : [where]
  for (const condition of conditions) {
    const limit = rankLimit(condition, name, from.alias?.name)
    if (limit === undefined) continue
    const rest = limit.exact ? conditions : conditions.filter((one) => one !== condition)
    return new RowNumberPattern(from, inner, item, limit.count, joined(where, rest))
  }
  return undefined
}

function joined(where: Node, conditions: readonly Node[]): Node | undefined {
  if (conditions.length <= 1) return conditions[0]
  return where.kind === 'logical' ? { ...where, operands: conditions } : where
}

/** n of `rn <= n`, `rn < n + 1`, `rn = n`, also the other way round; `exact` where rows before the n-th don't count. */
function rankLimit(
  node: Node,
  name: string,
  alias: string | undefined,
): { readonly count: number; readonly exact: boolean } | undefined {
  if (node.kind !== 'binary') return undefined
  const isRank = (one: Node) =>
    one.kind === 'column' &&
    one.path.at(-1)?.name === name &&
    (one.path.length === 1 || (one.path.length === 2 && one.path[0]?.name === alias))
  const swapped: Readonly<Record<string, string>> = { '>=': '<=', '>': '<', '=': '=' }
  const direct = isRank(node.left)
  if (!direct && !isRank(node.right)) return undefined
  const operator = direct ? node.operator : swapped[node.operator]
  const bound = direct ? node.right : node.left
  if (bound.kind !== 'integer') return undefined
  const count = Number(bound.value) - (operator === '<' ? 1 : 0)
  if (operator !== '<=' && operator !== '<' && operator !== '=') return undefined
  if (count < 1 || count > LIMIT_MAX) {
    fail(bound.span, 'INVALID_QUERY', `the number of rows is from 1 to ${LIMIT_MAX}`)
  }
  return { count, exact: operator === '=' && count > 1 }
}

type BindSelect = (select: Select, environment: Environment, clauses: Clauses, pattern: RowNumberPattern) => LogicalPlan

/** The derived table of the pattern. */
export function bindRowNumber(
  pattern: RowNumberPattern,
  environment: Environment,
  outer: Clauses,
  bindSelect: BindSelect,
): BoundRelation {
  const { query, alias } = pattern.relation
  const over = pattern.over
  if (over.orderBy.length === 0) {
    fail(over.span, 'INVALID_QUERY', 'ROW_NUMBER() needs ORDER BY: without it the first rows are not known')
  }
  if (over.frame !== undefined) fail(over.frame.span, 'INVALID_QUERY', 'ROW_NUMBER() has no frame')
  const clauses = bindClauses(query, outer)
  const plan = bindSelect(pattern.inner, withCommonTables(query, environment), clauses, pattern)
  if (clauses !== outer) checkClausesUsed(clauses)
  return { plan, scope: Scope.of(plan.schema, alias?.name, 'the query') }
}
