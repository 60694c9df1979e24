import { DELETE, UPDATE_AFTER } from '../../core/batch.ts'
import type { Value } from '../../core/value.ts'
import type { BadRecord, DecodedRows, Decoder } from '../../engine/ports/format.ts'
import type { RecordChunk } from '../../engine/ports/log.ts'
import type { KeyDecoder } from './key-decoder.ts'

/**
 * FORMAT UPSERT: a record is the new row of its key (+U), a record without a value deletes the row (-D), of which only
 * the key's columns are known then.
 */
export class UpsertDecoder implements Decoder {
  readonly #values: Decoder
  readonly #keys: KeyDecoder

  constructor(values: Decoder, keys: KeyDecoder) {
    this.#values = values
    this.#keys = keys
  }

  async open(): Promise<void> {
    await this.#values.open?.()
  }

  prepare(chunk: RecordChunk): Promise<void> | undefined {
    const values = this.#values.prepare?.(chunk)
    const keys = this.#keys.prepare(chunk, deletions(chunk))
    return values === undefined || keys === undefined ? (values ?? keys) : Promise.all([values, keys]).then(() => {})
  }

  decode(chunk: RecordChunk): DecodedRows {
    const deleted = deletions(chunk)
    const rows = this.#values.decode(chunk)
    if (deleted.length === 0) return { ...rows, kinds: new Uint8Array(rows.length).fill(UPDATE_AFTER) }
    return this.#merge(chunk, rows, deleted)
  }

  /** Rows and deletions in the order of the records. */
  #merge(chunk: RecordChunk, rows: DecodedRows, deleted: readonly number[]): DecodedRows {
    const columns: Value[][] = rows.columns.map(() => [])
    const records: number[] = []
    const kinds: number[] = []
    const isDeleted = new Set(deleted)
    const bad: BadRecord[] = rows.bad.filter((one) => !isDeleted.has(one.index))
    const add = (record: number, kind: number, cell: (column: number) => Value) => {
      for (let c = 0; c < columns.length; c++) (columns[c] as Value[]).push(cell(c))
      records.push(record)
      kinds.push(kind)
    }
    let next = 0
    const addRowsBefore = (record: number) => {
      for (; next < rows.length && (rows.records[next] as number) < record; next++) {
        const row = next
        add(rows.records[row] as number, UPDATE_AFTER, (c) => rows.columns[c]?.[row] as Value)
      }
    }
    for (const record of deleted) {
      addRowsBefore(record)
      const deletion = this.#keys.row(chunk, record)
      if (typeof deletion === 'string') bad.push({ index: record, reason: deletion })
      else add(record, DELETE, (c) => deletion[c] as Value)
    }
    addRowsBefore(Number.POSITIVE_INFINITY)
    return { length: records.length, columns, records: Int32Array.from(records), kinds: Uint8Array.from(kinds), bad }
  }
}

function deletions(chunk: RecordChunk): readonly number[] {
  const deleted: number[] = []
  for (let i = 0; i < chunk.count; i++) if ((chunk.valueStart[i] as number) < 0) deleted.push(i)
  return deleted
}
