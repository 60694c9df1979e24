// From what a condition says to the join node: computed keys are columns on the way in, and go again behind it.

import { must } from '../../core/assert.ts'
import { column, mapColumns } from '../expression-tree.ts'
import { type JoinMatch, join } from '../logical/join.ts'
import { type LogicalPlan, project } from '../logical/nodes.ts'
import type { JoinType } from '../physical/join-steps.ts'
import type { JoinCondition } from './join-condition.ts'
import { Projection } from './projection.ts'

/** `condition`: its pairs by the positions of each side, its rest by those of both. */
export function buildJoin(
  left: LogicalPlan,
  right: LogicalPlan,
  type: JoinType,
  condition: JoinCondition,
  match: JoinMatch,
): LogicalPlan {
  const ofLeft = new Projection(left)
  const ofRight = new Projection(right)
  const leftKeys = condition.pairs.map((pair) => ofLeft.position(pair.left))
  const rightKeys = condition.pairs.map((pair) => ofRight.position(pair.right))
  const [l, r] = [ofLeft.build(), ofRight.build()]
  const width = left.schema.fields.length
  const added = l.schema.fields.length - width
  const rest = condition.rest && mapColumns(condition.rest, (index) => (index < width ? index : index + added))
  const joined = join(l, r, { type, leftKeys, rightKeys, condition: rest, match })
  const firstRight = width + added
  const kept = joined.schema.fields.flatMap((_, i) => {
    const isKept = i < width || (i >= firstRight && i < firstRight + right.schema.fields.length)
    return isKept ? [i] : []
  })
  const { fields } = joined.schema
  if (kept.length === fields.length) return joined
  return project(
    joined,
    kept.map((index) => column(index, must(fields[index], 'a field').type)),
    kept.map((index) => must(fields[index], 'a field')),
  )
}
