import { NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { Accumulators, AggregateSet } from '../aggregate/aggregate-set.ts'
import type { EntryCodec } from '../keyed-table.ts'

/** What an aggregate keeps of one group: a key, or a key in one window. */
export interface GroupState {
  accumulators: Accumulators
  /** Rows in the group; kept only where rows can be taken away, to know when the group is gone. */
  rows: number
  /** Result that downstream saw last, taken before the first change since; undefined when it saw none. Not stored. */
  before: Row | undefined
  /** In the list of changed groups. Not stored: changes go out before each barrier. */
  changed: boolean
  /** Latest event time of the rows since it was emitted last. Not stored. */
  time: number
  /** For a TTL. */
  touchedMs: number
}

export function newGroup(accumulators: Accumulators): GroupState {
  return { accumulators, rows: 0, before: undefined, changed: false, time: Number.NaN, touchedMs: NO_WATERMARK }
}

/**
 * Bytes: rows and last touch as doubles where they are kept, then the accumulators. Stored for ever: never change a
 * form.
 */
export function groupCodec(
  aggregates: AggregateSet,
  keeps: { readonly rows: boolean; readonly touched: boolean },
): EntryCodec<GroupState> {
  const head = (keeps.rows ? 8 : 0) + (keeps.touched ? 8 : 0)
  return {
    encode: (state) => {
      const accumulators = aggregates.encode(state.accumulators)
      if (head === 0) return accumulators
      const bytes = new Uint8Array(head + accumulators.length)
      const view = new DataView(bytes.buffer)
      if (keeps.rows) view.setFloat64(0, state.rows)
      if (keeps.touched) view.setFloat64(head - 8, state.touchedMs)
      bytes.set(accumulators, head)
      return bytes
    },
    decode: (bytes) => {
      const state = newGroup(aggregates.decode(bytes.subarray(head)))
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      if (keeps.rows) state.rows = view.getFloat64(0)
      if (keeps.touched) state.touchedMs = view.getFloat64(head - 8)
      return state
    },
  }
}
