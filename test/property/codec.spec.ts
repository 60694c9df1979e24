import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChangeKind } from '../../src/core/batch.ts'
import { compareBytes, equalRows, rowComparator } from '../../src/core/compare.ts'
import { AppError } from '../../src/core/errors.ts'
import { writeJsonValue } from '../../src/core/format-value.ts'
import { keyCodec, keyPrefixEnd } from '../../src/core/key-codec.ts'
import { type LiteralJson, literalToValue, valueToLiteral } from '../../src/core/literal.ts'
import { parseJsonText } from '../../src/core/parse-value.ts'
import { rowCodec } from '../../src/core/row-codec.ts'
import type { SqlType } from '../../src/core/type.ts'
import type { Value } from '../../src/core/value.ts'
import { anyType, value } from './support/value-arbitraries.ts'

const RUNS = { numRuns: 1_000 }

const types = fc.array(anyType, { minLength: 1, maxLength: 6 })
const order = fc.record({ descending: fc.boolean(), nullsFirst: fc.boolean() })

/** Types, and so many rows of them. */
function typesAndRows(count: number): fc.Arbitrary<[SqlType[], Value[][]]> {
  return types.chain((list) =>
    fc.tuple(fc.constant(list), fc.array(fc.tuple(...list.map(value)), { minLength: count, maxLength: count })),
  )
}

describe('key codec', () => {
  test('decodes what it encoded, canonically', () => {
    fc.assert(
      fc.property(typesAndRows(1), ([list, [row]]) => {
        const codec = keyCodec(list)
        const bytes = codec.encode(row as Value[])
        const decoded = codec.decode(bytes)
        expect(equalRows(list, decoded, row as Value[])).toBe(true)
        expect(codec.encode(decoded)).toEqual(bytes)
      }),
      RUNS,
    )
  })

  test('bytes compare as the values do, whatever the direction and place of nulls', () => {
    const cases = typesAndRows(2).chain(([list, rows]) =>
      fc.tuple(fc.constant(list), fc.constant(rows), fc.tuple(...list.map(() => order))),
    )
    fc.assert(
      fc.property(cases, ([list, [a, b], orders]) => {
        const codec = keyCodec(list, orders)
        const compared = compareBytes(codec.encode(a as Value[]), codec.encode(b as Value[]))
        expect(Math.sign(compared)).toBe(Math.sign(rowComparator(list, orders)(a as Value[], b as Value[])))
        expect(equalRows(list, codec.decode(codec.encode(a as Value[])), a as Value[])).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  test('keys of a prefix are the range from the prefix to its end', () => {
    fc.assert(
      fc.property(typesAndRows(2), ([list, [a, b]]) => {
        const codec = keyCodec(list)
        const prefix = codec.encode((a as Value[]).slice(0, 1))
        const end = keyPrefixEnd(prefix)
        const key = codec.encode(b as Value[])
        const inside = compareBytes(key, prefix) >= 0 && (end === undefined || compareBytes(key, end) < 0)
        expect(inside).toBe(equalRows(list.slice(0, 1), a as Value[], b as Value[]))
      }),
      RUNS,
    )
  })

  test('bytes that are cut or changed are an error or other values, never a crash', () => {
    fc.assert(
      fc.property(typesAndRows(1), fc.nat(), fc.nat(255), ([list, [row]], at, byte) => {
        const codec = keyCodec(list)
        const bytes = codec.encode(row as Value[])
        expect(() => codec.decode(bytes.subarray(0, bytes.length - 1))).toThrow(Error)
        bytes[at % bytes.length] = byte
        try {
          codec.decode(bytes)
        } catch (error) {
          expect((error as Error).name).toBe('Error')
        }
      }),
      RUNS,
    )
  })
})

describe('row codec', () => {
  test('decodes what it encoded, as row and as change', () => {
    const kinds = fc.constantFrom<ChangeKind>(0, 1, 2, 3)
    fc.assert(
      fc.property(typesAndRows(1), kinds, fc.double(), ([list, [row]], kind, timeMs) => {
        const codec = rowCodec(list)
        expect(codec.decode(codec.encode(row as Value[]))).toEqual(row)
        expect(
          codec.encodeAt(
            (row as Value[]).map((one) => [null, one]),
            1,
          ),
        ).toEqual(codec.encode(row as Value[]))
        const bytes = codec.encodeChange(row as Value[], kind, timeMs)
        expect(codec.decodeChange(bytes)).toEqual({ row, kind, timeMs })
        const columns: Value[][] = list.map(() => [])
        const padded = new Uint8Array([7, ...bytes, 7])
        expect(codec.decodeChangeInto(padded, 1, padded.length - 1, columns)).toBe(kind)
        expect(columns.map((column) => column[0])).toEqual(row)
        expect(codec.changeTime.ms).toBe(timeMs)
      }),
      RUNS,
    )
  })

  test('bytes that are cut, longer or changed are an error or other values, never a crash', () => {
    fc.assert(
      fc.property(typesAndRows(1), fc.nat(), fc.nat(255), ([list, [row]], at, byte) => {
        const codec = rowCodec(list)
        const bytes = codec.encode(row as Value[])
        expect(() => codec.decode(bytes.subarray(0, bytes.length - 1))).toThrow(Error)
        expect(() => codec.decode(new Uint8Array([...bytes, 0]))).toThrow('too many')
        bytes[at % bytes.length] = byte
        try {
          codec.decode(bytes)
        } catch (error) {
          // A changed version is one of a later Weir, for all that the codec knows.
          if (!(error instanceof AppError && error.code === 'DATA_DIRECTORY_NEWER')) {
            expect((error as Error).name).toBe('Error')
          }
        }
      }),
      RUNS,
    )
  })
})

describe('JSON of values', () => {
  test('a literal of a stored plan reads back as the value', () => {
    fc.assert(
      fc.property(typesAndRows(1), ([list, [row]]) => {
        for (const [i, one] of (row as Value[]).entries()) {
          const json = JSON.parse(JSON.stringify(valueToLiteral(one))) as LiteralJson
          expect(literalToValue(json, list[i] as SqlType)).toEqual(one)
        }
      }),
      RUNS,
    )
  })

  test('JSON text of numbers, times and nested values reads back exactly', () => {
    fc.assert(
      fc.property(typesAndRows(1), ([list, [row]]) => {
        for (const [i, one] of (row as Value[]).entries()) {
          const type = list[i] as SqlType
          // The text of a JSON value may change its spaces, and that of a map's key its form.
          if (JSON.stringify(type).includes('"json"') || JSON.stringify(type).includes('"map"')) continue
          const read = parseJsonText(type, writeJsonValue(type, one))
          expect(equalRows([type], [read], [one])).toBe(true)
        }
      }),
      RUNS,
    )
  })
})
