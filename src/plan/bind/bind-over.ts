// Functions OVER the rows around a row. Those of one key and frame are computed by one step; steps of further frames
// and keys stand one behind the other, since each hands all rows on, in the order of their times.

import type { Argument, Call, Expression as Node, Over } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'
import { assert, must } from '../../core/assert.ts'
import { BIGINT, type SqlType, STRING, typeName } from '../../core/type.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { call, childrenOf, column, literal, withChildren } from '../expression-tree.ts'
import type { LogicalPlan } from '../logical/nodes.ts'
import { over } from '../logical/over.ts'
import type { Expression } from '../physical/expression.ts'
import type { AggregateCall, LatePolicy } from '../physical/nodes.ts'
import { type OverFrame, type OverNeighbour, rowsAhead } from '../physical/over-step.ts'
import { aggregateFunction } from './aggregates.ts'
import { AggregateList, placeholderNumber } from './bind-aggregate.ts'
import { bindExpression, type ExpressionContext, plainContext } from './bind-expression.ts'
import type { BoundRelation } from './bind-relation.ts'
import { castTo, commonTypeOf } from './cast.ts'
import { type Clauses, latePolicy } from './clauses.ts'
import type { Environment } from './environment.ts'
import { bindPartition, FRAME_ROWS_MAX, frameOf } from './over-windows.ts'
import { Projection } from './projection.ts'
import { type WindowFunction, windowFunction } from './window-functions.ts'

/** Function of the placeholder call; its argument is the number of the value. Never leaves the binder. */
const OVER_PLACEHOLDER = '$over'

/** A step: its values are those of the aggregates, of the rankings, and of the neighbours. */
interface OverWindow {
  readonly span: Span
  readonly partitionBy: readonly Expression[]
  readonly frame: OverFrame
  readonly aggregates: AggregateList
  readonly rankings: string[]
  neighbours: readonly BoundNeighbour[]
}

/** LAG and LEAD of one key: they look at rows, whatever the frame, so they go with some window of their key. */
interface Neighbours {
  readonly span: Span
  readonly partitionBy: readonly Expression[]
  readonly list: BoundNeighbour[]
  window: OverWindow | undefined
}

interface BoundNeighbour {
  readonly argument: Expression
  readonly offset: number
  readonly otherwise: Expression | undefined
}

/** What a placeholder stands for: a value by its number in a list. */
type OverValue =
  | { readonly list: 'aggregates' | 'rankings'; readonly of: OverWindow; readonly number: number }
  | { readonly list: 'neighbours'; readonly of: Neighbours; readonly number: number }

const ALL_BEFORE: OverFrame = { unit: 'rows', preceding: undefined }
/** Of a step that has only neighbours. */
const ROW_ALONE: OverFrame = { unit: 'rows', preceding: 0 }

export class OverList {
  readonly #from: BoundRelation
  readonly #environment: Environment
  readonly #context: ExpressionContext
  readonly #windows: OverWindow[] = []
  readonly #neighbours: Neighbours[] = []
  readonly #values: OverValue[] = []

  constructor(from: BoundRelation, environment: Environment) {
    this.#from = from
    this.#environment = environment
    this.#context = plainContext(environment, from.scope, 'OVER')
  }

  get isUsed(): boolean {
    return this.#values.length > 0
  }

  /** A placeholder, for `resolve`; undefined for what is no window function. */
  bind(node: Call, clause: Over): Expression | undefined {
    if (aggregateFunction(node.name.name) !== undefined) {
      const of = this.#window(clause, bindPartition(clause, this.#from, this.#environment), frameOf(clause))
      const placeholder = of.aggregates.bind(node)
      const number = must(placeholderNumber(placeholder), 'an aggregate has a placeholder')
      return this.#placeholder({ list: 'aggregates', of, number }, placeholder.type)
    }
    const known = windowFunction(node.name.name)
    if (known === undefined) return undefined
    checkPlain(node, clause)
    if (known.ranking === undefined) return this.#bindNeighbour(node, clause)
    return this.#bindRanking(node, clause, known)
  }

