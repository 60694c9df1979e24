import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChangeKind } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import type { SqlType } from '../../core/type.ts'
import * as types from '../../core/type.ts'
import { exact, type Row, type Value } from '../../core/value.ts'
import type { ResultEvent } from '../../runtime/api.ts'
import { QUERY_SERVICE } from '../grpc/protos.ts'
import type { QueryResponseInput } from '../proto/weir/v1/QueryResponse.ts'
import { eventTimeMicros, MESSAGE_BYTES_TARGET, RowEncoder } from './row-encoder.ts'
import { fromWireValue, toWireRow } from './value.ts'

const { responseSerialize, responseDeserialize } = QUERY_SERVICE.Query

function schemaOf(columns: readonly SqlType[]): Schema {
  return {
    fields: columns.map((type, i) => ({ name: `c${i}`, type, nullable: true })),
    key: [],
    timeColumn: undefined,
    mode: 'append',
  }
}

function rowsEvent(rows: readonly Row[], extra: Partial<Extract<ResultEvent, { kind: 'rows' }>> = {}) {
  return {
    kind: 'rows' as const,
    rows,
    changes: rows.map(() => 0 as ChangeKind),
    times: new Float64Array(rows.length).fill(Number.NaN),
    resumeToken: '',
    snapshot: false,
    ...extra,
  }
}

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(exact)
const decimalUnits = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map(exact)
const micros = fc.integer({ min: -62_135_596_800_000_000 / 1000, max: 253_402_300_799_999 })

/** A type with an arbitrary of its values. */
const typed: fc.Arbitrary<{ type: SqlType; value: fc.Arbitrary<Value> }> = fc.letrec<{
  any: { type: SqlType; value: fc.Arbitrary<Value> }
}>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constant({ type: types.BOOLEAN, value: fc.boolean() as fc.Arbitrary<Value> }),
    fc.constant({ type: types.INT, value: fc.integer() as fc.Arbitrary<Value> }),
    fc.constant({ type: types.BIGINT, value: int64 as fc.Arbitrary<Value> }),
    fc.constant({ type: types.DOUBLE, value: fc.double().map((d) => d + 0) as fc.Arbitrary<Value> }),
    fc
      .integer({ min: 0, max: 38 })
      .map((scale) => ({ type: types.decimal(38, scale), value: decimalUnits as fc.Arbitrary<Value> })),
    fc.constant({ type: types.STRING, value: fc.string({ unit: 'grapheme', maxLength: 200 }) as fc.Arbitrary<Value> }),
    fc.constant({ type: types.BYTES, value: fc.uint8Array({ maxLength: 200 }) as fc.Arbitrary<Value> }),
    fc.constant({ type: types.DATE, value: fc.integer() as fc.Arbitrary<Value> }),
    fc.constant({ type: types.TIMESTAMP, value: micros as fc.Arbitrary<Value> }),
    fc.constant({
      type: types.TIME,
      value: fc.integer({ min: 0, max: 86_400_000_000 - 1 }).map((us) => us / 1000) as fc.Arbitrary<Value>,
    }),
    fc.constant({ type: types.INTERVAL, value: fc.integer() as fc.Arbitrary<Value> }),
    fc.constant({ type: types.JSON_TYPE, value: fc.json() as fc.Arbitrary<Value> }),
    fc.constant({ type: types.NULL_TYPE, value: fc.constant(null) as fc.Arbitrary<Value> }),
    tie('any').map((of) => ({
      type: types.arrayOf(of.type),
      value: fc.array(nullable(of.value), { maxLength: 4 }) as fc.Arbitrary<Value>,
    })),
    fc.tuple(tie('any'), tie('any')).map(([key, value]) => ({
      type: { kind: 'map', key: key.type, value: value.type } as SqlType,
      value: fc.array(fc.tuple(key.value, nullable(value.value)), { maxLength: 3 }) as unknown as fc.Arbitrary<Value>,
    })),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((fields) => ({
      type: { kind: 'struct', fields: fields.map((f, i) => ({ name: `f${i}`, type: f.type })) } as SqlType,
      value: fc.tuple(...fields.map((f) => nullable(f.value))) as fc.Arbitrary<Value>,
    })),
  ),
})).any

function nullable(value: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.option(value, { nil: null })
}

