import { unreachable } from './assert.ts'
import type { SqlType } from './type.ts'
import type { Row, Value } from './value.ts'

/**
 * One total order for each type, the same that the bytes of key-codec have: sorting in memory and scanning a store
 * must agree. NULL is equal to NULL here; SQL's three-valued comparison is in the engine's expressions.
 *
 * Numbers by value (NaN last), texts by code point, bytes as unsigned, arrays and structs from their first element,
 * maps as the sorted list of their entries.
 */
export type Comparator = (a: Value, b: Value) => number

export interface OrderOptions {
  readonly descending?: boolean
  /** Whatever the direction; by default NULLs come last. */
  readonly nullsFirst?: boolean
}

export function comparator(type: SqlType, options: OrderOptions = {}): Comparator {
  const present = presentComparator(type)
  const sign = options.descending === true ? -1 : 1
  const nullSign = options.nullsFirst === true ? -1 : 1
  return (a, b) => {
    if (a === null) return b === null ? 0 : nullSign
    if (b === null) return -nullSign
    return sign * present(a, b)
  }
}

export function compareValues(type: SqlType, a: Value, b: Value): number {
  return comparator(type)(a, b)
}

/** Lexicographic order of tuples. */
export function rowComparator(
  types: readonly SqlType[],
  options: readonly OrderOptions[] = [],
): (a: Row, b: Row) => number {
  const comparators = types.map((type, i) => comparator(type, options[i]))
  return (a, b) => {
    for (let i = 0; i < comparators.length; i++) {
      const order = (comparators[i] as Comparator)(a[i] as Value, b[i] as Value)
      if (order !== 0) return order
    }
    return 0
  }
}

/** True when both are the same value, NULLs included: IS NOT DISTINCT FROM. */
export function equalValues(type: SqlType, a: Value, b: Value): boolean {
  return a === b || comparator(type)(a, b) === 0
}

export function equalRows(types: readonly SqlType[], a: Row, b: Row): boolean {
  return types.every((type, i) => equalValues(type, a[i] as Value, b[i] as Value))
}

/** True when equal values of the type are `===` and equal Map keys: all but bytes and nested types. */
export function isIdentityType(type: SqlType): boolean {
  switch (type.kind) {
    case 'bytes':
    case 'array':
    case 'map':
    case 'struct':
      return false
    default:
      return true
  }
}

/** Compares values that are not NULL. */
export function presentComparator(type: SqlType): Comparator {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'interval':
      return compareOrdered
    case 'double':
      return compareDoubles as Comparator
    case 'string':
    case 'json':
      return compareStrings as Comparator
    case 'bytes':
      return compareBytes as Comparator
    case 'array':
      return arrayComparator(comparator(type.element)) as Comparator
    case 'struct':
      return rowComparator(type.fields.map((field) => field.type)) as Comparator
    case 'map':
      return mapComparator(type.key, type.value) as Comparator
    case 'null':
      return () => 0
    default:
      return unreachable(type)
  }
}

// A number and a bigint compare exactly by `<`.
function compareOrdered(a: Value, b: Value): number {
  return (a as number) < (b as number) ? -1 : a === b ? 0 : 1
}

export function compareDoubles(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  // At least one is NaN, which sorts last.
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : -1
}

/** By code point, which is the order of UTF-8 bytes; JavaScript's own order differs beyond the basic plane. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? lift(x) - lift(y) : x - y
  }
  return a.length - b.length
}

/** Moves surrogates above the rest of the basic plane: they stand for code points above all of it. */
function lift(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function arrayComparator(element: Comparator): (a: Row, b: Row) => number {
  return (a, b) => {
    const length = Math.min(a.length, b.length)
    for (let i = 0; i < length; i++) {
      const order = element(a[i] as Value, b[i] as Value)
      if (order !== 0) return order
    }
    return a.length - b.length
  }
}

function mapComparator(keyType: SqlType, valueType: SqlType): (a: Row, b: Row) => number {
  const key = comparator(keyType)
  const entry = rowComparator([keyType, valueType])
  const entries = arrayComparator(entry as Comparator)
  const sorted = (map: Row): Row => [...map].sort((x, y) => key((x as Row)[0] as Value, (y as Row)[0] as Value))
  return (a, b) => entries(sorted(a), sorted(b))
}
