import type { Column } from '../../core/batch.ts'
import type { Accumulators, AggregateSet } from './aggregate-set.ts'

/** Aggregates whose rows are the partials of a local aggregate: to add one is to merge what it holds. */
export function mergePartials(aggregates: AggregateSet, column: number): AggregateSet {
  // A row that belongs to several windows is added several times in a row.
  let bytes: Uint8Array | undefined
  let partial: Accumulators | undefined
  return {
    ...aggregates,
    add: (accumulators, columns, row) => {
      const next = (columns[column] as Column)[row] as Uint8Array
      if (next !== bytes || partial === undefined) {
        bytes = next
        partial = aggregates.decode(next)
      }
      aggregates.merge(accumulators, partial)
    },
  }
}
