import type { Column } from '../core/batch.ts'
import { latin1 } from '../core/bytes.ts'
import { isIdentityType, rowComparator } from '../core/compare.ts'
import { EvaluationError } from '../core/evaluation-error.ts'
import { type KeyCodec, keyCodec } from '../core/key-codec.ts'
import type { SqlType } from '../core/type.ts'
import type { Row, Value } from '../core/value.ts'

/**
 * What stands for a key in a Map. A key of one plain column is the value itself, so that a lookup allocates nothing;
 * several columns are joined to a string; bytes and nested values stand for their encoding.
 */
export type MapKey = null | boolean | number | bigint | string

/**
 * Bytes of an encoded key: what an ordered store takes as one key, LMDB 1,962 bytes behind what is in front of it. A
 * row with a longer one goes to the dead letter instead of failing the commit of all others.
 */
export const KEY_BYTES_MAX = 1_900
/** No text or bytes of this length can be too long: three bytes a unit in UTF-8, or two for one that is escaped. */
const SHORT_VALUE = 64
/** So many short values are a short key. */
const COLUMNS_UNCHECKED = 8

/** Something that has a key, no two of them the same. */
export interface Keyed {
  readonly key: MapKey
  readonly values: Row
}

/** The key columns of an operator's rows: from a row to a Map key, to its values, to bytes, and back. */
export class KeyColumns {
  /** Position of the only column when its value is the Map key; else undefined. Hot loops read that column directly. */
  readonly single: number | undefined
  readonly positions: readonly number[]
  /** The order of the encoded keys, and the order in which an operator emits. */
  readonly compare: (a: Row, b: Row) => number
  readonly #codec: KeyCodec
  readonly #identity: boolean

  constructor(positions: readonly number[], types: readonly SqlType[]) {
    this.positions = positions
    this.compare = rowComparator(types)
    this.#codec = keyCodec(types)
    this.#identity = types.every(isIdentityType)
    this.single = positions.length === 1 && this.#identity ? positions[0] : undefined
  }

  keyAt(columns: readonly Column[], row: number): MapKey {
    if (this.single !== undefined) return (columns[this.single] as Column)[row] as MapKey
    if (!this.#identity) return latin1(this.#codec.encode(this.valuesAt(columns, row)))
    let key = ''
    for (const position of this.positions) key += part((columns[position] as Column)[row] as MapKey)
    return key
  }

  keyOf(values: Row): MapKey {
    if (this.single !== undefined) return values[0] as MapKey
    if (!this.#identity) return latin1(this.#codec.encode(values))
    let key = ''
    for (const value of values) key += part(value as MapKey)
    return key
  }

  valuesAt(columns: readonly Column[], row: number): Row {
    if (this.single !== undefined) return [(columns[this.single] as Column)[row] as Value]
    return this.positions.map((position) => (columns[position] as Column)[row] as Value)
  }

  /** Sorts by `compare`, in place. Numbers and most texts are compared by the machine, which is several times faster. */
  sort<T extends Keyed>(keyed: T[]): T[] {
    if (this.single !== undefined) {
      if (keyed.every(isPlainText)) return keyed.sort((a, b) => ((a.key as string) < (b.key as string) ? -1 : 1))
      if (keyed.every(isNumber)) return keyed.sort((a, b) => (a.key as number) - (b.key as number))
    }
    return keyed.sort((a, b) => this.compare(a.values, b.values))
  }

  /** Throws EvaluationError for a key that no store takes. */
  checkLength(values: Row): void {
    if (values.length <= COLUMNS_UNCHECKED && values.every(isShort)) return
    if (this.#codec.encode(values).length <= KEY_BYTES_MAX) return
    throw new EvaluationError(`the key is longer than ${KEY_BYTES_MAX} bytes`)
  }

  /** The bytes of the key behind `prefix`. */
  encode(prefix: Uint8Array, values: Row): Uint8Array {
    const key = this.#codec.encode(values)
    if (prefix.length === 0) return key
    const bytes = new Uint8Array(prefix.length + key.length)
    bytes.set(prefix)
    bytes.set(key, prefix.length)
    return bytes
  }

  decode(bytes: Uint8Array): Row {
    return this.#codec.decode(bytes)
  }
}

/** One column of a joined key: the columns' types are fixed, so a length or an end mark makes the whole unambiguous. */
function part(value: MapKey): string {
  return typeof value === 'string' ? `${value.length}:${value}` : `${value},`
}

function isShort(value: Value): boolean {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length <= SHORT_VALUE
  return typeof value !== 'object' || value === null
}

/** Order by UTF-16 units and by code points is the same where there are no surrogates. */
function isPlainText({ key }: Keyed): boolean {
  return typeof key === 'string' && !SURROGATE.test(key)
}

const SURROGATE = /[\ud800-\udfff]/

function isNumber({ key }: Keyed): boolean {
  return typeof key === 'number' && !Number.isNaN(key)
}
