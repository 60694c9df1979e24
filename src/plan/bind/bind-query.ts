// A query: WITH, its selects joined by UNION ALL, then ORDER BY and LIMIT.

import type { OrderItem, Query } from '../../../grammar/ast.ts'
import type { Field } from '../../core/schema.ts'
import type { DurationMs } from '../../core/time.ts'
import { TIMESTAMP_MAX } from '../../core/timestamp.ts'
import { TIMESTAMP, typeName } from '../../core/type.ts'
import { fail } from '../diagnostics.ts'
import { column, literal } from '../expression-tree.ts'
import { type LogicalPlan, limit, project, throttle, topN, union } from '../logical/nodes.ts'
import type { Expression } from '../physical/expression.ts'
import type { SortKey } from '../physical/nodes.ts'
import { bindExpression, plainContext } from './bind-expression.ts'
import { bindSelect } from './bind-select.ts'
import { castTo } from './cast.ts'
import { bindClauses, type Clauses, checkClausesUsed } from './clauses.ts'
import { commonType } from './coerce.ts'
import type { CommonTableEntry, Environment } from './environment.ts'
import { Projection } from './projection.ts'
import { Scope } from './scope.ts'

/** Rows that LIMIT may ask for: TOP-N keeps them all in state. */
export const LIMIT_MAX = 1_000_000

/**
 * A window that ends with the input: as the column of a TOP-N it makes a pull query give its rows once, in order, when
 * all have been seen.
 */
export const END_OF_INPUT: Expression = literal(TIMESTAMP_MAX, TIMESTAMP)

export function bindQuery(query: Query, environment: Environment, outer: Clauses): LogicalPlan {
  const clauses = bindClauses(query, outer)
  const inner = withCommonTables(query, environment)
  const selects = query.selects.map((select) => bindSelect(select, inner, clauses))
  const body = selects.length === 1 ? (selects[0] as LogicalPlan) : bindUnion(query, selects)
  if (clauses !== outer) checkClausesUsed(clauses)
  const everyMs = clauses === outer || clauses.used.emit ? undefined : clauses.everyMs
  // LIMIT counts the changes that are told; the first rows of an order change as much as what they are of.
  if (query.orderBy.length > 0) return bindEvery(everyMs, bindOrderAndLimit(query, body, inner), query)
  return bindOrderAndLimit(query, bindEvery(everyMs, body, query), inner)
}

/** EVERY of a query without an aggregate of its own. Rows that never change are told once, whatever it says. */
function bindEvery(everyMs: DurationMs | undefined, plan: LogicalPlan, { emit }: Query): LogicalPlan {
  if (everyMs === undefined || plan.schema.mode === 'append') return plan
  if (plan.schema.key.length > 0) return throttle(plan, everyMs)
  return fail((emit as NonNullable<Query['emit']>).span, 'INVALID_EMIT', 'EVERY needs rows with a key', {
    hint: 'The rows change, and nothing says which is which: keep the columns of the key in the list of SELECT.',
  })
}

export function withCommonTables(query: Query, environment: Environment): Environment {
  let inner = environment
  for (const one of query.ctes) {
    const { name } = one.name
    if (query.ctes.some((other) => other !== one && other.name.name === name && other.span.start < one.span.start)) {
      fail(one.name.span, 'DUPLICATE_NAME', `WITH has two queries "${name}"`)
    }
    const entry: CommonTableEntry = { query: one.query, environment: inner }
    inner = { ...inner, commonTables: new Map([...inner.commonTables, [name, entry]]) }
  }
  return inner
}

function bindUnion(query: Query, selects: readonly LogicalPlan[]): LogicalPlan {
  const first = selects[0] as LogicalPlan
  for (const [i, one] of selects.entries()) {
    const count = one.schema.fields.length
    if (count === first.schema.fields.length) continue
    const span = (query.selects[i] as Query['selects'][number]).span
    fail(span, 'TYPE_MISMATCH', `UNION ALL joins ${first.schema.fields.length} columns with ${count}`)
  }
  const fields = first.schema.fields.map((field, i): Field => {
    let type = field.type
    for (const [k, one] of selects.entries()) {
      const other = one.schema.fields[i] as Field
      const common = commonType(type, other.type)
      if (common !== undefined) type = common
      else {
        const span = (query.selects[k] as Query['selects'][number]).span
        const types = `${typeName(type)} with ${typeName(other.type)}`
        fail(span, 'TYPE_MISMATCH', `UNION ALL joins ${types} in column "${field.name}"`)
      }
    }
    return { name: field.name, type, nullable: selects.some((one) => one.schema.fields[i]?.nullable ?? true) }
  })
  const inputs = selects.map((one) => {
    const casts = fields.map((field, i) => castTo(column(i, (one.schema.fields[i] as Field).type), field.type))
    return casts.every((cast) => cast.kind === 'column') ? one : project(one, casts, fields)
  })
  return union(inputs, fields)
}

/**
 * A stream has no end, so that only the first n rows of an order exist: ORDER BY … LIMIT n is a TOP-N that changes. A
 * pull query ends, and gives its rows then, in order.
 */
function bindOrderAndLimit(query: Query, body: LogicalPlan, environment: Environment): LogicalPlan {
  const count = query.limit
  if (count !== undefined && count > BigInt(LIMIT_MAX)) {
    fail(query.span, 'INVALID_QUERY', `LIMIT is at most ${LIMIT_MAX}`)
  }
  const [first] = query.orderBy
  if (first === undefined) return count === undefined ? body : limit(body, Number(count))
  if (count === undefined && !environment.bounded) {
    fail(
      first.span,
      'INVALID_QUERY',
      'ORDER BY needs LIMIT here: a stream has no end, so its rows have no last order',
      {
        hint: 'Write LIMIT n for the first n rows, kept up to date, or order a pull query of a materialized view.',
      },
    )
  }
  const scope = Scope.of(body.schema, undefined, 'the query')
  const projection = new Projection(body)
  const orderBy = query.orderBy.map((one) => sortKey(one, projection, scope, environment))
  const end = environment.bounded ? projection.position(END_OF_INPUT) : undefined
  const input = projection.build()
  const of = {
    partitionBy: end === undefined ? [] : [end],
    orderBy,
    limit: count === undefined ? LIMIT_MAX : Number(count),
    withRank: false,
    windowEndColumn: end,
  }
  const top = topN(input, of)
  if (input === body) return top
  const { fields } = body.schema
  return project(
    top,
    fields.map((field, i) => column(i, field.type)),
    fields,
  )
}

export function sortKey(item: OrderItem, projection: Projection, scope: Scope, environment: Environment): SortKey {
  const { expression, descending, nulls } = item
  // As in PostgreSQL: NULL counts as greater than all else.
  const nullsFirst = nulls === undefined ? descending : nulls === 'first'
  if (expression.kind === 'integer') {
    const position = Number(expression.value) - 1
    if (position >= 0 && position < scope.columns.length) return { column: position, descending, nullsFirst }
    fail(expression.span, 'UNKNOWN_COLUMN', `there is no column ${expression.value} to order by`)
  }
  const bound = bindExpression(expression, plainContext(environment, scope, 'ORDER BY'))
  return { column: projection.position(bound), descending, nullsFirst }
}