  /** `clauses`: LATE ROWS, where no window in FROM has taken it. */
  build(clauses: Clauses): LogicalPlan {
    const late = this.#lateRows(clauses)
    for (const one of this.#neighbours) this.#placeNeighbours(one)
    this.#arrange()
    const projection = new Projection(this.#from.plan)
    const steps = this.#windows.map(({ partitionBy, frame, aggregates, rankings, neighbours }, i) => ({
      partitionBy: partitionBy.map((one) => projection.position(one)),
      frame,
      aggregates: [...aggregates.calls(projection), ...rankings.map(ranking)],
      neighbours: neighbours.length === 0 ? undefined : neighbours.map((one) => neighbourOf(one, projection)),
      // What one step hands on is late for none behind it.
      late: i === 0 ? late : undefined,
    }))
    return steps.reduce((input: LogicalPlan, step) => over(input, step), projection.build())
  }

  /** An expression of the list over what `build` gave. */
  resolve(expression: Expression, built: LogicalPlan): Expression {
    if (expression.kind === 'call' && expression.function === OVER_PLACEHOLDER) {
      const number = expression.arguments[0]
      assert(number?.kind === 'literal', 'a placeholder has a number')
      return column(this.#position(must(this.#values[Number(number.value)], 'a value'), built), expression.type)
    }
    const children = childrenOf(expression)
    if (children.length === 0) return expression
    return withChildren(
      expression,
      children.map((child) => this.resolve(child, built)),
    )
  }

  #lateRows(clauses: Clauses): LatePolicy | undefined {
    if (clauses.used.late) return undefined
    if (clauses.latenessSpan !== undefined) {
      fail(
        clauses.latenessSpan,
        'INVALID_LATENESS',
        'a row OVER others comes out once, so no lateness can be allowed',
        {
          hint: 'Leave it out: the WATERMARK of the stream says how long rows are waited for.',
        },
      )
    }
    if (clauses.lateSpan === undefined) return undefined
    return latePolicy(clauses, 'event', this.#from.plan.schema, this.#environment)
  }

  #placeNeighbours(neighbours: Neighbours): void {
    const { span, partitionBy, list } = neighbours
    // One whose frame ends before the row keeps its rows in another way.
    const ofKey = this.#windows.filter((one) => sameKey(one, neighbours) && (one.frame.following ?? 0) >= 0)
    const window = ofKey.find(looksAhead) ?? ofKey.at(-1) ?? this.#addWindow(span, partitionBy, ROW_ALONE)
    window.neighbours = list
    neighbours.window = window
  }

  /** Those of one key behind each other, so that rows move once; and last the one whose rows come without a time. */
  #arrange(): void {
    const [last, second] = this.#windows.filter(looksAhead)
    if (second !== undefined) {
      notSupported(
        second.span,
        'a second OVER that waits for rows behind each row',
        'Of one key LEAD may be used with any number; a frame of RANGE may end at an interval FOLLOWING.',
      )
    }
    const keys = this.#windows.map(keyText)
    const place = (one: OverWindow) => {
      if (last === undefined || !sameKey(one, last)) return keys.indexOf(keyText(one))
      return one === last ? keys.length + 1 : keys.length
    }
    this.#windows.sort((a, b) => place(a) - place(b))
  }

  #position(value: OverValue, built: LogicalPlan): number {
    const window = value.list === 'neighbours' ? must(value.of.window, 'a window has them') : value.of
    const behind = this.#windows.slice(this.#windows.indexOf(window)).reduce((sum, one) => sum + widthOf(one), 0)
    const { aggregates, rankings } = window
    const before = { aggregates: 0, rankings: aggregates.count, neighbours: aggregates.count + rankings.length }
    return built.schema.fields.length - behind + before[value.list] + value.number
  }

  #placeholder(value: OverValue, type: SqlType): Expression {
    this.#values.push(value)
    return call(OVER_PLACEHOLDER, [literal(this.#values.length - 1, { kind: 'int' })], type)
  }

  #window({ span }: Over, partitionBy: readonly Expression[], frame: OverFrame): OverWindow {
    const same = (one: OverWindow) => sameKey(one, { partitionBy }) && sameFrame(one.frame, frame)
    return this.#windows.find(same) ?? this.#addWindow(span, partitionBy, frame)
  }

  #addWindow(span: Span, partitionBy: readonly Expression[], frame: OverFrame): OverWindow {
    const aggregates = new AggregateList(this.#context, this.#from.plan.schema.fields)
    const window = { span, partitionBy, frame, aggregates, rankings: [], neighbours: [] }
    this.#windows.push(window)
    return window
  }

  #bindRanking(node: Call, clause: Over, { id, ranking: aggregate }: WindowFunction): Expression {
    const [argument] = node.arguments
    if (argument !== undefined) fail(argument.span, 'TYPE_MISMATCH', `${id.toUpperCase()}() takes no argument`)
    const orFirst =
      id === 'row_number' ? 'In a query around it WHERE rn <= n gives the first n by any order.' : undefined
    const of = this.#window(clause, bindPartition(clause, this.#from, this.#environment, orFirst), ALL_BEFORE)
    const name = must(aggregate, 'a ranking is an aggregate')
    if (!of.rankings.includes(name)) of.rankings.push(name)
    return this.#placeholder({ list: 'rankings', of, number: of.rankings.indexOf(name) }, BIGINT)
  }

  #bindNeighbour(node: Call, clause: Over): Expression {
    const [first, distance, fallback, more] = node.arguments
    const name = node.name.name.toUpperCase()
    if (first === undefined || more !== undefined) {
      fail(node.span, 'TYPE_MISMATCH', `${name} takes a value, a number of rows and a default`, {
        hint: `${name}(amount), ${name}(amount, 2) or ${name}(amount, 1, 0)`,
      })
    }
    const rows = distance === undefined ? 1 : rowsOf(distance, name)
    const value = this.#bindValue(first.value)
    const otherwise = fallback && this.#bindValue(fallback.value)
    const type = otherwise === undefined ? value.type : commonType(name, value, otherwise, must(fallback, 'it').span)
    const neighbour: BoundNeighbour = {
      argument: castTo(value, type),
      offset: name === 'LEAD' ? rows : -rows,
      otherwise: otherwise && castTo(otherwise, type),
    }
    const of = this.#neighboursOf(clause)
    const text = JSON.stringify(neighbour)
    const known = of.list.findIndex((one) => JSON.stringify(one) === text)
    const number = known < 0 ? of.list.push(neighbour) - 1 : known
    return this.#placeholder({ list: 'neighbours', of, number }, type)
  }

  #neighboursOf(clause: Over): Neighbours {
    const partitionBy = bindPartition(clause, this.#from, this.#environment)
    const known = this.#neighbours.find((one) => sameKey(one, { partitionBy }))
    if (known !== undefined) return known
    const neighbours = { span: clause.span, partitionBy, list: [], window: undefined }
    this.#neighbours.push(neighbours)
    return neighbours
  }

  #bindValue(node: Node): Expression {
    const bound = bindExpression(node, this.#context)
    return bound.type.kind === 'null' ? castTo(bound, STRING) : bound
  }
}

