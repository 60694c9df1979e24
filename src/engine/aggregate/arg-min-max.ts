import { comparator } from '../../core/compare.ts'
import { arrayOf, type SqlType } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'
import { type Aggregate, type AggregateBinding, checkEntries } from './aggregate.ts'
import { OrderedEntries } from './ordered-entries.ts'

/** The first argument in the row where the second is least or greatest; of equals the first to arrive. */
export interface ArgExtremeState {
  value: Value
  /** NULL before the first row. */
  order: Value
}

export function argMin(binding: AggregateBinding): Aggregate<ArgExtremeState> | Aggregate<OrderedEntries> {
  return binding.retractable ? entries(binding, () => 0) : extreme(binding, -1)
}

export function argMax(binding: AggregateBinding): Aggregate<ArgExtremeState> | Aggregate<OrderedEntries> {
  return binding.retractable
    ? entries(binding, (kept) => kept.firstOf(kept.orders.at(-1) as Value))
    : extreme(binding, 1)
}

function extreme({ types }: AggregateBinding, sign: 1 | -1): Aggregate<ArgExtremeState> {
  const [type, orderType] = types as [SqlType, SqlType]
  const compare = comparator(orderType)
  const add = (state: ArgExtremeState, value: Value, order: Value): void => {
    if (order === null || (state.order !== null && sign * compare(order, state.order) <= 0)) return
    state.value = value
    state.order = order
  }
  return {
    ignoresNulls: false,
    stateTypes: [type, orderType],
    create: () => ({ value: null, order: null }),
    add,
    retract: () => {
      throw new Error('this aggregate was made for an input without retractions')
    },
    merge: (into, from) => add(into, from.value, from.order),
    finish: (state) => state.value,
    toState: (state) => [state.value, state.order],
    fromState: ([value, order]) => ({ value: value as Value, order: order as Value }),
  }
}

function entries({ types }: AggregateBinding, pick: (kept: OrderedEntries) => number): Aggregate<OrderedEntries> {
  const [type, orderType] = types as [SqlType, SqlType]
  const compare = comparator(orderType)
  return {
    ignoresNulls: false,
    stateTypes: [arrayOf(orderType), arrayOf(type)],
    create: () => new OrderedEntries(compare, type),
    check: (kept) => checkEntries(kept.size),
    add: (kept, value, order) => {
      if (order !== null) kept.insert(order, value)
    },
    retract: (kept, value, order) => {
      if (order !== null) kept.remove(order, value)
    },
    merge: (into, from) => {
      for (const [i, order] of from.orders.entries()) into.insert(order, from.values[i] as Value)
    },
    finish: (kept) => (kept.size === 0 ? null : (kept.values[pick(kept)] as Value)),
    toState: (kept) => [kept.orders, kept.values],
    fromState: ([orders, values]) => new OrderedEntries(compare, type, orders as Row, values as Row),
  }
}
