import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { Schema } from '../../core/schema.ts'
import type { OverFrame } from '../../plan/physical/over-step.ts'
import type { Accumulators, AggregateSet } from '../aggregate/aggregate-set.ts'
import { EntryChanges } from '../entry-journal.ts'
import { type TimedChange, type TimedRow, timedChangesCodec, timedRowsCodec } from '../join/timed-rows.ts'
import type { EntryCodec } from '../keyed-table.ts'

/** What OVER keeps of one key. */
export interface Frame {
  /** In the order of their times: those that have come out and are still needed, then those that wait. */
  readonly rows: TimedRow[]
  /** How many have come out. */
  done: number
  /** The aggregates hold the rows from this one; where none ever leaves them, also those that are gone. */
  from: number
  /** And up to before this one. */
  to: number
  accumulators: Accumulators
  /** Rows that came, and how many went from the front. */
  readonly changes: EntryChanges<TimedChange>
}

export function newFrame(accumulators: Accumulators): Frame {
  return { rows: [], done: 0, from: 0, to: 0, accumulators, changes: new EntryChanges() }
}

/** In the order of time, behind those of the same; returns the row before it. */
export function insertRow({ rows, changes }: Frame, row: TimedRow): TimedRow | undefined {
  let at = rows.length
  while (at > 0 && (rows[at - 1] as TimedRow).time > row.time) at--
  rows.splice(at, 0, row)
  changes.note(row)
  return rows[at - 1]
}

/** Rows that are needed no more. */
export function cutRows(frame: Frame, gone: number): void {
  if (gone === 0) return
  frame.rows.splice(0, gone)
  frame.changes.note(gone)
  frame.done -= gone
  frame.from = Math.max(0, frame.from - gone)
  frame.to -= gone
}

/**
 * Bytes: how many rows have come out and the length of the accumulators as varints, those, then the rows. A row's
 * `matched` says that it is not as most are: in the accumulators if it has come out, and not if it waits. Of changes: how
 * many rows have come out, which of them are in the accumulators, these, and then for each change 0 and how many rows
 * went, or the length of a row and that. Stored for ever: never change a form.
 */
export function frameCodec(input: Schema, aggregates: AggregateSet, { following = 0 }: OverFrame): EntryCodec<Frame> {
  const rowsCodec = timedRowsCodec(input)
  const changesCodec = timedChangesCodec(input)
  const writer = new ByteWriter()
  const readAccumulators = (reader: ByteReader): Accumulators =>
    aggregates.decode(reader.raw(reader.varint('the length of aggregates'), 'aggregates'))
  return {
    encode: ({ rows, done, from, to, accumulators }) => {
      const bytes = aggregates.encode(accumulators)
      for (const [at, row] of rows.entries()) row.matched = (at >= from && at < to) !== at < done
      const tail = rowsCodec.encode(rows)
      writer.length = 0
      writer.varint(done)
      writer.varint(bytes.length)
      writer.raw(bytes)
      writer.raw(tail)
      return writer.take()
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      const done = reader.varint('how many rows have come out')
      const frame = newFrame(readAccumulators(reader))
      const rows = rowsCodec.decode(reader.raw(reader.remaining, 'rows'))
      const isIn = ({ matched }: TimedRow, at: number) => at < done !== matched
      const from = rows.findIndex(isIn)
      const to = rows.findLastIndex(isIn) + 1
      if (from >= 0) return { ...frame, done, from, to, rows }
      // None is. Of a frame that ends before its row those that came out are still to go in, of others they have gone.
      const next = following < 0 ? 0 : done
      return { ...frame, done, from: next, to: next, rows }
    },
    changes: {
      of: ({ changes }) => changes,
      encode: ({ done, from, to, accumulators, changes }) => {
        const bytes = aggregates.encode(accumulators)
        writer.length = 0
        for (const number of [done, from, to, bytes.length]) writer.varint(number)
        writer.raw(bytes)
        changesCodec.write(writer, changes.noted ?? [])
        return writer.take()
      },
      apply: (frame, bytes) => {
        const reader = new ByteReader(bytes)
        const done = reader.varint('how many rows have come out')
        const from = reader.varint('the first row in the aggregates')
        const to = reader.varint('the last row in the aggregates')
        frame.accumulators = readAccumulators(reader)
        for (const change of changesCodec.read(reader)) {
          if (typeof change === 'number') cutRows(frame, change)
          else insertRow(frame, change)
        }
        Object.assign(frame, { done, from, to })
      },
    },
  }
}
