import { latin1 } from '../../core/bytes.ts'
import { isIdentityType } from '../../core/compare.ts'
import { keyCodec } from '../../core/key-codec.ts'
import { arrayOf, BIGINT, type SqlType } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'
import { type Aggregate, checkEntries } from './aggregate.ts'

/**
 * DISTINCT around any function of one argument, in one place: a value goes on to the function when it comes for the
 * first time, and is taken away with its last retraction.
 */
export interface DistinctState<A> {
  /** How often each value is there, in order of first arrival. */
  readonly counts: Map<MapKey, number>
  /** The values behind the keys, where the key is not the value itself. */
  readonly values: Map<MapKey, Value> | undefined
  inner: A
}

type MapKey = Exclude<Value, Uint8Array | readonly Value[]>

export function distinct<A>(inner: Aggregate<A>, type: SqlType): Aggregate<DistinctState<A>> {
  const identity = isIdentityType(type)
  const codec = keyCodec([type])
  const keyOf = (value: Value): MapKey => (identity ? (value as MapKey) : latin1(codec.encode([value])))
  const valueBehind = (state: DistinctState<A>, key: MapKey): Value =>
    state.values === undefined ? key : (state.values.get(key) as Value)
  const create = (accumulator: A): DistinctState<A> => ({
    counts: new Map(),
    values: identity ? undefined : new Map(),
    inner: accumulator,
  })
  /** True when the value is new. */
  const insert = (state: DistinctState<A>, key: MapKey, value: Value, count: number): boolean => {
    const before = state.counts.get(key) ?? 0
    state.counts.set(key, before + count)
    if (before === 0) state.values?.set(key, value)
    return before === 0
  }
  return {
    ignoresNulls: inner.ignoresNulls,
    stateTypes: [arrayOf(type), arrayOf(BIGINT), ...inner.stateTypes],
    create: () => create(inner.create()),
    check: (state, value, second) => {
      if (state.counts.has(keyOf(value))) return
      checkEntries(state.counts.size)
      inner.check?.(state.inner, value, second)
    },
    add: (state, value, second, time) => {
      if (insert(state, keyOf(value), value, 1)) inner.add(state.inner, value, second, time)
    },
    retract: (state, value, second, time) => {
      const key = keyOf(value)
      const count = state.counts.get(key)
      if (count === undefined) return
      if (count > 1) {
        state.counts.set(key, count - 1)
        return
      }
      state.counts.delete(key)
      state.values?.delete(key)
      inner.retract(state.inner, value, second, time)
    },
    merge: (into, from) => {
      for (const [key, count] of from.counts) {
        const value = valueBehind(from, key)
        if (insert(into, key, value, count)) inner.add(into.inner, value, null, Number.NaN)
      }
    },
    finish: (state) => inner.finish(state.inner),
    toState: (state) => [
      [...state.counts.keys()].map((key) => valueBehind(state, key)),
      [...state.counts.values()],
      ...inner.toState(state.inner),
    ],
    fromState: ([values, counts, ...rest]) => {
      const state = create(inner.fromState(rest))
      for (const [i, value] of (values as Row).entries()) {
        insert(state, keyOf(value), value, (counts as readonly number[])[i] as number)
      }
      return state
    },
  }
}
