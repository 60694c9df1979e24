import { equalValues } from '../../core/compare.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { arrayOf, type SqlType, STRING } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'
import { RESULT_LENGTH_MAX } from '../expression/function.ts'
import { type Aggregate, type AggregateBinding, checkEntries } from './aggregate.ts'

/** Values in order of arrival. */
export function arrayAgg({ types }: AggregateBinding): Aggregate<Value[]> {
  return collect(types[0] as SqlType, false)
}

/** The values of COLLECT_SET come here once each, through `distinct`. */
export function collectValues({ types }: AggregateBinding): Aggregate<Value[]> {
  return collect(types[0] as SqlType, true)
}

function collect(type: SqlType, ignoresNulls: boolean): Aggregate<Value[]> {
  return {
    ignoresNulls,
    stateTypes: [arrayOf(type)],
    create: () => [],
    check: (values) => checkEntries(values.length),
    add: (values, value) => {
      values.push(value)
    },
    retract: (values, value) => {
      const at = values.findIndex((other) => equalValues(type, other, value))
      if (at >= 0) values.splice(at, 1)
    },
    merge: (into, from) => {
      for (const value of from) into.push(value)
    },
    finish: (values) => (values.length === 0 ? null : [...values]),
    toState: (values) => [values],
    fromState: ([values]) => [...(values as Row)],
  }
}

export interface StringAggState {
  readonly texts: string[]
  /** Of all texts together. */
  length: number
}

/** Texts in order of arrival, joined; the separator is a comma where none is given. */
export function stringAgg({ constants }: AggregateBinding): Aggregate<StringAggState> {
  const separator = (constants[0] ?? ',') as string
  return {
    ignoresNulls: true,
    stateTypes: [arrayOf(STRING)],
    create: () => ({ texts: [], length: 0 }),
    check: (state, value) => {
      checkEntries(state.texts.length)
      const length = state.length + (value as string).length + separator.length * state.texts.length
      if (length > RESULT_LENGTH_MAX) throw new EvaluationError(`text is longer than ${RESULT_LENGTH_MAX} characters`)
    },
    add: (state, value) => {
      state.texts.push(value as string)
      state.length += (value as string).length
    },
    retract: (state, value) => {
      const at = state.texts.indexOf(value as string)
      if (at < 0) return
      state.texts.splice(at, 1)
      state.length -= (value as string).length
    },
    merge: (into, from) => {
      for (const text of from.texts) into.texts.push(text)
      into.length += from.length
    },
    finish: (state) => (state.texts.length === 0 ? null : state.texts.join(separator)),
    toState: (state) => [state.texts],
    fromState: ([texts]) => {
      const list = [...(texts as readonly string[])]
      return { texts: list, length: list.reduce((sum, text) => sum + text.length, 0) }
    },
  }
}
