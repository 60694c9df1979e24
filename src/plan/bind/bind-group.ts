// GROUP BY: keys, the window, aggregates, and what of the input may still be named afterwards.
//
// A window comes in three spellings: TUMBLE(ts, …) among the keys; ksqlDB's WINDOW clause; or window columns of a table
// function in FROM among the keys. All become one node: in the third case the assignment of rows to windows is taken
// out of FROM, because an aggregate does it better. Where it can't be taken out (the rows come from another windowed
// aggregate), rows have the event time window_end − 1 ms, and windows as long as the distance of two ends group them.

import type { Call, ColumnRef, Expression as Node, Select } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'
import { must } from '../../core/assert.ts'
import { INTERVAL, TIMESTAMP, typeName } from '../../core/type.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { call, childrenOf, column, literal, sameExpression, withChildren } from '../expression-tree.ts'
import { groupAggregate, type LogicalPlan, type WindowSpec, windowAggregate } from '../logical/nodes.ts'
import type { Expression } from '../physical/expression.ts'
import { AggregateList, placeholderNumber } from './bind-aggregate.ts'
import { bindExpression, type ExpressionContext, plainContext } from './bind-expression.ts'
import type { BoundRelation } from './bind-relation.ts'
import { bindWindow, bindWindowTime, defaultWindowTime, notNegative } from './bind-window.ts'
import { type Clauses, groupEmit, hasAggregate, latePolicy, windowEmit } from './clauses.ts'
import type { Environment } from './environment.ts'
import { Projection } from './projection.ts'
import { takeWindow } from './take-window.ts'

const WINDOW_START = '$window_start'
const WINDOW_END = '$window_end'

/** Names of a window's bounds: ours, and those of ksqlDB. */
const WINDOW_NAMES: Readonly<Record<string, 'start' | 'end' | 'time'>> = {
  window_start: 'start',
  windowstart: 'start',
  window_end: 'end',
  windowend: 'end',
  window_time: 'time',
}

/** Flink's older functions: TUMBLE_START(ts, INTERVAL '1' MINUTE). */
const WINDOW_FUNCTION = /^(tumble|hop|session|cumulate)_(start|end|rowtime)$/

export function isGrouped(select: Select): boolean {
  if (select.groupBy.length > 0 || select.having !== undefined || select.window !== undefined) return true
  return select.items.some((item) => item.kind === 'select-item' && hasAggregate(item.expression))
}

interface Window {
  readonly spec: WindowSpec
  readonly time: 'event' | 'processing'
}

export class Grouping {
  readonly #select: Select
  readonly #from: BoundRelation
  readonly #environment: Environment
  readonly #clauses: Clauses
  readonly #keys: Expression[] = []
  readonly #window: Window | undefined
  readonly #aggregates: AggregateList
  /** Output columns: of each key, of the window's bounds, of the first aggregate. */
  #layout: Layout | undefined

  constructor(select: Select, from: BoundRelation, environment: Environment, clauses: Clauses) {
    this.#select = select
    this.#from = from
    this.#environment = environment
    let window: Window | undefined
    for (const item of select.groupBy) {
      environment.diagnostics.attempt(() => {
        if (item.kind !== 'window-group') {
          this.#keys.push(this.#bindKey(item))
          return
        }
        if (window !== undefined) fail(item.span, 'INVALID_WINDOW', 'a query has one window')
        const time = bindWindowTime(item.time, from.scope, from.plan, environment)
        window = { spec: bindWindow(item.window), time }
      })
    }
    const clause = select.window
    if (clause !== undefined) {
      if (window !== undefined) fail(clause.span, 'INVALID_WINDOW', 'a query has one window')
      const time = defaultWindowTime(clause.span, from.scope, from.plan, environment)
      window = { spec: bindWindow(clause.window), time }
    }
    this.#window = window
    const grace = clause?.grace
    this.#clauses =
      grace === undefined
        ? clauses
        : { ...clauses, allowedLatenessMs: notNegative(grace, 'grace period'), latenessSpan: grace.span }
    this.#aggregates = new AggregateList(plainContext(environment, from.scope, 'SELECT'), from.plan.schema.fields)
  }

  /** How SELECT and HAVING see the group. */
  context(clause: string): ExpressionContext {
    const { scope } = this.#from
    return {
      environment: this.#environment,
      scope,
      clause,
      aggregate: (node) => this.#aggregates.bind(node),
      column: (node) => this.#windowColumn(node),
      call: (node) => this.#windowCall(node),
    }
  }

