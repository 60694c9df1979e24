import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BIGINT, BYTES, DOUBLE, type SqlType, STRING } from '../core/type.ts'
import type { Row, Value } from '../core/value.ts'
import { KEY_BYTES_MAX, KeyColumns } from './key-columns.ts'
import { type EntryCodec, KeyedTable } from './keyed-table.ts'
import { decodeNamespace, encodeNamespace } from './namespace-codec.ts'
import { testContext } from './testing/context.ts'
import { TestStores } from './testing/stores.ts'

const numberCodec: EntryCodec<number> = {
  encode: (value) => new TextEncoder().encode(String(value)),
  decode: (bytes) => Number(new TextDecoder().decode(bytes)),
}

function open(stores: TestStores, types: readonly SqlType[], entriesMax = 1_000_000) {
  const context = testContext({ stores, entriesMax })
  const key = new KeyColumns(
    types.map((_, i) => i),
    types,
  )
  return { context, key, table: new KeyedTable(context.store('state'), key, numberCodec, context) }
}

function put({ table, key }: ReturnType<typeof open>, namespaceId: number, values: Row, value: number): void {
  const namespace = table.namespace(namespaceId)
  const entry = table.getByValues(namespace, values)
  if (entry === undefined) {
    table.insert(namespace, key.keyOf(values), values, value)
    return
  }
  entry.value = value
  if (!entry.dirty) table.touch(namespace, entry)
}

function contents(table: KeyedTable<number>): [number, Row, number][] {
  return table.namespaces.flatMap((id) =>
    [...table.entriesOf(table.namespace(id))].map((entry): [number, Row, number] => [id, entry.values, entry.value]),
  )
}

function checkpoint(opened: ReturnType<typeof open>): void {
  opened.table.flush()
  opened.context.stores.commit()
  opened.table.evict()
}

describe('namespace codec', () => {
  test('bytes have the order of the numbers, and read back', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        expect(Math.sign(Buffer.compare(encodeNamespace(a), encodeNamespace(b)))).toBe(Math.sign(a - b))
        expect(decodeNamespace(encodeNamespace(a))).toBe(a)
      }),
    )
    expect(decodeNamespace(encodeNamespace(-0.5))).toBe(-0.5)
  })
})

describe('keys', () => {
  test('every kind of value is found again, in memory and from the store', () => {
    const keys: [SqlType[], Row[]][] = [
      [[STRING], [['a'], [''], [null], ['😀'], ['\uffff'], ['a,b'], ['1:a']]],
      [[DOUBLE], [[1], [Number.NaN], [null], [-1.5], [Number.POSITIVE_INFINITY]]],
      [[BIGINT], [[1], [2n ** 62n], [-(2n ** 62n)], [null]]],
      [[BYTES], [[Uint8Array.of(1, 0)], [Uint8Array.of()], [null]]],
      [[{ kind: 'array', element: STRING }], [[['a', 'b']], [['ab']], [[null]], [[]], [null]]],
      [
        [STRING, STRING],
        [
          ['a', 'b'],
          ['ab', ''],
          ['', 'ab'],
          [null, 'ab'],
          ['n', null],
          ['null', 'x'],
        ],
      ],
      [
        [STRING, BIGINT],
        [
          ['1,', 2],
          ['1', 2],
          ['1', 2n ** 60n],
        ],
      ],
      [[], [[]]],
    ]
    for (const [types, rows] of keys) {
      const first = open(new TestStores(), types)
      for (const [i, row] of rows.entries()) put(first, 7, row, i)
      for (const [i, row] of rows.entries())
        expect(first.table.getByValues(first.table.namespace(7), row)?.value).toBe(i)
      checkpoint(first)
      const second = open(first.context.stores, types)
      for (const [i, row] of rows.entries()) {
        expect(second.table.getByValues(second.table.namespace(7), row)?.value).toBe(i)
      }
      expect(contents(second.table)).toEqual(contents(first.table))
    }
  })
})

test('a key may be as long as a store takes it, and no byte longer', () => {
  const opened = open(new TestStores(), [STRING])
  // One byte before and one behind the text.
  put(opened, 0, ['x'.repeat(KEY_BYTES_MAX - 2)], 1)
  expect(() => put(opened, 0, ['x'.repeat(KEY_BYTES_MAX - 1)], 1)).toThrow(`longer than ${KEY_BYTES_MAX} bytes`)
  expect(contents(opened.table)).toHaveLength(1)
  const columns = open(new TestStores(), new Array(40).fill(STRING))
  expect(() => put(columns, 0, new Array(40).fill('x'.repeat(60)), 1)).toThrow('longer than')
})

