import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import type { EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { EntryCodec } from '../keyed-table.ts'

/** A row of one side of an interval join. */
export interface TimedRow {
  readonly row: Row
  readonly time: EventTimeMs
  /** It has come out, with a match or alone. Kept only of sides whose rows come out alone. */
  matched: boolean
}

/**
 * The rows of a key in a span of time, in order of arrival. Bytes: for each row its time as a double, 1 for matched or
 * 0, its length and the row. Stored for ever: never change a form.
 */
export function timedRowsCodec({ fields }: Schema): EntryCodec<TimedRow[]> {
  const codec = rowCodec(fields.map((field) => field.type))
  const writer = new ByteWriter()
  return {
    encode: (rows) => {
      writer.length = 0
      for (const { row, time, matched } of rows) {
        const bytes = codec.encode(row)
        writer.doubleLittleEndian(time)
        writer.byte(matched ? 1 : 0)
        writer.varint(bytes.length)
        writer.raw(bytes)
      }
      return writer.take()
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      const rows: TimedRow[] = []
      while (reader.remaining > 0) {
        const time = reader.doubleLittleEndian('the time of a row')
        const matched = reader.byte('whether a row is matched') === 1
        rows.push({ row: codec.decode(reader.raw(reader.varint('the length of a row'), 'a row')), time, matched })
      }
      return rows
    },
  }
}
