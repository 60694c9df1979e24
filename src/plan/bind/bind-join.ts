// JOIN: what two relations are decides how they meet. Two streams need a bound in time; a stream looks up a table, now
// or as of its own time; two tables are joined as they change; in a pull query all are what is there now.

import type { Identifier, Join, JoinUsing } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'
import { must } from '../../core/assert.ts'
import type { Field } from '../../core/schema.ts'
import type { DurationMs } from '../../core/time.ts'
import { BOOLEAN, typeName } from '../../core/type.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { allOf, call, column, mapColumns } from '../expression-tree.ts'
import type { JoinMatch } from '../logical/join.ts'
import { type LogicalPlan, project } from '../logical/nodes.ts'
import { isLookup } from '../lookups.ts'
import type { Expression } from '../physical/expression.ts'
import type { JoinType } from '../physical/join-steps.ts'
import { bindCondition, plainContext } from './bind-expression.ts'
import type { BoundRelation } from './bind-relation.ts'
import { notNegative } from './bind-window.ts'
import { buildJoin } from './build-join.ts'
import { castTo, commonTypeOf } from './cast.ts'
import { type Clauses, latePolicy } from './clauses.ts'
import type { Environment } from './environment.ts'
import { analyseCondition, type JoinCondition, type TimeBounds, tighter } from './join-condition.ts'
import { Scope, type ScopeColumn } from './scope.ts'

/** `clauses`: ALLOWED LATENESS and LATE ROWS, as far as they are the join's. */
export function bindJoin(
  left: BoundRelation,
  right: BoundRelation,
  node: Join,
  environment: Environment,
  clauses: Clauses,
): BoundRelation {
  if (node.type === 'cross') {
    fail(node.span, 'INVALID_QUERY', 'a join needs a condition: without one each row would meet each other', {
      hint: 'Write JOIN … ON a.id = b.id.',
    })
  }
  checkNames(left.scope, right.scope, node.relation.span)
  const sides = new Sides(left, right, node, environment)
  return sides.isSwapped ? swapped(sides, node, node.type, clauses) : inOrder(sides, node, node.type, clauses)
}

function inOrder(sides: Sides, node: Join, type: JoinType, clauses: Clauses): BoundRelation {
  const plan = sides.join(type, clauses)
  return usingColumns(plan, sides.columnsOf(plan), sides.left.scope.columns.length, node)
}

/** A table joined with a stream is the stream looking the table up; the columns stay where they were written. */
function swapped(sides: Sides, node: Join, type: JoinType, clauses: Clauses): BoundRelation {
  const joined = sides.join(type === 'right' ? 'left' : type, clauses)
  const leftWidth = sides.left.plan.schema.fields.length
  const order = [...joined.schema.fields.keys()]
  const positions = [...order.slice(leftWidth), ...order.slice(0, leftWidth)]
  const fields = positions.map((index) => must(joined.schema.fields[index], 'a joined column'))
  const plan = project(
    joined,
    positions.map((index, i) => column(index, must(fields[i], 'a field').type)),
    fields,
  )
  const columns = sides.columnsOf(joined)
  return usingColumns(
    plan,
    positions.map((index) => must(columns[index], 'a column in scope')),
    sides.right.scope.columns.length,
    node,
  )
}

/** What is joined, and what is said of it. Left and right as the engine sees them: a stream is left of its table. */
class Sides {
  readonly left: BoundRelation
  readonly right: BoundRelation
  readonly isSwapped: boolean
  readonly #node: Join
  readonly #environment: Environment
  readonly #span: Span

  constructor(left: BoundRelation, right: BoundRelation, node: Join, environment: Environment) {
    const tableFirst = !environment.bounded && !isStream(left) && isStream(right) && node.asOf === undefined
    this.isSwapped = tableFirst
    this.left = tableFirst ? right : left
    this.right = tableFirst ? left : right
    this.#node = node
    this.#environment = environment
    this.#span = node.condition?.span ?? node.span
  }

  columnsOf(joined: LogicalPlan): readonly ScopeColumn[] {
    const columns = [...this.left.scope.columns, ...this.right.scope.columns]
    return columns.map((one, i) => ({ ...one, nullable: joined.schema.fields[i]?.nullable ?? one.nullable }))
  }

