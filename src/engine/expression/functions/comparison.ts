import { comparator, equalValues, isIdentityType, presentComparator } from '../../../core/compare.ts'
import { EvaluationError } from '../../../core/evaluation-error.ts'
import type { SqlType } from '../../../core/type.ts'
import type { Value } from '../../../core/value.ts'
import { type BoundCall, type FunctionTable, lenientBy, type ScalarBody, strictBy } from '../function.ts'
import { compileLike } from '../like.ts'

/** Comparisons, IN and LIKE. Both sides have the same type: the binder has cast them. */
function comparison(test: (order: number) => boolean): ScalarBody {
  return strictBy(({ types }) => {
    const compare = presentComparator(types[0] as SqlType)
    return (a: Value, b: Value) => test(compare(a, b))
  })
}

function like(negated: boolean): ScalarBody {
  return strictBy(({ constants }: BoundCall) => {
    const [, pattern, mark] = constants
    if (typeof pattern === 'string' && (mark === undefined || typeof mark === 'string')) {
      const known = constants.length < 3 || typeof mark === 'string'
      const matches = known ? tryCompileLike(pattern, mark) : undefined
      if (matches !== undefined) return (text: string) => matches(text) !== negated
    }
    return (text: string, patternText: string, escapeText = '\\') =>
      compileLike(patternText, checkEscape(escapeText))(text) !== negated
  })
}

/** Undefined where the pattern is bad: then the error is that of the row, not of the start of the query. */
function tryCompileLike(pattern: string, mark = '\\'): ((text: string) => boolean) | undefined {
  try {
    return compileLike(pattern, checkEscape(mark))
  } catch (error) {
    if (error instanceof EvaluationError) return undefined
    throw error
  }
}

function checkEscape(mark: string): string {
  if ([...mark].length > 1) throw new EvaluationError('escape of LIKE is not one character')
  return mark
}

/** True, or NULL when not found and a NULL is in the list, or false. */
function inList({ types, constants }: BoundCall): (value: Value, ...list: Value[]) => Value {
  const type = types[0] as SqlType
  const list = constants.slice(1)
  const absentOf = (hasNull: boolean): Value => (hasNull ? null : false)
  if (isIdentityType(type) && list.every((item) => item !== undefined)) {
    const set = new Set(list as readonly Value[])
    const absent = absentOf(set.has(null))
    return (value) => (value === null ? null : set.has(value) ? true : absent)
  }
  const compare = presentComparator(type)
  return (value, ...items) => {
    if (value === null) return null
    if (items.some((item) => item !== null && compare(value, item) === 0)) return true
    return absentOf(items.includes(null))
  }
}

/** The argument that is first in order, NULLs left out. */
function extreme(sign: 1 | -1): ScalarBody {
  return lenientBy(({ types }) => {
    const compare = comparator(types[0] as SqlType)
    return (...values: Value[]) => {
      let best: Value = null
      for (const value of values) {
        if (value !== null && (best === null || sign * compare(value, best) < 0)) best = value
      }
      return best
    }
  })
}

export const COMPARISON_FUNCTIONS: FunctionTable = {
  equal: comparison((order) => order === 0),
  not_equal: comparison((order) => order !== 0),
  less: comparison((order) => order < 0),
  less_equal: comparison((order) => order <= 0),
  greater: comparison((order) => order > 0),
  greater_equal: comparison((order) => order >= 0),
  is_distinct: lenientBy(
    ({ types }) =>
      (a: Value, b: Value) =>
        !equalValues(types[0] as SqlType, a, b),
  ),
  is_not_distinct: lenientBy(
    ({ types }) =>
      (a: Value, b: Value) =>
        equalValues(types[0] as SqlType, a, b),
  ),
  in: lenientBy(inList),
  like: like(false),
  not_like: like(true),
  greatest: extreme(-1),
  least: extreme(1),
  nullif: lenientBy(({ types }) => {
    const compare = presentComparator(types[0] as SqlType)
    return (a: Value, b: Value) => (a !== null && b !== null && compare(a, b) === 0 ? null : a)
  }),
}
