import type { CatalogChange } from '../../src/adapters/storage.ts'
import type { OutputRecord, TopicSpec } from '../../src/engine/ports/log.ts'
import type { Checkpoint } from '../../src/engine/ports/state.ts'

/**
 * What survives a crash of the simulated process: plain maps, changed only by whole transactions. Everything else that
 * the process knew is gone with it.
 */
export interface DiskPartition {
  /** Offset of the first record that is kept. */
  start: number
  records: OutputRecord[]
}

export interface DiskTopic {
  spec: TopicSpec
  readonly partitions: readonly DiskPartition[]
  deleted: boolean
}

/** Entries by key, as latin1 text: code units compare as the bytes do. */
export type DiskTable = Map<string, Uint8Array>

export interface DiskTask {
  checkpoint: Checkpoint | undefined
  readonly tables: Map<string, DiskTable>
}

export class SimDisk {
  readonly topics = new Map<string, DiskTopic>()
  readonly tasks = new Map<string, DiskTask>()
  readonly catalog = new Map<string, string>()
  /** Last sequence by topic, partition and producer, and when it came. */
  readonly sequences = new Map<string, { readonly last: number; readonly timeMs: number }>()

  task(taskId: string): DiskTask {
    let task = this.tasks.get(taskId)
    if (task === undefined) this.tasks.set(taskId, (task = { checkpoint: undefined, tables: new Map() }))
    return task
  }

  writeCatalog(changes: readonly CatalogChange[]): void {
    for (const { key, text } of changes) {
      if (text === undefined) this.catalog.delete(key)
      else this.catalog.set(key, text)
    }
  }
}

export function endOffset(partition: DiskPartition): number {
  return partition.start + partition.records.length
}

export function recordBytes(record: OutputRecord): number {
  return (record.key?.length ?? 0) + (record.value?.length ?? 0)
}

export function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}

/** Entries with from ≤ key < to, in order, the overlay's in place of the table's; null in the overlay is deleted. */
export function* scanTables(
  table: DiskTable | undefined,
  overlay: ReadonlyMap<string, Uint8Array | null>,
  from: Uint8Array,
  to: Uint8Array | undefined,
): Iterable<readonly [Uint8Array, Uint8Array]> {
  const first = textOf(from)
  const end = to === undefined ? undefined : textOf(to)
  const keys = new Set(overlay.keys())
  for (const key of table?.keys() ?? []) keys.add(key)
  const inRange = [...keys].filter((key) => key >= first && (end === undefined || key < end)).sort(compareText)
  for (const key of inRange) {
    const value = overlay.has(key) ? overlay.get(key) : table?.get(key)
    if (value !== undefined && value !== null) yield [bytesOf(key), new Uint8Array(value)]
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
