import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { Accumulators, AggregateSet } from '../aggregate/aggregate-set.ts'
import type { EntryCodec } from '../keyed-table.ts'
import type { Span } from '../window/session.ts'

/** One session of a key. */
export interface Session extends Span {
  accumulators: Accumulators
  /** Rows in it; they matter only where rows can be taken away. */
  rows: number
  /** Rows that downstream has of this session and of those merged into it. Not stored: changes go out before. */
  shown: Row[]
  /** In the list of changes. Not stored. */
  changed: boolean
  /** Merged into another, or its last row taken away. */
  gone: boolean
}

/** The live sessions of a key, by start. */
export interface Sessions {
  list: Session[]
  /** When the key is to be looked at: not after the first of its sessions closes or expires. */
  timer: EventTimeMs | undefined
}

export function newSession({ start, last, end }: Span, accumulators: Accumulators): Session {
  return { start, last, end, accumulators, rows: 0, shown: [], changed: false, gone: false }
}

/**
 * Bytes: timer (NaN for none), then for each session start, last, end and rows as doubles, and the length of its
 * accumulators before them. Stored for ever: never change a form.
 */
export function sessionsCodec(aggregates: AggregateSet): EntryCodec<Sessions> {
  const writer = new ByteWriter()
  return {
    encode: ({ list, timer }) => {
      writer.length = 0
      writer.doubleLittleEndian(timer ?? Number.NaN)
      for (const session of list) {
        writer.doubleLittleEndian(session.start)
        writer.doubleLittleEndian(session.last)
        writer.doubleLittleEndian(session.end)
        writer.doubleLittleEndian(session.rows)
        const bytes = aggregates.encode(session.accumulators)
        writer.varint(bytes.length)
        writer.raw(bytes)
      }
      return writer.take()
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      const timer = reader.doubleLittleEndian('the timer of a key')
      const list: Session[] = []
      while (reader.remaining > 0) {
        const start = reader.doubleLittleEndian('the start of a session')
        const last = reader.doubleLittleEndian('the last row of a session')
        const end = reader.doubleLittleEndian('the end of a session')
        const rows = reader.doubleLittleEndian('the rows of a session')
        const state = reader.raw(reader.varint('the length of a session'), 'a session')
        list.push({ ...newSession({ start, last, end }, aggregates.decode(state)), rows })
      }
      return { list, timer: Number.isNaN(timer) ? undefined : timer }
    },
  }
}