  /** To be called when all aggregates are known, before `resolve`. */
  build(): LogicalPlan {
    if (this.#window !== undefined) return this.#ownWindow(this.#window)
    const { plan } = this.#from
    const { window } = plan
    const bounds = [window?.start, window?.end]
    const windowed = this.#keys.some((key) => key.kind === 'column' && bounds.includes(key.index))
    if (window === undefined || !windowed) return this.#withoutWindow()
    const taken = takeWindow(plan)
    if (taken !== undefined) return this.#takenWindow(taken)
    // What is read as it is now, and ends, needs no window to know that a group is complete.
    return this.#environment.bounded ? this.#withoutWindow() : this.#windowOverWindow(window.spec, window.time)
  }

  /** An expression over the input as one over the aggregated rows. */
  resolve(expression: Expression, span: Span): Expression {
    const layout = must(this.#layout, 'the group is built')
    const key = this.#keys.findIndex((one) => sameExpression(one, expression))
    if (key >= 0) return column(must(layout.keys[key], 'a column a key'), expression.type)
    if (expression.kind === 'call') {
      if (expression.function === WINDOW_START) return column(must(layout.start, 'window_start'), TIMESTAMP)
      if (expression.function === WINDOW_END) return column(must(layout.end, 'window_end'), TIMESTAMP)
    }
    const number = placeholderNumber(expression)
    if (number !== undefined) return column(layout.aggregates + number, expression.type)
    if (expression.kind === 'column') return this.#bound(expression.index, layout) ?? this.#notGrouped(expression, span)
    const children = childrenOf(expression)
    if (children.length === 0) return expression
    return withChildren(
      expression,
      children.map((child) => this.resolve(child, span)),
    )
  }

  /** The other bound of a window whose one bound is a key. */
  #bound(index: number, layout: Layout): Expression | undefined {
    const { window } = this.#from.plan
    if (window === undefined || layout.fixed === undefined) return undefined
    if (index === window.start && layout.start !== undefined) return column(layout.start, TIMESTAMP)
    if (index === window.end && layout.end !== undefined) return column(layout.end, TIMESTAMP)
    return undefined
  }

  #notGrouped(expression: Extract<Expression, { kind: 'column' }>, span: Span): never {
    const name = this.#from.scope.columns[expression.index]?.name
    const place = this.#environment.spans.get(expression) ?? span
    fail(place, 'NOT_GROUPED', `column "${name}" is neither grouped nor in an aggregate`, {
      hint: `Add it to GROUP BY, or take one of its values: MAX(${name}), LAST_VALUE(${name}).`,
    })
  }

  #bindKey(item: Node): Expression {
    const { scope } = this.#from
    const context = plainContext(this.#environment, scope, 'GROUP BY')
    if (item.kind === 'integer') {
      const selected = this.#select.items[Number(item.value) - 1]
      if (selected?.kind === 'select-item') return bindExpression(selected.expression, context)
      fail(item.span, 'UNKNOWN_COLUMN', `the list of SELECT has no expression ${item.value}`)
    }
    const name = item.kind === 'column' && item.path.length === 1 ? item.path[0]?.name : undefined
    // As in PostgreSQL: a column of the input comes before an alias of the list.
    if (name !== undefined && scope.find(name).length === 0) {
      const selected = this.#select.items.find((one) => one.kind === 'select-item' && one.alias?.name === name)
      if (selected?.kind === 'select-item') return bindExpression(selected.expression, context)
    }
    const bound = bindExpression(item, context)
    if (bound.type.kind === 'null') fail(item.span, 'TYPE_MISMATCH', 'NULL is no key')
    if (bound.type.kind === 'json' || bound.type.kind === 'map') {
      fail(item.span, 'TYPE_MISMATCH', `${typeName(bound.type)} can't be a key`, { hint: 'Group by a field of it.' })
    }
    return bound
  }

  #windowColumn(node: ColumnRef): Expression | undefined {
    const last = must(node.path.at(-1), 'a path')
    const bound = WINDOW_NAMES[last.name]
    const window = this.#window
    if (bound === undefined || node.path.length > 2) return undefined
    if (node.path.length === 2 && !this.#from.scope.hasQualifier(must(node.path[0], 'a qualifier').name))
      return undefined
    if (window !== undefined) return windowBound(bound)
    return undefined
  }

