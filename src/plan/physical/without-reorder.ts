import { must } from '../../core/assert.ts'
import type { PhysicalPlan, Step } from './nodes.ts'

/**
 * A plan for one task: changes come in their order there, so that no step has to bring them into one. What stood in
 * front of a `reorder` gives its rows in the form that the reorder gave them. Other steps keep their ids.
 */
export function withoutReorder(plan: PhysicalPlan): PhysicalPlan {
  const byId = new Map(plan.steps.map((step) => [step.id, step]))
  const inputOf = (step: Step): Step => must(byId.get(step.inputs[0] ?? ''), 'a step has an input')
  /** The join in the place of a reorder that goes, and the exchange between them. */
  const joinOf = new Map<string, string>()
  const changed = new Map<string, Step | undefined>()
  for (const step of plan.steps) {
    if (step.kind !== 'reorder') continue
    const exchange = inputOf(step)
    const join = exchange.kind === 'exchange' ? inputOf(exchange) : exchange
    if (join.kind !== 'table-join') continue
    joinOf.set(step.id, join.id)
    changed.set(step.id, undefined)
    if (exchange !== join) changed.set(exchange.id, undefined)
    changed.set(join.id, { ...join, schema: step.schema, retractions: step.schema.mode === 'retract' })
  }
  if (joinOf.size === 0) return plan
  const steps = plan.steps.flatMap((step): Step[] => {
    const kept = changed.has(step.id) ? changed.get(step.id) : step
    if (kept === undefined) return []
    return [{ ...kept, inputs: kept.inputs.map((id) => joinOf.get(id) ?? id) }]
  })
  return { ...plan, steps }
}
