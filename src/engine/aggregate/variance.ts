import { BIGINT, DOUBLE } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'
import type { Aggregate } from './aggregate.ts'

/**
 * Variance and standard deviation by Welford's method, which does not cancel as the difference of sums does. NaN and
 * infinities are counted beside it: while one is there the result is NaN.
 */
export interface MomentState {
  /** Finite values. */
  count: number
  mean: number
  /** Sum of squared distances from the mean. */
  squares: number
  specials: number
}

export function variance(population: boolean, root: boolean): Aggregate<MomentState> {
  return {
    ignoresNulls: true,
    stateTypes: [BIGINT, DOUBLE, DOUBLE, BIGINT],
    create: () => ({ count: 0, mean: 0, squares: 0, specials: 0 }),
    add: (state, value) => {
      if (!Number.isFinite(value)) {
        state.specials++
        return
      }
      const distance = (value as number) - state.mean
      state.count++
      state.mean += distance / state.count
      state.squares += distance * ((value as number) - state.mean)
    },
    retract: (state, value) => {
      if (!Number.isFinite(value)) state.specials--
      else if (state.count <= 1) {
        state.count = 0
        state.mean = 0
        state.squares = 0
      } else {
        const distance = (value as number) - state.mean
        state.count--
        state.mean -= distance / state.count
        state.squares = Math.max(0, state.squares - distance * ((value as number) - state.mean))
      }
    },
    merge: (into, from) => {
      const count = into.count + from.count
      const distance = from.mean - into.mean
      if (count > 0) {
        into.mean += (distance * from.count) / count
        into.squares += from.squares + (distance * distance * into.count * from.count) / count
      }
      into.count = count
      into.specials += from.specials
    },
    finish: (state) => finish(state, population, root),
    toState: (state) => [state.count, state.mean, state.squares, state.specials],
    fromState: (state) => {
      const [count, mean, squares, specials] = state as readonly number[] as readonly [number, number, number, number]
      return { count, mean, squares, specials }
    },
  }
}

function finish(state: MomentState, population: boolean, root: boolean): Value {
  const count = state.count + state.specials
  if (count < (population ? 1 : 2)) return null
  if (state.specials > 0) return Number.NaN
  const result = state.squares / (population ? count : count - 1)
  return root ? Math.sqrt(result) : result
}
