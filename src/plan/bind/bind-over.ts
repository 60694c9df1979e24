// Aggregates OVER the rows before a row. All of one SELECT have the same window, as in Flink: one step computes them.

import type { Call, FrameBound, Expression as Node, Over } from '../../../grammar/ast.ts'
import { must } from '../../core/assert.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { childrenOf, column, withChildren } from '../expression-tree.ts'
import type { LogicalPlan } from '../logical/nodes.ts'
import { over } from '../logical/over.ts'
import type { Expression } from '../physical/expression.ts'
import type { OverFrame } from '../physical/nodes.ts'
import { aggregateFunction } from './aggregates.ts'
import { AggregateList, placeholderNumber } from './bind-aggregate.ts'
import { bindExpression, plainContext } from './bind-expression.ts'
import type { BoundRelation } from './bind-relation.ts'
import { notNegative } from './bind-window.ts'
import type { Environment } from './environment.ts'
import { Projection } from './projection.ts'

interface OverWindow {
  readonly partitionBy: readonly Expression[]
  readonly frame: OverFrame
}

export class OverList {
  readonly #from: BoundRelation
  readonly #environment: Environment
  readonly #aggregates: AggregateList
  #window: OverWindow | undefined

  constructor(from: BoundRelation, environment: Environment) {
    this.#from = from
    this.#environment = environment
    this.#aggregates = new AggregateList(plainContext(environment, from.scope, 'OVER'), from.plan.schema.fields)
  }

  get isUsed(): boolean {
    return this.#aggregates.count > 0
  }

  /** A placeholder, for `resolve`; undefined for what is no aggregate. */
  bind(node: Call, clause: Over): Expression | undefined {
    if (aggregateFunction(node.name.name) === undefined) return undefined
    const window = this.#bindWindow(clause)
    this.#window ??= window
    if (JSON.stringify(window) !== JSON.stringify(this.#window)) {
      notSupported(clause.span, 'a second window OVER in one SELECT', 'Compute one of them in a subquery in FROM.')
    }
    return this.#aggregates.bind(node)
  }

  build(): LogicalPlan {
    const { partitionBy, frame } = must(this.#window, 'there is an OVER')
    const projection = new Projection(this.#from.plan)
    const keys = partitionBy.map((one) => projection.position(one))
    const aggregates = this.#aggregates.calls(projection)
    return over(projection.build(), { partitionBy: keys, aggregates, frame })
  }

  /** An expression of the list over what `build` gave. */
  resolve(expression: Expression, built: LogicalPlan): Expression {
    const number = placeholderNumber(expression)
    if (number !== undefined) {
      const first = built.schema.fields.length - this.#aggregates.count
      return column(first + number, expression.type)
    }
    const children = childrenOf(expression)
    if (children.length === 0) return expression
    return withChildren(
      expression,
      children.map((child) => this.resolve(child, built)),
    )
  }

  #bindWindow(clause: Over): OverWindow {
    const { plan, scope } = this.#from
    if (plan.schema.mode !== 'append') notSupported(clause.span, 'OVER rows that change')
    if (plan.schema.timeColumn === undefined) {
      fail(clause.span, 'INVALID_TIME_COLUMN', `${scope.description} has no event time to order rows by`, {
        hint: "Declare it: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND.",
      })
    }
    const context = plainContext(this.#environment, scope, 'OVER')
    const [order, second] = clause.orderBy
    const bound = order && bindExpression(order.expression, context)
    const isTime = bound?.kind === 'column' && bound.index === plan.schema.timeColumn && order?.descending !== true
    if (!isTime || second !== undefined) {
      const name = scope.columns[plan.schema.timeColumn]?.name
      fail(second?.span ?? order?.span ?? clause.span, 'INVALID_QUERY', 'rows come in the order of event time', {
        hint: `Write OVER (… ORDER BY ${name}).`,
      })
    }
    const partitionBy = clause.partitionBy.map((one) => bindExpression(one, context))
    return { partitionBy, frame: frameOf(clause) }
  }
}

/** Without one it is what the standard says: all rows up to this one and its peers. */
function frameOf({ frame }: Over): OverFrame {
  if (frame === undefined) return { unit: 'range', preceding: undefined }
  const { mode, from, to } = frame
  if (to.edge !== 'current-row' || from.edge === 'following') {
    notSupported(
      frame.span,
      'a frame that does not end at the current row',
      'Write BETWEEN … PRECEDING AND CURRENT ROW.',
    )
  }
  if (from.edge === 'current-row') return { unit: mode, preceding: 0 }
  if (from.distance === undefined) return { unit: mode, preceding: undefined }
  return { unit: mode, preceding: mode === 'rows' ? rowsOf(from, from.distance) : msOf(from, from.distance) }
}

function rowsOf(bound: FrameBound, distance: Node): number {
  if (distance.kind === 'integer') {
    const rows = Number(distance.value)
    if (rows <= ROWS_PRECEDING_MAX) return rows
    fail(bound.span, 'INVALID_LITERAL', `a frame has at most ${ROWS_PRECEDING_MAX} rows`)
  }
  return fail(bound.span, 'INVALID_LITERAL', 'ROWS takes a number of rows', { hint: 'ROWS BETWEEN 9 PRECEDING AND …' })
}

function msOf(bound: FrameBound, distance: Node): number {
  if (distance.kind === 'interval') return notNegative(distance, 'frame')
  return fail(bound.span, 'INVALID_LITERAL', 'RANGE takes an interval', {
    hint: "RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW",
  })
}

/** State of a key holds all of them. */
const ROWS_PRECEDING_MAX = 10_000
