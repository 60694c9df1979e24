// Functions that stand before OVER and are no aggregates; docs of them, and what they are made of.

export interface WindowFunction {
  /** The SQL name. */
  readonly id: string
  readonly usage: string
  readonly doc: string
  /** Aggregate over all rows up to one that it is; undefined for those that take a value of another row. */
  readonly ranking: string | undefined
}

export const WINDOW_FUNCTIONS: readonly WindowFunction[] = [
  {
    id: 'lag',
    usage: 'lag(x [, n [, default]])',
    doc: 'value of the row `n` (1) before, or the default (NULL) where there is none',
    ranking: undefined,
  },
  {
    id: 'lead',
    usage: 'lead(x [, n [, default]])',
    doc: 'value of the row `n` (1) behind, or the default (NULL) where the input has ended',
    ranking: undefined,
  },
  { id: 'row_number', usage: 'row_number()', doc: 'number of the row, from 1', ranking: 'count' },
  {
    id: 'rank',
    usage: 'rank()',
    doc: 'number of the first row of its time, so that rows of one time share a rank',
    ranking: 'rank',
  },
  { id: 'dense_rank', usage: 'dense_rank()', doc: 'number of its time, from 1', ranking: 'dense_rank' },
]

const byName = new Map(WINDOW_FUNCTIONS.map((one) => [one.id, one]))

export function windowFunction(name: string): WindowFunction | undefined {
  return byName.get(name)
}
