import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Storage } from '../../src/adapters/storage.ts'
import type { Checkpoint, TaskStorage } from '../../src/engine/ports/state.ts'
import { codeOf, readAll, record } from '../harness/log-records.ts'

/** What every StateBackend does together with its Log: one commit for state, output and positions. */
export interface StateFixture {
  readonly storage: Storage
  /** Closes and opens again what is kept; memory gives the same storage. */
  reopen(): Promise<Storage>
  close(): Promise<void>
}

export function checkpoint(epoch: number, offset = epoch): Checkpoint {
  return {
    epoch,
    inputs: { 'scan-1': { 0: offset } },
    watermarks: { 'scan-1': { 0: { emitted: null, pending: offset } } },
    watermark: null,
    wallTimeMs: 1000 + epoch,
  }
}

const bytes = (text: string) => Buffer.from(text, 'latin1')
const text = (value: Uint8Array | undefined) => value && Buffer.from(value).toString('latin1')
const entries = (scan: Iterable<readonly [Uint8Array, Uint8Array]>) =>
  [...scan].map(([key, value]) => [text(key), text(value)])

export function describeState(name: string, open: () => Promise<StateFixture>): void {
  describe(`state contract: ${name}`, () => {
    let fixture: StateFixture
    let storage: Storage
    beforeEach(async () => {
      fixture = await open()
      storage = fixture.storage
      await storage.log.createTopic({ name: 'out', partitions: 1, retentionMs: undefined, retentionBytes: undefined })
    })
    afterEach(() => fixture.close())
    const end = async () => (await storage.log.topic('out'))?.offsets[0]?.end

    test('what is put is read back before and after the commit', async () => {
      const task = await storage.state.openTask('t')
      expect(task.checkpoint).toBeUndefined()
      const store = task.store('agg-1', 'table')
      expect(store).toBe(task.store('agg-1', 'table'))
      store.put(bytes('a'), bytes('1'))
      store.put(bytes(''), bytes(''))
      expect(text(store.get(bytes('a')))).toBe('1')
      expect(text(store.get(bytes('')))).toBe('')
      expect(store.get(bytes('b'))).toBeUndefined()
      await task.commit(checkpoint(1))
      expect(text(store.get(bytes('a')))).toBe('1')
      store.delete(bytes('a'))
      expect(store.get(bytes('a'))).toBeUndefined()
      store.put(bytes('b'), bytes('2'))
      expect(entries(store.scan(bytes(''), undefined))).toEqual([
        ['', ''],
        ['b', '2'],
      ])
      await task.commit(checkpoint(2))
      expect(entries(store.scan(bytes(''), undefined))).toEqual([
        ['', ''],
        ['b', '2'],
      ])
      expect(task.checkpoint).toEqual(checkpoint(2))
    })

    test('bytes that were given or taken may be changed by the caller', async () => {
      const task = await storage.state.openTask('t')
      const store = task.store('agg-1', 'table')
      const key = bytes('key')
      const value = bytes('value')
      store.put(key, value)
      key.fill(0)
      value.fill(0)
      ;(store.get(bytes('key')) as Uint8Array).fill(1)
      expect(text(store.get(bytes('key')))).toBe('value')
      for (const [scannedKey, scanned] of store.scan(bytes(''), undefined)) {
        scannedKey.fill(2)
        scanned.fill(2)
      }
      await task.commit(checkpoint(1))
      ;(store.get(bytes('key')) as Uint8Array).fill(1)
      for (const [scannedKey, scanned] of store.scan(bytes(''), undefined)) {
        scannedKey.fill(2)
        scanned.fill(2)
      }
      expect(entries(store.scan(bytes(''), undefined))).toEqual([['key', 'value']])
    })

    test('stores of operators, tables and tasks do not see each other', async () => {
      const one = await storage.state.openTask('one')
      const two = await storage.state.openTask('two')
      const stores = [
        one.store('a', 'x'),
        one.store('a', 'y'),
        one.store('b', 'x'),
        two.store('a', 'x'),
        one.store('a"', '"x'),
      ]
      for (const [i, store] of stores.entries()) store.put(bytes('k'), bytes(String(i)))
      await one.commit(checkpoint(1))
      await two.commit(checkpoint(1))
      for (const [i, store] of stores.entries())
        expect(entries(store.scan(bytes(''), undefined))).toEqual([['k', String(i)]])
    })

    test('a scan is in byte order, from inclusive, to exclusive, staged over committed', async () => {
      const task = await storage.state.openTask('t')
      const store = task.store('agg-1', 'table')
      for (const key of ['\xff', 'b', '\x00', 'a\x00', 'a', 'c']) store.put(bytes(key), bytes(`1${key}`))
      await task.commit(checkpoint(1))
      store.put(bytes('aa'), bytes('new'))
      store.put(bytes('b'), bytes('changed'))
      store.delete(bytes('c'))
      expect(entries(store.scan(bytes('a'), bytes('\xff')))).toEqual([
        ['a', '1a'],
        ['a\x00', '1a\x00'],
        ['aa', 'new'],
        ['b', 'changed'],
      ])
      expect(entries(store.scan(bytes(''), undefined)).map(([key]) => key)).toEqual([
        '\x00',
        'a',
        'a\x00',
        'aa',
        'b',
        '\xff',
      ])
    })

    test('a scan of many entries can be left early, and entries deleted on the way', async () => {
      const task = await storage.state.openTask('t')
      const store = task.store('agg-1', 'table')
      const key = (i: number) => bytes(String(i).padStart(6, '0'))
      for (let i = 0; i < 3000; i++) store.put(key(i), bytes('v'))
      await task.commit(checkpoint(1))
      let seen = 0
      for (const [found] of store.scan(key(10), undefined)) {
        expect(text(found)).toBe(text(key(10 + seen)))
        store.delete(found)
        if (++seen === 2000) break
      }
      await task.commit(checkpoint(2))
      expect([...store.scan(bytes(''), undefined)]).toHaveLength(1000)
    })

    test('any sequence of puts, deletes, commits and scans equals a sorted map', async () => {
      const task = await storage.state.openTask('t')
      const store = task.store('agg-1', 'table')
      const model = new Map<string, string>()
      let epoch = 0
      const key = fc.string({ unit: fc.constantFrom('\x00', 'a', 'b', '\xff'), maxLength: 3 })
      const action = fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({
            kind: fc.constant('put' as const),
            key,
            value: fc.string({ unit: 'binary-ascii', maxLength: 4 }),
          }),
        },
        { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
        {
          weight: 2,
          arbitrary: fc.record({
            kind: fc.constant('scan' as const),
            from: key,
            to: fc.option(key, { nil: undefined }),
          }),
        },
        { weight: 1, arbitrary: fc.constant({ kind: 'commit' as const }) },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
          for (const step of actions) {
            if (step.kind === 'put') {
              store.put(bytes(step.key), bytes(step.value))
              model.set(step.key, step.value)
            } else if (step.kind === 'delete') {
              store.delete(bytes(step.key))
              model.delete(step.key)
            } else if (step.kind === 'commit') await task.commit(checkpoint(++epoch))
            else {
              const expected = [...model]
                .filter(([k]) => k >= step.from && (step.to === undefined || k < step.to))
                .sort(([a], [b]) => (a < b ? -1 : 1))
              expect(entries(store.scan(bytes(step.from), step.to === undefined ? undefined : bytes(step.to)))).toEqual(
                expected,
              )
            }
          }
          for (const [k, v] of model) expect(text(store.get(bytes(k)))).toBe(v)
        }),
        { numRuns: 60 },
      )
    })

    test('output appears with the commit, not before, in the order of the appends', async () => {
      const task = await storage.state.openTask('t')
      task.append('out', 0, [record('a', 1)])
      task.append('out', 0, [record('b', 2)])
      expect(await end()).toBe(0)
      await task.commit(checkpoint(1))
      expect(await end()).toBe(2)
      expect((await readAll(await storage.log.openReader('out'), 0, 0, 10)).map((r) => r.value)).toEqual(['a', 'b'])
      await task.commit(checkpoint(2))
      expect(await end()).toBe(2)
      expect(await codeOf(() => task.append('nothing', 0, [record('a')]))).toBe('NOT_FOUND')
    })

    test('what is not committed does not exist after the task is opened again', async () => {
      let task = await storage.state.openTask('t')
      task.store('agg-1', 'table').put(bytes('a'), bytes('1'))
      task.append('out', 0, [record('a')])
      await task.commit(checkpoint(1, 10))
      task.store('agg-1', 'table').put(bytes('a'), bytes('2'))
      task.store('agg-2', 'table').put(bytes('b'), bytes('2'))
      task.append('out', 0, [record('b')])
      await task.close()
      storage = await fixture.reopen()
      task = await storage.state.openTask('t')
      expect(task.checkpoint).toEqual(checkpoint(1, 10))
      expect(entries(task.store('agg-1', 'table').scan(bytes(''), undefined))).toEqual([['a', '1']])
      expect(entries(task.store('agg-2', 'table').scan(bytes(''), undefined))).toEqual([])
      expect(await end()).toBe(1)
    })

    test('epochs are consecutive, and state is not touched while a commit is under way', async () => {
      const task = await storage.state.openTask('t')
      const store = task.store('agg-1', 'table')
      await expect(task.commit(checkpoint(2))).rejects.toThrow('epoch')
      await task.commit(checkpoint(1))
      await expect(task.commit(checkpoint(1))).rejects.toThrow('epoch')
      const commit = task.commit(checkpoint(2))
      expect(() => store.put(bytes('a'), bytes('b'))).toThrow('commit is under way')
      await commit
      store.put(bytes('a'), bytes('b'))
    })

    test('a task is open once; after close its state is used no more', async () => {
      const task = await storage.state.openTask('t')
      expect(await codeOf(() => storage.state.openTask('t'))).toBe('FAILED_PRECONDITION')
      expect(await codeOf(() => storage.state.dropTask('t'))).toBe('FAILED_PRECONDITION')
      const store = task.store('agg-1', 'table')
      await task.close()
      await task.close()
      expect(() => store.get(bytes('a'))).toThrow('closed')
      await (await storage.state.openTask('t')).close()
    })

    test('a dropped task leaves nothing; its name begins anew', async () => {
      let task = await storage.state.openTask('t')
      const store = task.store('agg-1', 'table')
      for (let i = 0; i < 10_000; i++) store.put(bytes(`k${i}`), bytes('v'))
      await task.commit(checkpoint(1))
      expect(task.stateBytes()).toBeGreaterThan(50_000)
      await task.close()
      await storage.state.dropTask('t')
      await storage.state.dropTask('never there')
      task = await storage.state.openTask('t')
      expect(task.checkpoint).toBeUndefined()
      expect(entries(task.store('agg-1', 'table').scan(bytes(''), undefined))).toEqual([])
      expect(task.stateBytes()).toBe(0)
    })

    test('a snapshot sees one commit: checkpoint, state and end of output together', async () => {
      const task = await storage.state.openTask('t')
      const commit = async (epoch: number, task_: TaskStorage) => {
        const store = task_.store('agg-1', 'table')
        for (let i = 0; i < 1500; i++) store.put(bytes(`k${String(i).padStart(4, '0')}`), bytes(String(epoch)))
        task_.append('out', 0, [record(String(epoch))])
        await task_.commit(checkpoint(epoch))
      }
      await commit(1, task)
      const snapshot = storage.state.snapshot('t')
      await commit(2, task)
      task.store('agg-1', 'table').put(bytes('k0000'), bytes('staged'))
      expect(snapshot.checkpoint).toEqual(checkpoint(1))
      expect(snapshot.topicEnd('out', 0)).toBe(1)
      expect(text(snapshot.get('agg-1', 'table', bytes('k0000')))).toBe('1')
      const scanned = entries(snapshot.scan('agg-1', 'table', bytes('k0001'), undefined))
      expect(scanned).toHaveLength(1499)
      expect(new Set(scanned.map(([, value]) => value))).toEqual(new Set(['1']))
      expect([...snapshot.scan('agg-1', 'other', bytes(''), undefined)]).toEqual([])
      snapshot.close()
      snapshot.close()
      const later = storage.state.snapshot('t')
      expect(later.checkpoint?.epoch).toBe(2)
      expect(text(later.get('agg-1', 'table', bytes('k0000')))).toBe('2')
      later.close()
      const unknown = storage.state.snapshot('unknown')
      expect(unknown.checkpoint).toBeUndefined()
      expect(unknown.get('agg-1', 'table', bytes('a'))).toBeUndefined()
      unknown.close()
    })

    test('onCommit fires when the commit can be read', async () => {
      const reader = await storage.log.openReader('out')
      const ends: (number | undefined)[] = []
      const stop = storage.onCommit(() => ends.push(reader.lag(0, 0)))
      await storage.log.append('out', 0, [record('a')])
      stop()
      await storage.log.append('out', 0, [record('b')])
      expect(ends).toEqual([1])
    })
  })
}
