import { BIGINT, DOUBLE } from '../../core/type.ts'
import type { Aggregate } from './aggregate.ts'

export interface RankState {
  rows: number
  rank: number
  time: number
}

/**
 * RANK() and DENSE_RANK() in the order of event time, over all rows up to one: rows of one time have the rank of the
 * first of them; the next has a rank for each row before it, or where it is dense for each time.
 */
export function rank(dense: boolean): Aggregate<RankState> {
  return {
    ignoresNulls: false,
    stateTypes: [BIGINT, BIGINT, DOUBLE],
    create: () => ({ rows: 0, rank: 0, time: Number.NaN }),
    add: (state, _value, _second, time) => {
      state.rows++
      if (time === state.time) return
      state.rank = dense ? state.rank + 1 : state.rows
      state.time = time
    },
    retract: () => {
      throw new Error('a rank is over all rows before one')
    },
    merge: () => {
      throw new Error('ranks are never merged')
    },
    finish: (state) => state.rank,
    toState: (state) => [state.rows, state.rank, state.time],
    fromState: ([rows, value, time]) => ({ rows: rows as number, rank: value as number, time: time as number }),
  }
}
