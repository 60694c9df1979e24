import { afterEach, beforeEach, expect, it } from 'vitest'
import { ManualClock } from '../adapters/memory/manual-clock.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { Storage } from '../adapters/storage.ts'
import type { TaskStorage } from '../engine/ports/state.ts'
import { PAGE_BYTES_MAX, PAGE_ROWS_MAX, TableCursors, VIEW_OPEN_MS_MAX, VIEWS_MAX } from './table-cursors.ts'
import type { TablePage, TablePageRequest } from './task-host.ts'

let storage: Storage
let task: TaskStorage
let clock: ManualClock
let cursors: TableCursors
let epoch: number

beforeEach(async () => {
  storage = openMemoryStorage()
  await storage.log.createTopic({ name: 'results', partitions: 1, retentionMs: undefined, retentionBytes: undefined })
  task = await storage.state.openTask('v')
  clock = new ManualClock()
  cursors = new TableCursors({ state: storage.state, clock })
  epoch = 0
})
afterEach(async () => {
  cursors.closeAll()
  expect(cursors.size).toBe(0)
  await storage.close()
})

async function commit(rows: number, value: string): Promise<void> {
  const store = task.store('sink', 'rows')
  for (let i = 0; i < rows; i++) store.put(Buffer.from(String(i).padStart(6, '0')), Buffer.from(value))
  task.append('results', 0, [{ key: null, value: Buffer.from(value), timestamp: 0 }])
  await task.commit({ epoch: ++epoch, inputs: {}, watermarks: {}, watermark: null, wallTimeMs: 0 })
}

function read(cursor?: string, more: Partial<TablePageRequest> = {}): TablePage {
  const result = { topic: 'results', partition: 0 }
  const from = new Uint8Array(0)
  const rowsMax = PAGE_ROWS_MAX
  return cursors.read({
    task: 'v',
    operatorId: 'sink',
    table: 'rows',
    from,
    to: undefined,
    rowsMax,
    result,
    cursor,
    ...more,
  })
}

it('gives a table that fits in a page at once, and keeps nothing open', async () => {
  await commit(PAGE_ROWS_MAX, 'a')
  const page = read()
  expect(page.entries).toHaveLength(PAGE_ROWS_MAX)
  expect(page.cursor).toBeUndefined()
  expect(page.resultEnd).toBe(1)
  expect(cursors.size).toBe(0)
})

it('gives one row more in two pages, both of the commit of the first', async () => {
  await commit(PAGE_ROWS_MAX + 1, 'a')
  const first = read()
  await commit(PAGE_ROWS_MAX + 2, 'b')
  const second = read(first.cursor)
  expect(first.entries).toHaveLength(PAGE_ROWS_MAX)
  expect(second.entries.map(([key, value]) => `${Buffer.from(key)} ${Buffer.from(value)}`)).toEqual(['000512 a'])
  expect([second.resultEnd, second.cursor]).toEqual([1, undefined])
})

it('fills a page up to its bytes, and makes a page of a row that is longer', async () => {
  const quarter = PAGE_BYTES_MAX / 4 - 6
  await commit(5, 'x'.repeat(quarter))
  expect(read().entries).toHaveLength(4)
  await commit(5, 'x'.repeat(quarter + 1))
  expect(read().entries).toHaveLength(3)
  await commit(5, 'x'.repeat(PAGE_BYTES_MAX))
  expect(read().entries).toHaveLength(1)
})

it('takes a view away when it has been open for too long', async () => {
  await commit(PAGE_ROWS_MAX + 1, 'a')
  const { cursor } = read()
  clock.advanceTo(VIEW_OPEN_MS_MAX - 1)
  await clock.yieldNow()
  expect(cursors.size).toBe(1)
  clock.advanceTo(VIEW_OPEN_MS_MAX)
  await clock.yieldNow()
  expect(cursors.size).toBe(0)
  expect(() => read(cursor)).toThrow('the view of task "v" was open for too long, or has moved')
})

it('does not give one reader the view of another, and forgets what a reader or its task has closed', async () => {
  await commit(PAGE_ROWS_MAX + 1, 'a')
  const [first, second] = [read(), read()]
  expect(() => read(first.cursor, { task: 'w' })).toThrow('was open for too long, or has moved')
  expect(() => read('no such')).toThrow('was open for too long, or has moved')
  cursors.close(String(second.cursor))
  expect(() => read(second.cursor)).toThrow('was open for too long, or has moved')
  const third = read()
  cursors.closeTask('v')
  expect(() => read(third.cursor)).toThrow('was open for too long, or has moved')
})

it('keeps as many views as it may, and refuses one more until one was closed', async () => {
  await commit(PAGE_ROWS_MAX + 1, 'a')
  const opened = Array.from({ length: VIEWS_MAX }, () => read().cursor)
  expect(() => read()).toThrow(`${VIEWS_MAX} views of tables are open; at most ${VIEWS_MAX}`)
  cursors.close(String(opened[0]))
  expect(read().entries).toHaveLength(PAGE_ROWS_MAX)
})
