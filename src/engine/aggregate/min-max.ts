import { presentComparator } from '../../core/compare.ts'
import { arrayOf, BIGINT, type SqlType } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'
import { type Aggregate, type AggregateBinding, checkEntries, GROUP_ENTRIES_MAX } from './aggregate.ts'
import { SortedMultiset } from './sorted-multiset.ts'

export interface ExtremeState {
  /** NULL before the first value. */
  value: Value
}

export function min(binding: AggregateBinding): Aggregate<ExtremeState> | Aggregate<SortedMultiset> {
  return binding.retractable ? sortedExtreme(binding, (set) => set.first()) : extreme(binding, -1)
}

export function max(binding: AggregateBinding): Aggregate<ExtremeState> | Aggregate<SortedMultiset> {
  return binding.retractable ? sortedExtreme(binding, (set) => set.last()) : extreme(binding, 1)
}

/** Of an input that only grows: the extreme is all there is to keep. */
function extreme({ types }: AggregateBinding, sign: 1 | -1): Aggregate<ExtremeState> {
  const [type] = types as [SqlType]
  const compare = presentComparator(type)
  const add = (state: ExtremeState, value: Value): void => {
    if (state.value === null || sign * compare(value, state.value) > 0) state.value = value
  }
  return {
    ignoresNulls: true,
    stateTypes: [type],
    create: () => ({ value: null }),
    add,
    retract: () => {
      throw new Error('this aggregate was made for an input without retractions')
    },
    merge: (into, from) => {
      if (from.value !== null) add(into, from.value)
    },
    finish: (state) => state.value,
    toState: (state) => [state.value],
    fromState: ([value]) => ({ value: value as Value }),
  }
}

/** Of an input that also shrinks: every value may become the extreme again. */
function sortedExtreme(
  { types }: AggregateBinding,
  pick: (set: SortedMultiset) => Value | undefined,
): Aggregate<SortedMultiset> {
  return { ...sortedValues(types[0] as SqlType), finish: (set) => pick(set) ?? null }
}

/** What the functions that keep all values in order have in common. */
export function sortedValues(type: SqlType): Omit<Aggregate<SortedMultiset>, 'finish'> {
  const compare = presentComparator(type)
  return {
    ignoresNulls: true,
    stateTypes: [arrayOf(type), arrayOf(BIGINT)],
    create: () => new SortedMultiset(compare),
    check: (set, value) => {
      if (set.sizeAtMost >= GROUP_ENTRIES_MAX && !set.has(value)) checkEntries(set.size)
    },
    add: (set, value) => set.add(value),
    retract: (set, value) => {
      set.remove(value)
    },
    merge: (into, from) => into.merge(from),
    toState: (set) => set.entries(),
    fromState: ([values, counts]) => SortedMultiset.of(compare, values as Row, counts as readonly number[]),
  }
}
