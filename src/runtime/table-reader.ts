import { must } from '../core/assert.ts'
import type { Schema } from '../core/schema.ts'
import type { Row, Value } from '../core/value.ts'
import type { RecordChunk, SourceReader } from '../engine/ports/log.ts'
import type { TaskSnapshot } from '../engine/ports/state.ts'
import { RESULT_TABLE } from '../engine/sinks.ts'
import type { ScanStep } from '../plan/physical/nodes.ts'

/**
 * The table of a materialized view as a bounded source: what a pull query reads. The rows of each partition are of one
 * commit of its task. Give it a key range and it reads nothing else.
 */
export interface TableReaderOptions {
  readonly scan: ScanStep
  readonly schema: Schema
  /** By partition of the result log. */
  readonly snapshots: readonly TaskSnapshot[]
  readonly sinkId: string
  readonly decodeRow: (value: Uint8Array) => { readonly row: Row; readonly time: number }
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
}

export class TableReader implements SourceReader {
  readonly partitions: readonly number[]
  readonly #options: TableReaderOptions
  readonly #columns: readonly number[]
  readonly #entries: readonly Iterator<readonly [Uint8Array, Uint8Array]>[]
  #rowsRead = 0

  constructor(options: TableReaderOptions) {
    this.#options = options
    const { scan, schema, snapshots, sinkId, from, to } = options
    this.partitions = snapshots.map((_, partition) => partition)
    this.#columns = scan.fields.map((field) => schema.fields.findIndex(({ name }) => name === field.name))
    this.#entries = snapshots.map((one) => one.scan(sinkId, RESULT_TABLE, from, to)[Symbol.iterator]())
  }

  startOffset(): number {
    return 0
  }

  read(partition: number, _offset: number, recordsMax: number): RecordChunk {
    const entries = must(this.#entries[partition], 'a partition of the view')
    const columns: Value[][] = this.#columns.map(() => [])
    const times: number[] = []
    let end = false
    while (times.length < recordsMax) {
      const next = entries.next()
      if (next.done === true) {
        end = true
        break
      }
      const { row, time } = this.#options.decodeRow(next.value[1])
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

  lag(): undefined {
    return undefined
  }

  onAvailable(): () => void {
    return () => {}
  }

  nextAvailableMs(): undefined {
    return undefined
  }

  close(): void {
    for (const entries of this.#entries) entries.return?.()
    for (const snapshot of this.#options.snapshots) snapshot.close()
  }
}
