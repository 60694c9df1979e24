import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DELETE } from '../core/batch.ts'
import { STRING } from '../core/type.ts'
import { type ChangesCodec, EntryChanges } from './entry-journal.ts'
import { KeyColumns } from './key-columns.ts'
import { type EntryCodec, KeyedTable } from './keyed-table.ts'
import { testContext } from './testing/context.ts'
import { type Action, drive, type OperatorStep } from './testing/drive.ts'
import { CHANGES, over, ROWS, topN } from './testing/steps.ts'
import { TestStores } from './testing/stores.ts'

describe('a hot key', () => {
  const rows = (count: number): Action[] =>
    Array.from({ length: count }, (_, i): Action => ({ row: ['hot', (i * 7919) % 10007, i], time: i }))
  const OPERATORS: readonly { readonly name: string; readonly step: OperatorStep; readonly actions: Action[] }[] = [
    {
      name: 'TOP-N of rows that may be taken away',
      step: topN({}),
      actions: rows(3_000).flatMap((action, i) => {
        const before =
          'row' in action && i % 3 === 2 ? [{ ...action, row: ['hot', ((i - 1) * 7919) % 10007, i - 1] }] : []
        return [action, ...before.map((one): Action => ({ ...one, kind: DELETE }))]
      }),
    },
    {
      name: 'OVER a range',
      step: over({ frame: { unit: 'range', preceding: 2_000 } }),
      actions: rows(3_000).flatMap((action, i): Action[] => [action, ...(i % 5 === 0 ? [{ watermark: i - 20 }] : [])]),
    },
  ]

  test.each(OPERATORS)(
    '$name: a commit costs what has changed, and is all there after a restart',
    ({ step, actions }) => {
      const input = step.kind === 'over' ? ROWS : CHANGES
      const whole = drive(step, input, actions)
      const restarted = drive(step, input, actions, { restartEvery: 10, entriesMax: 0 })
      expect(restarted.output).toEqual(whole.output)
      // 400 commits of more than a thousand rows are 20 MB.
      expect(restarted.stores.bytesPut).toBeLessThan(3_000_000)
    },
  )
})

/** Texts that are added at the end or taken from the front. */
interface Texts {
  readonly list: string[]
  readonly changes: EntryChanges<string | null>
}

const changes: ChangesCodec<Texts> = {
  of: (value) => value.changes,
  encode: (value) => bytesOf(value.changes.noted),
  apply: ({ list }, bytes) => {
    for (const text of JSON.parse(Buffer.from(bytes).toString())) {
      if (text === null) list.shift()
      else list.push(text)
    }
  },
}
const codec: EntryCodec<Texts> = {
  encode: ({ list }) => bytesOf(list),
  decode: (bytes) => ({ list: JSON.parse(Buffer.from(bytes).toString()), changes: new EntryChanges() }),
  changes,
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

function open(stores: TestStores) {
  const context = testContext({ stores, entriesMax: 1 })
  const key = new KeyColumns([0], [STRING])
  return { key, table: new KeyedTable(context.store('state'), key, codec, context) }
}

const operation = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('push' as const), key: key(), size: fc.constantFrom(1, 3000) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('shift' as const, 'delete' as const), key: key() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('checkpoint' as const, 'restart' as const, 'crash' as const) }),
  },
)

function key(): fc.Arbitrary<string> {
  return fc.constantFrom('a', 'b', 'c')
}

test('whatever happens to it, a long entry holds what a list holds', () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 20, maxLength: 80 }), (operations) => {
      const stores = new TestStores()
      let opened = open(stores)
      let model = new Map<string, string[]>()
      let committed = new Map<string, string[]>()
      for (const [i, step] of operations.entries()) {
        const namespace = opened.table.namespace(0)
        const entry = 'key' in step ? opened.table.getByValues(namespace, [step.key]) : undefined
        if ('key' in step) expect(entry?.value.list).toEqual(model.get(step.key))
        if (step.kind === 'push' || (step.kind === 'shift' && entry !== undefined)) {
          const change = step.kind === 'push' ? `${i}`.repeat(step.size) : null
          const value = entry?.value ?? { list: [], changes: new EntryChanges() }
          if (change === null) value.list.shift()
          else value.list.push(change)
          value.changes.note(change)
          if (entry === undefined) opened.table.insert(namespace, step.key, [step.key], value)
          else if (!entry.dirty) opened.table.touch(namespace, entry)
          model.set(step.key, [...value.list])
        } else if (step.kind === 'delete') {
          if (entry !== undefined) opened.table.delete(namespace, entry)
          model.delete(step.key)
        } else if (step.kind === 'drop') {
          opened.table.drop(0)
          model.clear()
        } else if (step.kind === 'crash') {
          stores.crash()
          opened = open(stores)
          model = new Map(committed)
        } else if (step.kind !== 'shift') {
          opened.table.flush()
          stores.commit()
          opened.table.evict()
          committed = new Map(model)
          if (step.kind === 'restart') opened = open(stores)
        }
      }
      const found = [...opened.table.entriesOf(opened.table.namespace(0))]
      expect(found.map(({ values, value }) => [values[0], value.list])).toEqual([...model].sort())
      for (const entry of found) opened.table.delete(opened.table.namespace(0), entry)
      opened.table.drop(0)
      opened.table.flush()
      // The number of entries is left, and no change of one.
      expect(stores.entries).toBeLessThanOrEqual(1)
    }),
    { numRuns: 300 },
  )
})
