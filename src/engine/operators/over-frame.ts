import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { Schema } from '../../core/schema.ts'
import type { OverFrame } from '../../plan/physical/over-step.ts'
import type { Accumulators, AggregateSet } from '../aggregate/aggregate-set.ts'
import { type TimedRow, timedRowsCodec } from '../join/timed-rows.ts'
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
  readonly accumulators: Accumulators
}

/**
 * Bytes: how many rows have come out and the length of the accumulators as varints, those, then the rows. A row's
 * `matched` says that it is not as most are: in the accumulators if it has come out, and not if it waits. Stored for
 * ever: never change a form.
 */
export function frameCodec(input: Schema, aggregates: AggregateSet, { following = 0 }: OverFrame): EntryCodec<Frame> {
  const rowsCodec = timedRowsCodec(input)
  const writer = new ByteWriter()
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
      const accumulators = aggregates.decode(reader.raw(reader.varint('the length of aggregates'), 'aggregates'))
      const rows = rowsCodec.decode(reader.raw(reader.remaining, 'rows'))
      const isIn = ({ matched }: TimedRow, at: number) => at < done !== matched
      const from = rows.findIndex(isIn)
      const to = rows.findLastIndex(isIn) + 1
      if (from >= 0) return { done, from, to, accumulators, rows }
      // None is. Of a frame that ends before its row those that came out are still to go in, of others they have gone.
      const next = following < 0 ? 0 : done
      return { done, from: next, to: next, accumulators, rows }
    },
  }
}