  #windowCall(node: Call): Expression | undefined {
    const match = WINDOW_FUNCTION.exec(node.name.name)
    if (match === null) return undefined
    const window = this.#window
    if (window === undefined || window.spec.kind !== match[1]) {
      fail(node.span, 'INVALID_WINDOW', `"${node.name.name}" needs ${match[1]?.toUpperCase()} in GROUP BY`)
    }
    return windowBound(match[2] === 'start' ? 'start' : match[2] === 'end' ? 'end' : 'time')
  }

  #withoutWindow(): LogicalPlan {
    const projection = new Projection(this.#from.plan)
    const groupBy = this.#keys.map((key) => projection.position(key))
    const aggregates = this.#aggregates.calls(projection)
    const emit = groupEmit(this.#clauses, this.#environment)
    this.#layout = {
      keys: positions(groupBy.length),
      start: undefined,
      end: undefined,
      aggregates: groupBy.length,
      fixed: undefined,
    }
    return groupAggregate(projection.build(), { groupBy, aggregates, emit })
  }

  #ownWindow({ spec, time }: Window): LogicalPlan {
    const { plan } = this.#from
    const projection = new Projection(plan)
    const groupBy = this.#keys.map((key) => projection.position(key))
    const aggregates = this.#aggregates.calls(projection)
    const emit = windowEmit(this.#clauses)
    const late = latePolicy(this.#clauses, time, plan.schema, this.#environment)
    const count = groupBy.length
    this.#layout = { keys: positions(count), start: count, end: count + 1, aggregates: count + 2, fixed: undefined }
    return windowAggregate(projection.build(), { groupBy, aggregates, spec, time, emit, late })
  }

  /** The assignment was taken out of FROM; the window's bounds among the keys come out beside them. */
  #takenWindow(taken: NonNullable<ReturnType<typeof takeWindow>>): LogicalPlan {
    const { start, end } = must(this.#from.plan.window, 'a window')
    const { spec, time } = taken
    const isBound = (key: Expression) => key.kind === 'column' && (key.index === start || key.index === end)
    const projection = new Projection(taken.input)
    const others = this.#keys.filter((key) => !isBound(key))
    const groupBy = others.map((key) => projection.position(key))
    if (spec.kind === 'session') this.#checkSession(taken.partitionBy, groupBy)
    if (spec.kind === 'cumulate' && !this.#keys.some((key) => key.kind === 'column' && key.index === end)) {
      fail(this.#span(), 'INVALID_WINDOW', 'windows of CUMULATE share their start: group by window_end')
    }
    const aggregates = this.#aggregates.calls(projection)
    const emit = windowEmit(this.#clauses)
    const relation = {
      ...taken.input.schema,
      fields: taken.input.schema.fields.filter((_, i) => i !== start && i !== end),
    }
    const policy = latePolicy(this.#clauses, time, relation, this.#environment)
    const all = taken.input.schema.fields.map((_, i) => i).filter((i) => i !== start && i !== end)
    const late = policy.into === undefined ? policy : { ...policy, columns: all }
    const count = groupBy.length
    const keys = this.#keys.map((key) => {
      if (!isBound(key)) return others.indexOf(key)
      return key.kind === 'column' && key.index === start ? count : count + 1
    })
    this.#layout = { keys, start: count, end: count + 1, aggregates: count + 2, fixed: spec }
    return windowAggregate(projection.build(), { groupBy, aggregates, spec, time, emit, late })
  }

  #checkSession(partitionBy: readonly number[], groupBy: readonly number[]): void {
    const same = partitionBy.length === groupBy.length && partitionBy.every((one) => groupBy.includes(one))
    if (same) return
    fail(this.#span(), 'INVALID_WINDOW', 'PARTITION BY of SESSION and the keys of GROUP BY are not the same', {
      hint: 'Sessions are those of a key: SESSION(TABLE t PARTITION BY k, …) and GROUP BY k, window_start, window_end.',
    })
  }

  #windowOverWindow(spec: WindowSpec, time: 'event' | 'processing'): LogicalPlan {
    if (time === 'processing') notSupported(this.#span(), 'a window over windows of processing time')
    const plan = this.#ownWindow({ spec: spacing(spec), time })
    const layout = must(this.#layout, 'the group is built')
    // The bounds that SELECT means are those among the keys.
    this.#layout = { ...layout, start: undefined, end: undefined }
    return plan
  }

  #span(): Span {
    return (this.#select.groupBy[0] ?? this.#select).span
  }
}

interface Layout {
  readonly keys: readonly number[]
  readonly start: number | undefined
  readonly end: number | undefined
  readonly aggregates: number
  /** Set where one bound of the window says the other. */
  readonly fixed: WindowSpec | undefined
}

function positions(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i)
}

function windowBound(bound: 'start' | 'end' | 'time'): Expression {
  if (bound === 'start') return call(WINDOW_START, [], TIMESTAMP)
  const end = call(WINDOW_END, [], TIMESTAMP)
  return bound === 'end' ? end : call('timestamp_subtract', [end, literal(1, INTERVAL)], TIMESTAMP)
}

/** Tumbling windows that each hold the end, less a millisecond, of exactly one of these. */
function spacing(spec: WindowSpec): WindowSpec {
  switch (spec.kind) {
    case 'tumble':
      return spec
    case 'hop':
      return { kind: 'tumble', sizeMs: commonDivisor(spec.slideMs, spec.sizeMs), offsetMs: spec.offsetMs }
    case 'cumulate':
      return { kind: 'tumble', sizeMs: spec.stepMs, offsetMs: spec.offsetMs }
    case 'session':
      return { kind: 'tumble', sizeMs: 1, offsetMs: 0 }
  }
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}
