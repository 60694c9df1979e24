import { BIGINT } from '../../core/type.ts'
import type { Aggregate, AggregateBinding } from './aggregate.ts'

export interface CountState {
  count: number
}

/** COUNT(*) without arguments, else the values that are not NULL. */
export function count({ types }: AggregateBinding): Aggregate<CountState> {
  return {
    ignoresNulls: types.length > 0,
    stateTypes: [BIGINT],
    create: () => ({ count: 0 }),
    add: (state) => {
      state.count++
    },
    retract: (state) => {
      state.count--
    },
    merge: (into, from) => {
      into.count += from.count
    },
    finish: (state) => state.count,
    toState: (state) => [state.count],
    fromState: ([value]) => ({ count: value as number }),
  }
}
