// Takes the window function out of FROM, where nothing between it and the GROUP BY looks at the window's bounds but to
// hand them on. Their columns stay, as NULLs that nobody reads, so that the positions of the others do.

import { TIMESTAMP } from '../../core/type.ts'
import { column, columnsOf, literal } from '../expression-tree.ts'
import { filter, type LogicalPlan, project, type WindowAssignNode } from '../logical/nodes.ts'
import { withInput } from '../logical/visit.ts'
import type { Expression } from '../physical/expression.ts'

export interface TakenWindow {
  /** The same columns as before, without values in those of the window. */
  readonly input: LogicalPlan
  readonly spec: WindowAssignNode['spec']
  readonly time: WindowAssignNode['time']
  /** For sessions: positions in `input`. */
  readonly partitionBy: readonly number[]
}

export function takeWindow(plan: LogicalPlan): TakenWindow | undefined {
  switch (plan.kind) {
    case 'window-assign':
      return takeAssign(plan)
    case 'filter': {
      if (reads(plan.predicate, plan.window)) return undefined
      const taken = takeWindow(plan.input)
      return taken && { ...taken, input: filter(taken.input, plan.predicate) }
    }
    case 'project':
      return takeProject(plan)
    default:
      return undefined
  }
}

function takeAssign(plan: WindowAssignNode): TakenWindow {
  const { fields } = plan.input.schema
  const columns = fields.map((field, i) => column(i, field.type))
  const bound = literal(null, TIMESTAMP)
  const input = project(plan.input, [...columns, bound, bound], plan.schema.fields)
  return { input, spec: plan.spec, time: plan.time, partitionBy: plan.partitionBy }
}

function takeProject(plan: Extract<LogicalPlan, { kind: 'project' }>): TakenWindow | undefined {
  const { window } = plan.input
  if (plan.expressions.some((one) => one.kind !== 'column' && reads(one, window))) return undefined
  const taken = takeWindow(plan.input)
  if (taken === undefined) return undefined
  const partitionBy = taken.partitionBy.map((index) =>
    plan.expressions.findIndex((one) => one.kind === 'column' && one.index === index),
  )
  if (partitionBy.includes(-1)) return undefined
  return { ...taken, input: withInput(plan, taken.input), partitionBy }
}

function reads(expression: Expression, window: LogicalPlan['window']): boolean {
  const columns = columnsOf(expression)
  return [window?.start, window?.end].some((bound) => bound !== undefined && columns.has(bound))
}
