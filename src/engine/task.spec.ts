import { expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { PhysicalPlan, ScanStep } from '../plan/physical/nodes.ts'
import type { SourceReader } from './ports/log.ts'
import { Task } from './task.ts'

const SCAN: ScanStep = {
  kind: 'scan',
  id: 'scan-s',
  version: 1,
  inputs: [],
  schema: { fields: [], key: [], timeColumn: undefined, mode: 'append' },
  relation: 's',
  connector: { kind: 'file', options: {} },
  format: { envelope: 'plain', encoding: 'json', options: {} },
  fields: [],
  computed: [],
  watermark: undefined,
  onError: 'skip',
  deadLetter: undefined,
  startup: { kind: 'earliest' },
}

it('a task that can not be opened closes the readers that it has opened', async () => {
  const plan: PhysicalPlan = {
    version: 1,
    steps: [SCAN],
    schema: SCAN.schema,
    options: { guarantee: 'exactly-once', checkpointIntervalMs: 1000, stateTtlMs: undefined },
  }
  let closed = 0
  const reader: SourceReader = {
    partitions: [0],
    startOffset: () => {
      throw new Error('no such file')
    },
    read: () => undefined,
    lag: () => undefined,
    onAvailable: () => () => {},
    nextAvailableMs: () => undefined,
    close: () => {
      closed++
    },
  }
  const storage = await openMemoryStorage().state.openTask('q')
  const opening = Task.open({
    query: 'q',
    plan,
    storage,
    formats: formatRegistry(),
    openReader: () => reader,
    openSink: () => ({ open: () => {}, onBatch: () => {} }),
    sides: { stream: () => undefined, failedRows: undefined },
    nowMs: 0,
    memoryEntriesMax: 1000,
  })
  await expect(opening).rejects.toThrow('no such file')
  expect(closed).toBe(1)
})
