// A rule rewrites a logical plan into an equal one. Rules run in a fixed order, in passes until nothing changes.

import type { LogicalPlan } from '../logical/nodes.ts'

export interface Rule {
  /** As EXPLAIN and specs call it. */
  readonly name: string
  /** The same object where nothing changed. */
  readonly apply: (plan: LogicalPlan) => LogicalPlan
}
