// EXPLAIN of OVER: what is beside its aggregates.

import { type OverNeighbour, type OverStep, rowsAhead, rowsBehind } from './physical/over-step.ts'

/** `lag(amount), lead(ts, 2) else _expr0`, with the columns as they are named here. */
export function neighboursText(
  neighbours: readonly OverNeighbour[] = [],
  columns: readonly string[],
): string | undefined {
  const texts = neighbours.map(({ argument, offset, otherwise }) => {
    const distance = Math.abs(offset) === 1 ? '' : `, ${Math.abs(offset)}`
    const instead = otherwise === undefined ? '' : ` else ${columns[otherwise]}`
    return `${offset > 0 ? 'lead' : 'lag'}(${columns[argument]}${distance})${instead}`
  })
  return texts.length === 0 ? undefined : texts.join(', ')
}

/** What rows wait for, and what is kept of a key that comes no more; of a range in time nothing is. */
export function overDetails(step: OverStep): readonly string[] {
  const { unit, preceding } = step.frame
  const ahead = rowsAhead(step)
  const forgets = unit === 'range' && preceding !== undefined && rowsBehind(step) === 0
  return [
    ...(ahead === 0 ? [] : [`each row waits for ${ahead === 1 ? 'the row' : `${ahead} rows`} behind it`]),
    ...(forgets ? [] : ['state grows with the number of keys']),
  ]
}
