// The rules in their order.

import type { LogicalPlan } from '../logical/nodes.ts'
import { foldConstants } from './fold-constants.ts'
import { mergeProjections } from './merge-projections.ts'
import { pruneColumns } from './prune-columns.ts'
import { pushDownFilter } from './push-down-filter.ts'
import type { Rule } from './rule.ts'

export const RULES: readonly Rule[] = [foldConstants, pushDownFilter, mergeProjections, pruneColumns]

/** Passes at most: each rule makes plans smaller or pushes something down, so that few are needed. */
const PASSES_MAX = 8

export function optimise(plan: LogicalPlan, rules: readonly Rule[] = RULES): LogicalPlan {
  let current = plan
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const before = current
    for (const rule of rules) current = rule.apply(current)
    if (current === before) break
  }
  return current
}
