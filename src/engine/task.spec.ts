import { expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { SourceReader } from './ports/log.ts'
import { openScanTask } from './testing/scan-task.ts'

it('a task that can not be opened closes the readers that it has opened', async () => {
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
  await expect(openScanTask(reader, storage, formatRegistry())).rejects.toThrow('no such file')
  expect(closed).toBe(1)
})
