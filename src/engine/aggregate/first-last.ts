import { type Comparator, compareDoubles } from '../../core/compare.ts'
import { arrayOf, BOOLEAN, DOUBLE, type SqlType } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'
import { type Aggregate, type AggregateBinding, checkEntries } from './aggregate.ts'
import { OrderedEntries } from './ordered-entries.ts'

/** The value of the earliest or latest row by event time; rows without one are ordered by arrival. */
export interface FirstLastState {
  present: boolean
  value: Value
  time: number
}

// NaN, for no event time, is one time like another: the first or last to arrive decides.
const compare = compareDoubles as Comparator

export function firstValue(binding: AggregateBinding): Aggregate<FirstLastState> | Aggregate<OrderedEntries> {
  const [type] = binding.types as [SqlType]
  if (binding.retractable) return entries(type, (kept) => kept.values[0] ?? null)
  return edge(type, (time, kept) => compareDoubles(time, kept) < 0)
}

export function lastValue(binding: AggregateBinding): Aggregate<FirstLastState> | Aggregate<OrderedEntries> {
  const [type] = binding.types as [SqlType]
  if (binding.retractable) return entries(type, (kept) => kept.values.at(-1) ?? null)
  return edge(type, (time, kept) => compareDoubles(time, kept) >= 0)
}

function edge(type: SqlType, replaces: (time: number, kept: number) => boolean): Aggregate<FirstLastState> {
  const add = (state: FirstLastState, value: Value, time: number): void => {
    if (state.present && !replaces(time, state.time)) return
    state.present = true
    state.value = value
    state.time = time
  }
  return {
    ignoresNulls: true,
    stateTypes: [BOOLEAN, type, DOUBLE],
    create: () => ({ present: false, value: null, time: Number.NaN }),
    add: (state, value, _second, time) => add(state, value, time),
    retract: () => {
      throw new Error('this aggregate was made for an input without retractions')
    },
    merge: (into, from) => {
      if (from.present) add(into, from.value, from.time)
    },
    finish: (state) => state.value,
    toState: (state) => [state.present, state.value, state.time],
    fromState: ([present, value, time]) => ({
      present: present as boolean,
      value: value as Value,
      time: time as number,
    }),
  }
}

function entries(type: SqlType, pick: (entries: OrderedEntries) => Value): Aggregate<OrderedEntries> {
  return {
    ignoresNulls: true,
    stateTypes: [arrayOf(DOUBLE), arrayOf(type)],
    create: () => new OrderedEntries(compare, type),
    check: (kept) => checkEntries(kept.size),
    add: (kept, value, _second, time) => kept.insert(time, value),
    retract: (kept, value, _second, time) => kept.remove(time, value),
    merge: (into, from) => {
      for (const [i, time] of from.orders.entries()) into.insert(time, from.values[i] as Value)
    },
    finish: pick,
    toState: (kept) => [kept.orders, kept.values],
    fromState: ([times, values]) => new OrderedEntries(compare, type, times as Row, values as Row),
  }
}