  join(type: JoinType, clauses: Clauses): LogicalPlan {
    const { left, right } = this
    if (this.#environment.bounded) {
      if (this.#node.asOf?.time !== undefined) notSupported(this.#node.asOf.span, 'AS OF a column in a pull query')
      return this.#build(type, this.#condition(false), { kind: 'changes', bounded: true })
    }
    if (this.#node.asOf !== undefined) return this.#temporal(type, clauses)
    if (isStream(left) && isStream(right)) return this.#interval(type, clauses)
    if (this.#node.within !== undefined) {
      fail(this.#node.within.span, 'INVALID_QUERY', 'WITHIN is for a join of two streams, and one of these is a table')
    }
    if (isStream(left)) return this.#temporal(type, clauses)
    return this.#build(type, this.#condition(false), { kind: 'changes', bounded: false })
  }

  // ---- two streams -------------------------------------------------------------------------------------------

  #interval(type: JoinType, clauses: Clauses): LogicalPlan {
    const { left, right } = this
    for (const side of [left, right]) {
      if (side.plan.schema.timeColumn !== undefined) continue
      fail(this.#node.span, 'INVALID_TIME_COLUMN', `${side.scope.description} has no event time to join streams by`, {
        hint: "Declare it: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND.",
      })
    }
    const condition = this.#condition(true)
    const { lowerMs, upperMs } = this.#bounds(condition)
    if (lowerMs > upperMs) {
      fail(this.#span, 'INVALID_QUERY', 'the times of the join exclude each other: no row ever matches')
    }
    const grace = this.#node.within?.grace
    const columns = clauses.lateInto === undefined ? [] : lateColumns(this.#scope().columns, clauses.lateInto)
    const lateRow = { fields: columns, key: [], timeColumn: undefined, mode: 'append' } as const
    const late = latePolicy(clauses, 'event', lateRow, this.#environment)
    const allowedLatenessMs = grace === undefined ? late.allowedLatenessMs : notNegative(grace, 'grace period')
    const match = { kind: 'interval', lowerMs, upperMs, late: { ...late, allowedLatenessMs } } as const
    return this.#build(type, condition, match)
  }

  #bounds(condition: JoinCondition): { readonly lowerMs: DurationMs; readonly upperMs: DurationMs } {
    const { within } = this.#node
    let bounds: TimeBounds = condition.bounds
    if (within !== undefined) {
      const before = notNegative(within.before, 'time of WITHIN')
      bounds = tighter(bounds, { lowerMs: -before, upperMs: notNegative(within.after, 'time of WITHIN') })
    }
    if (this.#sameWindow(condition)) bounds = tighter(bounds, { lowerMs: 0, upperMs: 0 })
    const { lowerMs, upperMs } = bounds
    if (lowerMs !== undefined && upperMs !== undefined) return { lowerMs, upperMs }
    const [l, r] = [this.left, this.right].map((side) => timeName(side))
    const open = lowerMs === undefined && upperMs === undefined
    fail(
      this.#span,
      'INVALID_QUERY',
      open
        ? 'a join of two streams needs a bound in time, or it would keep all rows for ever'
        : `the time of the join is open to one side: ${lowerMs === undefined ? 'how long before' : 'how long after'}?`,
      { hint: `Add ${r} BETWEEN ${l} - INTERVAL '1' MINUTE AND ${l} + INTERVAL '10' MINUTE, or WITHIN 10 MINUTES.` },
    )
  }

  /** Windows with the same start and the same length end together, and a row's time is the end of its window. */
  #sameWindow({ pairs }: JoinCondition): boolean {
    const [l, r] = [this.left.plan.window, this.right.plan.window]
    if (l === undefined || r === undefined || JSON.stringify(l.spec) !== JSON.stringify(r.spec)) return false
    if (l.spec.kind !== 'tumble' && l.spec.kind !== 'hop') return false
    return pairs.some(({ left, right }) => isColumn(left, l.start) && isColumn(right, r.start))
  }

  // ---- a stream and a table ----------------------------------------------------------------------------------

  #temporal(type: JoinType, clauses: Clauses): LogicalPlan {
    const { left, right } = this
    const { asOf } = this.#node
    const span = asOf?.span ?? this.#node.span
    if (!isStream(left)) {
      fail(
        span,
        'INVALID_QUERY',
        `${left.scope.description} changes its rows, so they have no one time to look up at`,
        {
          hint: 'Join the two tables without FOR SYSTEM_TIME: the result then changes with either.',
        },
      )
    }
    if (isStream(right)) {
      fail(span, 'INVALID_QUERY', `${right.scope.description} is no table: it has no row that is valid at a time`, {
        hint: 'CREATE TABLE … PRIMARY KEY reads it as one.',
      })
    }
    if (type !== 'inner' && type !== 'left' && type !== 'semi' && type !== 'anti') {
      fail(this.#node.span, 'INVALID_QUERY', 'rows of a table without a row of the stream never come out', {
        hint: `A stream looks the table up: INNER JOIN, or ${this.isSwapped ? 'RIGHT' : 'LEFT'} JOIN to keep its rows.`,
      })
    }
    const condition = this.#condition(false)
    const key = right.plan.keys.find((one) => one.every((index) => this.#pairOf(condition, index) !== undefined))
    // A store outside is asked by its key alone.
    if (key === undefined && asOf?.time === undefined && !isLookup(right.plan)) {
      return this.#build(type, condition, { kind: 'latest', many: true })
    }
    if (key === undefined) {
      const columns = (right.plan.keys[0] ?? []).map((index) => right.scope.columns[index]?.name)
      fail(
        this.#span,
        'INVALID_KEY',
        `a stream looks up ${asOf?.time === undefined ? 'a row of a store' : 'what a table was'} by the primary key`,
        {
          hint:
            columns.length === 0
              ? `${right.scope.description} has none.`
              : `Add an equality for ${columns.join(', ')} of ${right.scope.description}.`,
        },
      )
    }
    const byKey = this.#byKey(condition, key)
    if (asOf?.time === undefined) return this.#build(type, byKey, { kind: 'latest' })
    return this.#build(type, byKey, this.#asOf(clauses))
  }

  #asOf(clauses: Clauses): JoinMatch {
    const { left, right } = this
    const asOf = must(this.#node.asOf, 'AS OF')
    const time = left.scope.resolve(must(asOf.time, 'a column'))
    if (time.kind !== 'column' || time.index !== left.plan.schema.timeColumn) {
      fail(asOf.span, 'INVALID_TIME_COLUMN', `AS OF takes the event time of ${left.scope.description}`, {
        hint:
          left.plan.schema.timeColumn === undefined
            ? 'It has none: declare one with WATERMARK, or write AS OF PROCTIME().'
            : `That is ${timeName(left)}.`,
      })
    }
    if (right.plan.schema.timeColumn === undefined) {
      fail(asOf.span, 'INVALID_TIME_COLUMN', `${right.scope.description} has no event time, so no versions`, {
        hint: 'Declare it: WATERMARK FOR updated_at AS updated_at; or write AS OF PROCTIME() for the latest row.',
      })
    }
    const late = latePolicy(clauses, 'event', left.plan.schema, this.#environment)
    return { kind: 'as-of', waitMs: this.#environment.session.joinWaitMs, late }
  }

  #pairOf({ pairs }: JoinCondition, index: number): JoinCondition['pairs'][number] | undefined {
    return pairs.find(({ right }) => isColumn(right, index))
  }

  /** The pairs of the key alone; what else has to be equal is looked at in the row that was found. */
  #byKey(condition: JoinCondition, key: readonly number[]): JoinCondition {
    const width = this.left.plan.schema.fields.length
    const pairs = key.map((index) => must(this.#pairOf(condition, index), 'a pair for each column of the key'))
    const others = condition.pairs.filter((pair) => !pairs.includes(pair))
    const equal = others.map(({ left, right }) =>
      call('equal', [left, mapColumns(right, (index) => index + width)], BOOLEAN),
    )
    const rest = [...(condition.rest === undefined ? [] : [condition.rest]), ...equal]
    return { ...condition, pairs, rest: rest.length === 0 ? undefined : allOf(rest) }
  }

  // ---- the condition, and the node ---------------------------------------------------------------------------

  /** `timed`: comparisons of the two event times bound the join; else they are conditions like any other. */
  #condition(timed: boolean): JoinCondition {
    const { left, right } = this
    const width = left.plan.schema.fields.length
    const right0 = right.plan.schema.timeColumn
    const times = {
      left: timed ? left.plan.schema.timeColumn : undefined,
      right: timed && right0 !== undefined ? right0 + width : undefined,
    }
    const condition = analyseCondition(this.#bound(), width, times)
    const pairs = condition.pairs.map((pair) => ({
      left: pair.left,
      right: mapColumns(pair.right, (index) => index - width),
    }))
    if (pairs.length > 0) return { ...condition, pairs }
    fail(this.#span, 'INVALID_QUERY', 'a join needs an equality of a column of each side', {
      hint: 'Rows meet by it: ON a.id = b.id.',
    })
  }

  #bound(): Expression {
    const { condition } = this.#node
    const scope = this.#scope()
    if (condition?.kind === 'join-on') {
      return bindCondition(condition.expression, plainContext(this.#environment, scope, 'ON'), 'ON')
    }
    return allOf(must(condition as JoinUsing | undefined, 'a condition').columns.map((one) => this.#equal(one)))
  }

  /** Left and right of the engine, under the names that both have in the query. */
  #scope(): Scope {
    return new Scope([...this.left.scope.columns, ...this.right.scope.columns], undefined, 'the join')
  }

  #equal(name: JoinUsing['columns'][number]): Expression {
    const width = this.left.plan.schema.fields.length
    const ref = { kind: 'column', path: [name], span: name.span } as const
    const left = this.left.scope.resolve(ref)
    const right = mapColumns(this.right.scope.resolve(ref), (index) => index + width)
    const type = commonTypeOf([left, right])
    if (type !== undefined) return call('equal', [castTo(left, type), castTo(right, type)], BOOLEAN)
    return fail(
      name.span,
      'TYPE_MISMATCH',
      `"${name.name}" is ${typeName(left.type)} in one relation and ${typeName(right.type)} in the other`,
      { hint: 'Write ON with a CAST.' },
    )
  }

  #build(type: JoinType, condition: JoinCondition, match: JoinMatch): LogicalPlan {
    return buildJoin(this.left.plan, this.right.plan, type, condition, match)
  }
}

/** USING: one column of the name, which is that of a side whose rows are always there. */
function usingColumns(
  plan: LogicalPlan,
  columns: readonly ScopeColumn[],
  leftWidth: number,
  node: Join,
): BoundRelation {
  const { timeColumn } = plan.schema
  if (node.condition?.kind !== 'join-using') {
    return { plan, scope: new Scope(columns, timeColumn, 'the join') }
  }
  const names = new Set(node.condition.columns.map((one) => one.name))
  if (node.type !== 'full') {
    const hidden = columns.map((one, i) =>
      names.has(one.name) && i >= leftWidth !== (node.type === 'right') ? { ...one, hidden: true } : one,
    )
    return { plan, scope: new Scope(hidden, timeColumn, 'the join') }
  }
  const { fields } = plan.schema
  const merged = [...names].map((name) => {
    const both = columns.flatMap((one, i) => (one.name === name ? [column(i, one.type)] : []))
    const type = must(commonTypeOf(both), 'types that were compared')
    const value = call(
      'coalesce',
      both.map((one) => castTo(one, type)),
      type,
    )
    return { name, value, nullable: true }
  })
  const widened = project(
    plan,
    [...fields.map((field, i) => column(i, field.type)), ...merged.map((one) => one.value)],
    [...fields, ...merged],
  )
  const scope = [
    ...columns.map((one) => (names.has(one.name) ? { ...one, hidden: true } : one)),
    ...merged.map(({ name, value }) => ({ qualifier: undefined, name, type: value.type, nullable: true })),
  ]
  return { plan: widened, scope: new Scope(scope, widened.schema.timeColumn, 'the join') }
}

/** Rows are inserts: what has come stays. */
function isStream({ plan }: BoundRelation): boolean {
  return plan.schema.mode === 'append'
}

function isColumn(expression: Expression, index: number | undefined): boolean {
  return index !== undefined && expression.kind === 'column' && expression.index === index
}

function timeName({ plan, scope }: BoundRelation): string {
  const found = plan.schema.timeColumn === undefined ? undefined : scope.columns[plan.schema.timeColumn]
  if (found === undefined) return 'ts'
  return found.qualifier === undefined ? found.name : `${found.qualifier}.${found.name}`
}

function checkNames(left: Scope, right: Scope, span: Span): void {
  const taken = new Set(left.columns.flatMap((one) => one.qualifier ?? []))
  const twice = right.columns.find((one) => one.qualifier !== undefined && taken.has(one.qualifier))
  if (twice === undefined) return
  fail(span, 'DUPLICATE_NAME', `"${twice.qualifier}" is in FROM twice`, {
    hint: 'Give one of them another name: JOIN … AS other.',
  })
}

/** Of its own side's columns, and NULL in those of the other; a name that both have stands behind its relation's. */
function lateColumns(columns: readonly ScopeColumn[], into: Identifier): readonly Field[] {
  const isTwice = (name: string) => columns.filter((one) => one.name === name).length > 1
  const fields = columns.map(({ qualifier, name, type }) => {
    return { name: isTwice(name) && qualifier !== undefined ? `${qualifier}_${name}` : name, type, nullable: true }
  })
  const twice = fields.find(({ name }, i) => fields.findIndex((one) => one.name === name) !== i)
  if (twice === undefined) return fields
  return fail(into.span, 'INVALID_LATENESS', `late rows would have two columns "${twice.name}"`, {
    hint: 'Give one of them another name in a query in FROM.',
  })
}