describe('write back', () => {
  test('writes come in the order of the keys', () => {
    const opened = open(new TestStores(), [STRING])
    for (const k of ['c', 'a', 'b']) put(opened, 20, [k], 1)
    put(opened, 10, ['x'], 1)
    put(opened, 30, ['x'], 1)
    checkpoint(opened)
    const store = opened.context.stores.store('operator', 'state')
    store.written.length = 0
    const twenty = opened.table.namespace(20)
    for (const k of ['e', 'd', 'a']) put(opened, 20, [k], 2)
    opened.table.delete(twenty, opened.table.getByValues(twenty, ['b'])!)
    opened.table.drop(10)
    put(opened, 40, ['x'], 1)
    checkpoint(opened)
    // The count, a drop, a delete, and four puts.
    expect(store.written).toHaveLength(7)
    expect(store.written).toEqual([...store.written].sort())
  })

  test('a namespace that comes and goes between two barriers never reaches the store', () => {
    const opened = open(new TestStores(), [STRING])
    put(opened, 10, ['a'], 1)
    opened.table.drop(10)
    checkpoint(opened)
    expect(opened.context.stores.store('operator', 'state').puts).toBe(0)
  })

  test('a key that changes often is written once', () => {
    const opened = open(new TestStores(), [STRING])
    for (let i = 0; i < 10; i++) put(opened, 0, ['a'], i)
    checkpoint(opened)
    // The entry and the count of entries.
    expect(opened.context.stores.store('operator', 'state').puts).toBe(2)
  })

  test('new keys of a namespace that was never evicted do not ask the store', () => {
    const opened = open(new TestStores(), [STRING])
    put(opened, 10, ['a'], 1)
    checkpoint(opened)
    const store = opened.context.stores.store('operator', 'state')
    const before = store.gets
    put(opened, 10, ['b'], 1)
    put(opened, 20, ['b'], 1)
    expect(store.gets).toBe(before)
  })

  test('memory holds no more clean entries than its budget, and one is still there at the limit', () => {
    const opened = open(new TestStores(), [BIGINT], 10)
    for (let i = 0; i < 10; i++) put(opened, 0, [i], i)
    checkpoint(opened)
    expect(opened.table.inMemory).toBe(10)
    put(opened, 0, [10], 10)
    checkpoint(opened)
    expect(opened.table.inMemory).toBe(10)
    expect(contents(opened.table)).toHaveLength(11)
    expect(opened.context.metrics.stateEntries).toBe(11)
  })

  test('what was not flushed does not exist after a restart', () => {
    const opened = open(new TestStores(), [STRING])
    put(opened, 0, ['a'], 1)
    checkpoint(opened)
    put(opened, 0, ['b'], 2)
    opened.context.stores.crash()
    expect(contents(open(opened.context.stores, [STRING]).table)).toEqual([[0, ['a'], 1]])
  })
})

type Operation =
  | { kind: 'put'; namespace: number; key: Value; value: number }
  | { kind: 'delete'; namespace: number; key: Value }
  | { kind: 'drop'; namespace: number }
  | { kind: 'checkpoint' | 'restart' | 'crash' }

const namespace = fc.constantFrom(-20, 0, 10, 20)
const key = fc.constantFrom(...['a', 'b', 'c', 'd', 'e', 'f', 'g', null, '', '😀'])
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), namespace, key, value: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), namespace, key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), namespace }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('checkpoint' as const, 'restart' as const, 'crash' as const) }),
  },
)

test('whatever happens to it, the table holds what a plain Map holds', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), fc.integer({ min: 0, max: 6 }), (operations, entriesMax) => {
      const stores = new TestStores()
      let opened = open(stores, [STRING], entriesMax)
      let model = new Map<string, [number, Row, number]>()
      let committed = new Map(model)
      for (const step of operations) {
        switch (step.kind) {
          case 'put':
            put(opened, step.namespace, [step.key], step.value)
            model.set(`${step.namespace} ${step.key}`, [step.namespace, [step.key], step.value])
            break
          case 'delete': {
            const found = opened.table.find(step.namespace)
            const entry = found && opened.table.getByValues(found, [step.key])
            expect(entry?.value).toBe(model.get(`${step.namespace} ${step.key}`)?.[2])
            if (found !== undefined && entry !== undefined) opened.table.delete(found, entry)
            model.delete(`${step.namespace} ${step.key}`)
            break
          }
          case 'drop':
            opened.table.drop(step.namespace)
            for (const [name, row] of model) if (row[0] === step.namespace) model.delete(name)
            break
          case 'crash':
            stores.crash()
            opened = open(stores, [STRING], entriesMax)
            model = new Map(committed)
            break
          default:
            checkpoint(opened)
            committed = new Map(model)
            expect(opened.table.inMemory).toBeLessThanOrEqual(entriesMax)
            expect(opened.context.metrics.stateEntries).toBe(model.size)
            if (step.kind === 'restart') opened = open(stores, [STRING], entriesMax)
        }
      }
      const byKey = (a: [number, Row, number], b: [number, Row, number]): number =>
        a[0] - b[0] || opened.key.compare(a[1], b[1])
      expect(contents(opened.table)).toEqual([...model.values()].sort(byKey))
    }),
    { numRuns: 500 },
  )
})