const tables = fc
  .array(typed, { minLength: 1, maxLength: 5 })
  .chain((columns) =>
    fc.tuple(
      fc.constant(columns.map((column) => column.type)),
      fc.array(fc.tuple(...columns.map((column) => nullable(column.value))), { maxLength: 8 }),
      fc.array(fc.constantFrom<ChangeKind>(0, 1, 2, 3), { minLength: 8, maxLength: 8 }),
      fc.array(fc.oneof(fc.constant(Number.NaN), micros), { minLength: 8, maxLength: 8 }),
    ),
  )

describe('RowEncoder', () => {
  it('writes what the loaded protos write for the same rows', () => {
    fc.assert(
      fc.property(tables, ([columns, rows, changes, times]) => {
        const event = rowsEvent(rows as Row[], {
          changes: changes.slice(0, rows.length),
          times: Float64Array.from(times.slice(0, rows.length)),
          resumeToken: 'token-ü',
          snapshot: true,
        })
        const [message, ...more] = [...new RowEncoder(schemaOf(columns)).encode(event)]
        expect(more).toEqual([])
        const plain: QueryResponseInput = {
          batch: {
            rows: rows.map((row) => toWireRow(row as Row, columns)),
            changes: event.changes.some((c) => c !== 0) ? event.changes.map((c) => (c + 1) as 1 | 2 | 3 | 4) : [],
            eventTimeMicros: event.times.some((t) => !Number.isNaN(t))
              ? Array.from(event.times, (t) => String(eventTimeMicros(t)))
              : [],
            resumeToken: 'token-ü',
            snapshot: true,
          },
        }
        expect(responseDeserialize(message as Buffer)).toEqual(responseDeserialize(responseSerialize(plain)))
      }),
      { numRuns: 300 },
    )
  })

  it('gives back every value that the engine put in', () => {
    // Decimals come back as text (the scale is the reader's business), zero as one zero.
    fc.assert(
      fc.property(int64, micros, fc.string({ unit: 'binary-ascii' }), (integer, time, text) => {
        const columns = [types.BIGINT, types.TIMESTAMP, types.STRING]
        const [message] = [...new RowEncoder(schemaOf(columns)).encode(rowsEvent([[integer, time, text]]))]
        const values = responseDeserialize(message as Buffer).batch?.rows[0]?.values ?? []
        expect(values.map(fromWireValue)).toEqual([integer, time, text])
      }),
    )
  })

  it('keeps microseconds that come as a fraction of a millisecond', () => {
    const time = 1_767_225_600_123.457
    const [message] = [...new RowEncoder(schemaOf([types.TIMESTAMP])).encode(rowsEvent([[time]]))]
    expect(responseDeserialize(message as Buffer).batch?.rows[0]?.values[0]?.timestampMicros).toBe('1767225600123457')
  })

  it('cuts a large batch into parts, the token only on the last', () => {
    const rows = Array.from({ length: 1024 }, (_, i) => [i, 'x'.repeat(2000)])
    const encoder = new RowEncoder(schemaOf([types.INT, types.STRING]))
    const messages = [...encoder.encode(rowsEvent(rows, { resumeToken: 't9' }))]
    const parts = messages.map((message) => responseDeserialize(message).batch)
    expect(parts.length).toBeGreaterThan(4)
    expect(parts.map((part) => part?.partial)).toEqual([...parts.slice(1).map(() => true), false])
    expect(parts.map((part) => part?.resumeToken)).toEqual([...parts.slice(1).map(() => ''), 't9'])
    expect(parts.flatMap((part) => part?.rows.map((row) => Number(row.values[0]?.int64Value)) ?? [])).toEqual(
      rows.map((row) => row[0]),
    )
    for (const message of messages) expect(message.length).toBeLessThan(MESSAGE_BYTES_TARGET + 4096)
  })

  it('sends one row that is larger than the target on its own', () => {
    const rows = [['a'.repeat(MESSAGE_BYTES_TARGET * 2)], ['b']]
    const messages = [...new RowEncoder(schemaOf([types.STRING])).encode(rowsEvent(rows))]
    expect(messages.map((message) => responseDeserialize(message).batch?.rows.length)).toEqual([1, 1])
  })

  it('writes a batch without rows as one message', () => {
    const messages = [...new RowEncoder(schemaOf([types.STRING])).encode(rowsEvent([], { resumeToken: 't' }))]
    expect(messages.map((message) => responseDeserialize(message).batch?.resumeToken)).toEqual(['t'])
  })
})
