import { comparator, equalValues, isIdentityType, presentComparator } from '../../../core/compare.ts'
import { EvaluationError } from '../../../core/evaluation-error.ts'
import { keyCodec } from '../../../core/key-codec.ts'
import type { SqlType } from '../../../core/type.ts'
import type { ExactInteger, Row, Value } from '../../../core/value.ts'
import {
  type BoundCall,
  type FunctionTable,
  lenient,
  lenientBy,
  RESULT_LENGTH_MAX,
  type ScalarBody,
  strict,
  strictBy,
} from '../function.ts'
import { checkLength } from './string.ts'

/** Arrays, maps and structs. Positions count from 1; results are new, arguments are never changed. */
function elementType(type: SqlType | undefined): SqlType {
  return type?.kind === 'array' ? type.element : { kind: 'null' }
}

function keyType(type: SqlType | undefined): SqlType {
  return type?.kind === 'map' ? type.key : { kind: 'null' }
}

/** What stands for a value in a Set: the value, or its bytes as text. */
function keyMaker(type: SqlType): (value: Value) => unknown {
  if (isIdentityType(type)) return (value) => value
  const codec = keyCodec([type])
  return (value) => Buffer.from(codec.encode([value])).toString('latin1')
}

/** Each element once, where it came first, if `keep` says so. */
function distinctBody(type: SqlType, values: Row, keep: (key: unknown) => boolean): Value[] {
  const keyOf = keyMaker(type)
  const seen = new Set<unknown>()
  return values.filter((value) => {
    const key = keyOf(value)
    if (seen.has(key) || !keep(key)) return false
    seen.add(key)
    return true
  })
}

/** Elements of the first array that are (or are not) in the second. */
function setOperation(wanted: boolean): ScalarBody {
  return strictBy(({ types }) => {
    const type = elementType(types[0])
    const keyOf = keyMaker(type)
    return (a: Row, b: Row) => {
      const other = new Set(b.map(keyOf))
      return distinctBody(type, a, (key) => other.has(key) === wanted)
    }
  })
}

function arrayGet(values: Row, position: ExactInteger): Value {
  return position >= 1 && position <= values.length ? (values[Number(position) - 1] as Value) : null
}

/** Both ends are included; negative positions count from the end. */
function arraySlice(values: Row, from: ExactInteger, to?: ExactInteger): Row {
  const place = (position: ExactInteger): number =>
    position < 0 ? values.length + Number(position) : Math.max(Number(position) - 1, 0)
  const end = to === undefined ? values.length : to === 0 ? 0 : place(to) + 1
  return values.slice(Math.max(place(from), 0), Math.max(end, 0))
}

function extreme(sign: 1 | -1): ScalarBody {
  return strictBy(({ types }) => {
    const compare = presentComparator(elementType(types[0]))
    return (values: Row) => {
      let best: Value = null
      for (const value of values) {
        if (value !== null && (best === null || sign * compare(value, best) > 0)) best = value
      }
      return best
    }
  })
}

function arrayJoin(values: Row, separator: string, nullText?: string): string {
  const parts = values.flatMap((value) => (value === null ? (nullText === undefined ? [] : [nullText]) : [value]))
  const text = parts.join(separator)
  checkLength(text.length)
  return text
}

function checkCount(values: Row): Row {
  if (values.length > RESULT_LENGTH_MAX) throw new EvaluationError(`array has more than ${RESULT_LENGTH_MAX} elements`)
  return values
}

// ---- maps --------------------------------------------------------------------------------------------------------

/** A later value of the same key takes the place of the earlier one. */
function makeMap(type: SqlType, keys: Row, values: Row): Value {
  const keyOf = keyMaker(type)
  const entries = new Map<unknown, readonly [Value, Value]>()
  for (const [i, key] of keys.entries()) {
    if (key === null) throw new EvaluationError('key of a map is NULL')
    entries.set(keyOf(key), [key, values[i] as Value])
  }
  return [...entries.values()]
}

function mapFromPairs({ type }: BoundCall): (...values: Value[]) => Value {
  return (...values) =>
    makeMap(
      keyType(type),
      values.filter((_, i) => i % 2 === 0),
      values.filter((_, i) => i % 2 === 1),
    )
}

function findEntry(type: SqlType, map: Row, key: Value): Row | undefined {
  return map.find((entry) => equalValues(type, (entry as Row)[0] as Value, key)) as Row | undefined
}

export const ARRAY_FUNCTIONS: FunctionTable = {
  array: lenient((...values: Value[]) => values),
  struct: lenient((...values: Value[]) => values),
  map: lenientBy(mapFromPairs),
  array_get: strict(arrayGet),
  map_get: strictBy(({ types }) => {
    const type = keyType(types[0])
    return (map: Row, key: Value) => (findEntry(type, map, key)?.[1] ?? null) as Value
  }),
  cardinality: strict((values: Row) => values.length),
  array_contains: strictBy(({ types }) => {
    const type = elementType(types[0])
    return (values: Row, value: Value) => values.some((other) => equalValues(type, other, value))
  }),
  array_position: strictBy(({ types }) => {
    const type = elementType(types[0])
    return (values: Row, value: Value) => values.findIndex((other) => equalValues(type, other, value)) + 1
  }),
  array_append: lenient((values: Row | null, value: Value) => (values === null ? null : [...values, value])),
  array_prepend: lenient((values: Row | null, value: Value) => (values === null ? null : [value, ...values])),
  array_remove: lenientBy(({ types }) => {
    const type = elementType(types[0])
    return (values: Row | null, value: Value) =>
      values === null ? null : values.filter((other) => !equalValues(type, other, value))
  }),
  array_concat: strict((...arrays: Row[]) => checkCount(arrays.flat(1))),
  array_distinct: strictBy(({ types }) => {
    const type = elementType(types[0])
    return (values: Row) => distinctBody(type, values, () => true)
  }),
  array_union: strictBy(({ types }) => {
    const type = elementType(types[0])
    return (a: Row, b: Row) => distinctBody(type, [...a, ...b], () => true)
  }),
  array_intersect: setOperation(true),
  array_except: setOperation(false),
  array_join: strict(arrayJoin),
  array_slice: strict(arraySlice),
  array_sort: strictBy(({ types }) => {
    const compare = comparator(elementType(types[0]))
    return (values: Row) => [...values].sort(compare)
  }),
  array_reverse: strict((values: Row) => [...values].reverse()),
  array_min: extreme(-1),
  array_max: extreme(1),
  element: strict((values: Row) => {
    if (values.length > 1) throw new EvaluationError('array has more than one element')
    return values[0] ?? null
  }),
  map_keys: strict((map: Row) => map.map((entry) => (entry as Row)[0] as Value)),
  map_values: strict((map: Row) => map.map((entry) => (entry as Row)[1] as Value)),
  map_contains_key: strictBy(({ types }) => {
    const type = keyType(types[0])
    return (map: Row, key: Value) => findEntry(type, map, key) !== undefined
  }),
  map_from_arrays: strictBy(({ types }) => {
    const type = elementType(types[0])
    return (keys: Row, values: Row) => {
      if (keys.length !== values.length) throw new EvaluationError('arrays of keys and values differ in length')
      return makeMap(type, keys, values)
    }
  }),
}
