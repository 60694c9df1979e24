import type { BadRecord, DecodedRows, Decoder } from '../../engine/ports/format.ts'
import type { RecordChunk } from '../../engine/ports/log.ts'
import { HEADER_BYTES, MAGIC } from './schema-decoder.ts'

/**
 * Records whose schema is named before a value that can be read without it, as JSON can: what names it is passed over.
 * No registry is asked.
 */
export class FramedDecoder implements Decoder {
  readonly #inner: Decoder

  constructor(inner: Decoder) {
    this.#inner = inner
  }

  decode(chunk: RecordChunk): DecodedRows {
    const valueStart = chunk.valueStart.slice()
    const notFramed = new Set<number>()
    for (let i = 0; i < chunk.count; i++) {
      const start = valueStart[i] as number
      if (start < 0) continue
      if (chunk.data[start] === MAGIC && (chunk.valueEnd[i] as number) - start >= HEADER_BYTES) {
        valueStart[i] = start + HEADER_BYTES
      } else notFramed.add(i)
    }
    const rows = this.#inner.decode({ ...chunk, valueStart })
    return notFramed.size === 0 ? rows : without(rows, notFramed)
  }
}

/** A record without a schema is no record of this format, be its value what it may. */
function without(rows: DecodedRows, records: ReadonlySet<number>): DecodedRows {
  const kept: number[] = []
  for (let i = 0; i < rows.length; i++) if (!records.has(rows.records[i] as number)) kept.push(i)
  const bad: BadRecord[] = rows.bad.filter(({ index }) => !records.has(index))
  for (const index of records) bad.push({ index, reason: 'expected a schema id behind a byte 0x00' })
  return {
    ...rows,
    length: kept.length,
    columns: rows.columns.map((column) => kept.map((i) => column[i] ?? null)),
    records: Int32Array.from(kept, (i) => rows.records[i] as number),
    kinds: rows.kinds && Uint8Array.from(kept, (i) => rows.kinds?.[i] as number),
    bad,
  }
}
