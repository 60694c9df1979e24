import { assert } from '../../core/assert.ts'
import { type ChangeKind, INSERT } from '../../core/batch.ts'
import { AppError } from '../../core/errors.ts'
import { decodeLogWatermark, type LogWatermark } from '../../core/log-watermark.ts'
import { type RowCodec, rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import type { SqlType } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'
import type { BadRecord, DecodedRows, Decoder, Encoder } from '../../engine/ports/format.ts'
import type { OutputRecord, RecordChunk } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'

/**
 * The encoding of result logs: core/row-codec.ts with the change kind and the event time in front, and watermarks
 * between the rows. A record holds all columns of its relation, in their order. Who reads only some of them says in
 * the option `columns` what is stored: JSON of `[{ "name", "type" }, …]`; without it the fields are all there are.
 */

interface StoredColumn {
  readonly name: string
  readonly type: SqlType
}

export class RowsEncoder implements Encoder {
  readonly #codec: RowCodec

  constructor(schema: Schema) {
    this.#codec = rowCodec(schema.fields.map((field) => field.type))
  }

  encode(row: Row, kind: ChangeKind, timeMs: number): OutputRecord {
    // Without a key: the row holds it, and a result log is read in order, never by key.
    return { key: null, value: this.#codec.encodeChange(row, kind, timeMs), timestamp: timeMs }
  }
}

export class RowsDecoder implements Decoder {
  readonly #codec: RowCodec
  readonly #width: number
  /** Position of each field among the stored columns. */
  readonly #positions: readonly number[] | undefined

  constructor(fields: readonly SourceField[], stored: string | undefined) {
    const columns: readonly StoredColumn[] = stored === undefined ? fields : (JSON.parse(stored) as StoredColumn[])
    this.#codec = rowCodec(columns.map((column) => column.type))
    this.#width = columns.length
    this.#positions = stored === undefined ? undefined : fields.map((field) => storedPosition(columns, field))
  }

  decode(chunk: RecordChunk): DecodedRows {
    const { count, data } = chunk
    const columns: Value[][] = Array.from({ length: this.#width }, () => [])
    const records = new Int32Array(count)
    const kinds = new Uint8Array(count)
    const bad: BadRecord[] = []
    const watermarks: (LogWatermark & { row: number })[] = []
    const times = new Float64Array(count)
    let length = 0
    let allInserts = true
    for (let i = 0; i < count; i++) {
      const start = chunk.valueStart[i] as number
      const end = chunk.valueEnd[i] as number
      const watermark = start < 0 ? undefined : decodeLogWatermark(data, start, end)
      if (watermark !== undefined) {
        watermarks.push({ ...watermark, row: length })
        continue
      }
      try {
        if (start < 0) throw new Error('the record has no value (a tombstone)')
        const kind = this.#codec.decodeChangeInto(data, start, end, columns)
        if (kind !== INSERT) allInserts = false
        kinds[length] = kind
        times[length] = this.#codec.changeTime.ms
        records[length++] = i
      } catch (error) {
        // A replica of a later release has written it: to leave it out would be to lose it.
        if (error instanceof AppError) throw error
        bad.push({ index: i, reason: `not a row of this relation: ${(error as Error).message}` })
      }
    }
    return {
      length,
      columns: this.#positions?.map((position) => columns[position] as Value[]) ?? columns,
      records: length === count ? records : records.slice(0, length),
      kinds: allInserts ? undefined : kinds.slice(0, length),
      bad,
      watermarks,
      times: times.subarray(0, length),
    }
  }
}

function storedPosition(columns: readonly StoredColumn[], field: SourceField): number {
  const name = field.path[0] ?? field.name
  const position = columns.findIndex((column) => column.name === name)
  assert(position >= 0, `column ${name} is stored`)
  return position
}
