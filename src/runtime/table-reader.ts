import { must } from '../core/assert.ts'
import type { Schema } from '../core/schema.ts'
import type { Row, Value } from '../core/value.ts'
import type { RecordChunk, SourceReader } from '../engine/ports/log.ts'
import type { ScanStep } from '../plan/physical/nodes.ts'
import type { PeerTablePage } from './peers.ts'

/**
 * The table of a materialized view as a bounded source: what a pull query reads. The rows of each partition are of one
 * commit of its task. Of each partition one page waits here at most, beside what a transport holds.
 */
export interface TableReaderOptions {
  readonly scan: ScanStep
  readonly schema: Schema
  /** Of which the view consists, or those of them that can hold what is asked for. */
  readonly partitions: readonly number[]
  readonly openTable: (partition: number, signal: AbortSignal) => AsyncGenerator<PeerTablePage>
  readonly decodeRow: (value: Uint8Array) => { readonly row: Row; readonly time: number }
}

interface Part {
  readonly pages: AsyncGenerator<PeerTablePage>
  /** Asked for, before anybody waits for it: partitions on several replicas answer side by side. */
  next: Promise<IteratorResult<PeerTablePage>>
  page: PeerTablePage | undefined
  /** Entries of the page that were read. */
  read: number
}

export class TableReader implements SourceReader {
  readonly partitions: readonly number[]
  readonly #options: TableReaderOptions
  readonly #columns: readonly number[]
  readonly #parts: ReadonlyMap<number, Part>
  readonly #closed = new AbortController()
  #rowsRead = 0

  constructor(options: TableReaderOptions) {
    this.#options = options
    const { scan, schema, partitions, openTable } = options
    this.partitions = partitions
    this.#columns = scan.fields.map((field) => schema.fields.findIndex(({ name }) => name === field.name))
    this.#parts = new Map(
      partitions.map((partition) => {
        const pages = openTable(partition, this.#closed.signal)
        return [partition, { pages, next: ask(pages), page: undefined, read: 0 }]
      }),
    )
  }

  startOffset(): number {
    return 0
  }

  async read(partition: number, _offset: number, recordsMax: number): Promise<RecordChunk> {
    const part = must(this.#parts.get(partition), 'a partition of the view')
    // A page without an entry says nothing, and would pass for "none at the moment".
    while (part.page === undefined || part.read === part.page.entries.length) {
      if (part.page?.end === true) return this.#chunk(partition, [], true)
      const next = await part.next
      if (next.done === true) return this.#chunk(partition, [], true)
      part.page = next.value
      part.read = 0
      part.next = ask(part.pages)
    }
    const from = part.read
    part.read = Math.min(part.page.entries.length, from + recordsMax)
    const end = part.page.end && part.read === part.page.entries.length
    return this.#chunk(partition, part.page.entries.slice(from, part.read), end)
  }

  lag(): undefined {
    return undefined
  }

  onAvailable(): () => void {
    return () => {}
  }

  nextAvailableMs(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await Promise.all([...this.#parts.values()].map(({ pages }) => pages.return(undefined).catch(() => undefined)))
  }

  #chunk(partition: number, entries: readonly (readonly [Uint8Array, Uint8Array])[], end: boolean): RecordChunk {
    const columns: Value[][] = this.#columns.map(() => [])
    const times: number[] = []
    for (const [, value] of entries) {
      const { row, time } = this.#options.decodeRow(value)
      for (let i = 0; i < columns.length; i++) (columns[i] as Value[]).push(row[this.#columns[i] as number] as Value)
      times.push(time)
    }
    const count = times.length
    const offsets = Float64Array.from({ length: count }, (_, i) => this.#rowsRead + i)
    this.#rowsRead += count
    return {
      partition,
      count,
      data: new Uint8Array(0),
      valueStart: new Int32Array(count).fill(-1),
      valueEnd: new Int32Array(count).fill(-1),
      keyStart: undefined,
      keyEnd: undefined,
      timestamps: Float64Array.from(times),
      offsets,
      nextOffset: this.#rowsRead,
      end,
      columns,
    }
  }
}

/** Its failure is told to whoever waits for it, if anybody does. */
function ask(pages: AsyncGenerator<PeerTablePage>): Promise<IteratorResult<PeerTablePage>> {
  const next = pages.next()
  next.catch(() => undefined)
  return next
}
