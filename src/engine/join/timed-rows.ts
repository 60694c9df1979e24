import { must } from '../../core/assert.ts'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import type { EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import { EntryChanges } from '../entry-journal.ts'
import type { EntryCodec } from '../keyed-table.ts'

/** A row of one side of an interval join. */
export interface TimedRow {
  readonly row: Row
  readonly time: EventTimeMs
  /** It has come out, with a match or alone. Kept only of sides whose rows come out alone. */
  matched: boolean
}

/** The rows of a key in a span of time, in order of arrival. */
export interface TimedRows {
  readonly rows: TimedRow[]
  /** Rows that came, and the places of rows that have come out. */
  readonly changes: EntryChanges<TimedChange>
}

/** A row that came, or a number that says what else has changed. */
export type TimedChange = TimedRow | number

export function newTimedRows(rows: TimedRow[]): TimedRows {
  return { rows, changes: new EntryChanges() }
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

/** Bytes: for each change 0 and its number, or the length of a row and that. Stored for ever: never change a form. */
export function timedChangesCodec(input: Schema) {
  const codec = timedRowsCodec(input)
  return {
    write: (writer: ByteWriter, changes: readonly TimedChange[]): void => {
      for (const change of changes) {
        const bytes = typeof change === 'number' ? undefined : codec.encode([change])
        writer.varint(bytes?.length ?? 0)
        if (typeof change === 'number') writer.varint(change)
        else if (bytes !== undefined) writer.raw(bytes)
      }
    },
    *read(reader: ByteReader): Iterable<TimedChange> {
      while (reader.remaining > 0) {
        const length = reader.varint('the length of a row')
        if (length === 0) yield reader.varint('a change')
        else yield* codec.decode(reader.raw(length, 'a row'))
      }
    },
  }
}

/** As `timedRowsCodec`, which it was before changes were written by themselves. */
export function timedEntryCodec(input: Schema): EntryCodec<TimedRows> {
  const codec = timedRowsCodec(input)
  const changesCodec = timedChangesCodec(input)
  const writer = new ByteWriter()
  return {
    encode: ({ rows }) => codec.encode(rows),
    decode: (bytes) => newTimedRows(codec.decode(bytes)),
    changes: {
      of: ({ changes }) => changes,
      encode: ({ changes }) => {
        writer.length = 0
        changesCodec.write(writer, changes.noted ?? [])
        return writer.take()
      },
      apply: ({ rows }, bytes) => {
        for (const change of changesCodec.read(new ByteReader(bytes))) {
          if (typeof change !== 'number') rows.push(change)
          else must(rows[change], 'a row that has come out is there').matched = true
        }
      },
    },
  }
}
