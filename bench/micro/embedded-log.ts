/**
 * The embedded data directory: `node bench/micro/embedded-log.ts`. Appends and reads of 100-byte records, single
 * durable
 * appends, and checkpoints with state. Wall time, as the disk is what is measured; about 10 s.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDataDirectory } from '../../src/adapters/embedded/data-directory.ts'
import { print } from './measure.ts'

const RECORD_BYTES = 100
const RECORDS = 1_000_000
const BATCH = 1000
const KEYS = 100_000

const path = mkdtempSync(join(tmpdir(), 'weir-bench-'))
const directory = await openDataDirectory(path)
const { log, state } = directory
await log.createTopic({ name: 't', partitions: 1, retentionMs: undefined, retentionBytes: undefined })
await log.createTopic({ name: 'single', partitions: 1, retentionMs: undefined, retentionBytes: undefined })
const record = { key: null, value: Buffer.alloc(RECORD_BYTES, 'x'), timestamp: 1 }
const batch = new Array(BATCH).fill(record)

async function timed(name: string, unit: string, count: number, run: () => Promise<void>): Promise<void> {
  const start = performance.now()
  await run()
  const seconds = (performance.now() - start) / 1000
  print(name, unit, count / seconds)
  if (unit === 'records') print('', 'MB', (count * RECORD_BYTES) / 1e6 / seconds)
}

await timed('append, 1,000 a call, 16 calls at once', 'records', RECORDS, async () => {
  for (let i = 0; i < RECORDS; i += BATCH * 16) {
    await Promise.all(Array.from({ length: 16 }, () => log.append('t', 0, batch)))
  }
})
await timed('read, 1,024 a chunk', 'records', RECORDS, async () => {
  const reader = await log.openReader('t')
  for (let offset = 0; ; ) {
    const chunk = await reader.read(0, offset, 1024, 0)
    if (chunk === undefined) return
    offset = chunk.nextOffset
  }
})
await timed('append, 1 a call, one call after the other', 'appends', 1000, async () => {
  for (let i = 0; i < 1000; i++) await log.append('single', 0, [record])
})
await timed('append, 1 a call, 100 calls at once', 'appends', 50_000, async () => {
  for (let i = 0; i < 500; i++) await Promise.all(Array.from({ length: 100 }, () => log.append('single', 0, [record])))
})
await timed('read of those', 'records', 51_000, async () => {
  const reader = await log.openReader('single')
  for (let offset = 0; ; ) {
    const chunk = await reader.read(0, offset, 1024, 0)
    if (chunk === undefined) return
    offset = chunk.nextOffset
  }
})
const task = await state.openTask('task')
const store = task.store('s', 't')
const keys = Array.from({ length: KEYS }, (_, i) => Buffer.from(`key-${(i * 7919) % KEYS}`))
await timed('checkpoints of 100,000 puts of 40 bytes', 'puts', 5 * KEYS, async () => {
  for (let epoch = 1; epoch <= 5; epoch++) {
    for (const key of keys) store.put(key, record.value.subarray(0, 40))
    task.append('t', 0, batch)
    await task.commit({ epoch, inputs: {}, watermarks: {}, watermark: null, wallTimeMs: 0 })
  }
})
await timed('gets', 'gets', KEYS, async () => {
  for (const key of keys) store.get(key)
})
await timed('scan', 'entries', KEYS, async () => {
  let count = 0
  for (const _ of store.scan(new Uint8Array(0), undefined)) count++
  if (count !== KEYS) throw new Error('entries are missing')
})
await directory.close()
rmSync(path, { recursive: true })