function checkPlain(node: Call, { frame }: Over): void {
  const name = node.name.name.toUpperCase()
  if (frame !== undefined) fail(frame.span, 'INVALID_QUERY', `${name} has no frame`)
  if (node.star) fail(node.span, 'TYPE_MISMATCH', `only COUNT takes *, not ${node.name.name}`)
  const part = node.filter ?? (node.distinct ? node : node.orderBy[0])
  if (part !== undefined) fail(part.span, 'INVALID_AGGREGATE', `"${node.name.name}" is not an aggregate`)
}

function rowsOf({ value, span }: Argument, name: string): number {
  const rows = value.kind === 'integer' ? Number(value.value) : Number.NaN
  if (rows <= FRAME_ROWS_MAX) return rows
  return fail(span, 'INVALID_LITERAL', `the second argument of ${name} is a number of rows, at most ${FRAME_ROWS_MAX}`)
}

function commonType(name: string, value: Expression, otherwise: Expression, span: Span): SqlType {
  const type = commonTypeOf([value, otherwise])
  if (type !== undefined) return type
  return fail(
    span,
    'TYPE_MISMATCH',
    `the default of ${name} is ${typeName(otherwise.type)}, the value ${typeName(value.type)}`,
  )
}

function looksAhead({ frame, neighbours }: OverWindow): boolean {
  return rowsAhead({ frame, neighbours: neighbours.map(({ offset }) => ({ argument: 0, offset })) }) > 0
}

type ByKey = Pick<OverWindow, 'partitionBy'>

function keyText({ partitionBy }: ByKey): string {
  return JSON.stringify(partitionBy)
}

function sameKey(one: ByKey, other: ByKey): boolean {
  return keyText(one) === keyText(other)
}

function sameFrame(one: OverFrame, other: OverFrame): boolean {
  return one.unit === other.unit && one.preceding === other.preceding && one.following === other.following
}

function widthOf({ aggregates, rankings, neighbours }: OverWindow): number {
  return aggregates.count + rankings.length + neighbours.length
}

function ranking(name: string): AggregateCall {
  const none = { arguments: [], argumentTypes: [], constants: [], distinct: false, filter: undefined }
  return { function: name, ...none, type: BIGINT }
}

function neighbourOf({ argument, offset, otherwise }: BoundNeighbour, projection: Projection): OverNeighbour {
  return {
    argument: projection.position(argument),
    offset,
    otherwise: otherwise && projection.position(otherwise),
  }
}
