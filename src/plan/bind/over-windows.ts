// What stands behind OVER: the rows by key, in the order of event time, and the frame of each.

import type { Frame, FrameBound, Expression as Node, Over } from '../../../grammar/ast.ts'
import { fail, notSupported } from '../diagnostics.ts'
import type { Expression } from '../physical/expression.ts'
import type { OverFrame } from '../physical/over-step.ts'
import { bindExpression, plainContext } from './bind-expression.ts'
import type { BoundRelation } from './bind-relation.ts'
import { notNegative } from './bind-window.ts'
import type { Environment } from './environment.ts'

export function bindPartition(
  clause: Over,
  { plan, scope }: BoundRelation,
  environment: Environment,
  otherOrders?: string,
): readonly Expression[] {
  if (plan.schema.mode !== 'append') notSupported(clause.span, 'OVER rows that change')
  if (plan.schema.timeColumn === undefined) {
    fail(clause.span, 'INVALID_TIME_COLUMN', `${scope.description} has no event time to order rows by`, {
      hint: "Declare it: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND.",
    })
  }
  const context = plainContext(environment, scope, 'OVER')
  const [order, second] = clause.orderBy
  const bound = order && bindExpression(order.expression, context)
  const isTime = bound?.kind === 'column' && bound.index === plan.schema.timeColumn && order?.descending !== true
  if (!isTime || second !== undefined) {
    const name = scope.columns[plan.schema.timeColumn]?.name
    fail(second?.span ?? order?.span ?? clause.span, 'INVALID_QUERY', 'rows come in the order of event time', {
      hint: [`Write OVER (… ORDER BY ${name}).`, otherOrders].filter((one) => one !== undefined).join(' '),
    })
  }
  return clause.partitionBy.map((one) => bindExpression(one, context))
}

/** Without one it is what the standard says: all rows up to this one and its peers. */
export function frameOf({ frame }: Over): OverFrame {
  if (frame === undefined) return { unit: 'range', preceding: undefined }
  if (frame.from.edge === 'following') {
    notSupported(frame.span, 'a frame that begins behind the current row', 'LEAD(x, n) is of one row behind it.')
  }
  const preceding = precedingOf(frame)
  const following = followingOf(frame)
  if (preceding !== undefined && preceding + (following ?? 0) < 0) {
    fail(frame.span, 'INVALID_QUERY', 'the frame ends before it begins', {
      hint: 'The bound that is further away comes first: BETWEEN 5 PRECEDING AND 1 PRECEDING.',
    })
  }
  return { unit: frame.mode, preceding, following }
}

function precedingOf({ mode, from }: Frame): number | undefined {
  return from.edge === 'current-row' ? 0 : from.distance && distanceOf(mode, from, from.distance)
}

function followingOf({ mode, to, span }: Frame): number | undefined {
  if (to.edge === 'current-row') return undefined
  if (to.distance === undefined) {
    if (to.edge === 'preceding') fail(to.span, 'INVALID_QUERY', 'no row is before UNBOUNDED PRECEDING')
    notSupported(span, 'a frame up to UNBOUNDED FOLLOWING', 'A stream has no last row: write AND n FOLLOWING.')
  }
  const distance = distanceOf(mode, to, to.distance)
  return (to.edge === 'preceding' ? -distance : distance) || undefined
}

function distanceOf(mode: Frame['mode'], bound: FrameBound, distance: Node): number {
  return mode === 'rows' ? rowsOf(bound, distance) : msOf(bound, distance)
}

function rowsOf(bound: FrameBound, distance: Node): number {
  if (distance.kind === 'integer') {
    const rows = Number(distance.value)
    if (rows <= FRAME_ROWS_MAX) return rows
    fail(bound.span, 'INVALID_LITERAL', `a frame has at most ${FRAME_ROWS_MAX} rows`)
  }
  return fail(bound.span, 'INVALID_LITERAL', 'ROWS takes a number of rows', { hint: 'ROWS BETWEEN 9 PRECEDING AND …' })
}

function msOf(bound: FrameBound, distance: Node): number {
  if (distance.kind === 'interval') return notNegative(distance, 'frame')
  return fail(bound.span, 'INVALID_LITERAL', 'RANGE takes an interval', {
    hint: "RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW",
  })
}

/** To either side, and of LAG and LEAD: state of a key holds all of them. */
export const FRAME_ROWS_MAX = 10_000
