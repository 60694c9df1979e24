import { expect, it, vi } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import type { RecordChunk, SourceReader } from './ports/log.ts'
import { Runner } from './runner.ts'
import { openScanTask, SCAN } from './testing/scan-task.ts'

/** A log far away: it knows of records that a read does not bring yet. */
class FarLog implements SourceReader {
  readonly partitions = [0]
  known = 2
  arrived = 1
  #wake = () => {}

  startOffset(): number {
    return 0
  }

  read(partition: number, offset: number): RecordChunk | undefined {
    if (offset >= this.arrived) return undefined
    const one = new Int32Array(1)
    const times = new Float64Array([0])
    const offsets = new Float64Array([offset])
    return {
      ...{ partition, count: 1, nextOffset: offset + 1, end: false },
      ...{ data: new Uint8Array(0), valueStart: one, valueEnd: one, keyStart: undefined, keyEnd: undefined },
      ...{ timestamps: times, offsets, columns: undefined },
    }
  }

  lag(_partition: number, offset: number): number {
    return this.known - offset
  }

  onAvailable(listener: () => void): () => void {
    this.#wake = listener
    return () => {}
  }

  arrive(): void {
    this.arrived++
    this.#wake()
  }

  nextAvailableMs(): undefined {
    return undefined
  }

  close(): void {}
}

it('commits soon when all is read, and not while records are known to be on their way', async () => {
  const log = new FarLog()
  const storage = await openMemoryStorage().state.openTask('q')
  const task = await openScanTask(log, storage, formatRegistry())
  const positions: unknown[] = []
  const runner = new Runner({
    task,
    storage,
    clock: new SystemClock(),
    checkpointIntervalMs: 60_000,
    caughtUpIntervalMs: 10,
    onCheckpoint: () => positions.push(storage.checkpoint?.inputs[SCAN.id]?.[0]),
  })
  const running = runner.run()
  // The first checkpoint is due at once, since none was before it; the second is what this is about.
  await vi.waitFor(() => expect(task.sources[0]?.position(0)).toBe(1))
  log.known = 3
  log.arrive()
  await vi.waitFor(() => expect(task.sources[0]?.position(0)).toBe(2))
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(positions).toEqual([1])
  log.arrive()
  await vi.waitFor(() => expect(positions).toEqual([1, 3]), 5_000)
  runner.stop()
  await running
})
