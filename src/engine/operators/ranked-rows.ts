import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { type Comparator, comparator, equalRows } from '../../core/compare.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row, Value } from '../../core/value.ts'
import type { SortKey } from '../../plan/physical/nodes.ts'
import { EntryChanges } from '../entry-journal.ts'
import type { EntryCodec } from '../keyed-table.ts'

/** One row of a partition with the event time that it came with. */
export interface RankedRow {
  readonly row: Row
  readonly time: EventTimeMs
}

/** The rows of a partition, best first; equal ones in order of arrival. */
export interface Partition {
  rows: RankedRow[]
  /** The first rows as downstream saw them last; undefined while nothing has changed since. Not stored. */
  shown: readonly RankedRow[] | undefined
  /** For a TTL. */
  touchedMs: number
  readonly changes: EntryChanges<RankedChange>
}

/** A row came, or went. */
interface RankedChange extends RankedRow {
  readonly came: boolean
}

/**
 * Rows that a partition may hold when all of them have to be kept, because those before them may be taken away. They
 * are in memory together.
 */
export const PARTITION_ROWS_MAX = 100_000

/** How the rows of a partition are ranked, changed and stored. */
export class Ranking {
  readonly #input: Schema
  readonly #orderBy: readonly SortKey[]
  readonly #comparators: readonly Comparator[]
  /** Rows behind this rank can never come forward: with an input of inserts only. */
  readonly #keptMax: number | undefined

  constructor(input: Schema, orderBy: readonly SortKey[], limit: number) {
    this.#input = input
    this.#orderBy = orderBy
    this.#comparators = orderBy.map(({ column, descending, nullsFirst }) =>
      comparator((input.fields[column] as Schema['fields'][number]).type, { descending, nullsFirst }),
    )
    this.#keptMax = input.mode === 'append' ? limit : undefined
  }

  /** True when the row is among those that are kept. Throws EvaluationError at the limit of a partition. */
  insert(partition: Partition, row: Row, time: EventTimeMs): boolean {
    const { rows } = partition
    const position = this.#upperBound(rows, row)
    if (this.#keptMax !== undefined) {
      if (position >= this.#keptMax) return false
    } else if (rows.length >= PARTITION_ROWS_MAX) {
      throw new EvaluationError(`partition holds its maximum of ${PARTITION_ROWS_MAX} rows`)
    }
    rows.splice(position, 0, { row, time })
    if (this.#keptMax !== undefined && rows.length > this.#keptMax) rows.pop()
    partition.changes.note({ row, time, came: true })
    return true
  }

  /** Takes a row away; false when there is none like it. */
  remove(partition: Partition, row: Row): boolean {
    const types = this.#input.fields.map((field) => field.type)
    for (let i = this.#upperBound(partition.rows, row) - 1; i >= 0; i--) {
      const candidate = partition.rows[i] as RankedRow
      if (equalRows(types, candidate.row, row)) {
        partition.rows.splice(i, 1)
        partition.changes.note({ ...candidate, came: false })
        return true
      }
      if (this.#compare(candidate.row, row) !== 0) return false
    }
    return false
  }

  /** Index of the first row that comes after `row`. */
  #upperBound(rows: readonly RankedRow[], row: Row): number {
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare((rows[middle] as RankedRow).row, row) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #compare(a: Row, b: Row): number {
    for (let i = 0; i < this.#orderBy.length; i++) {
      const { column } = this.#orderBy[i] as SortKey
      const order = (this.#comparators[i] as Comparator)(a[column] as Value, b[column] as Value)
      if (order !== 0) return order
    }
    return 0
  }
}

export function newPartition(): Partition {
  return { rows: [], shown: undefined, touchedMs: NO_WATERMARK, changes: new EntryChanges() }
}

/**
 * Bytes: last touch, then for each row its time, the length of its encoding and that; of changes the same, with 1 in
 * front of a row that came and 0 of one that went. Stored for ever: never change a form.
 */
export function partitionCodec(input: Schema, ranking: Ranking): EntryCodec<Partition> {
  const codec = rowCodec(input.fields.map((field) => field.type))
  const write = (writer: ByteWriter, { row, time }: RankedRow) => {
    const bytes = codec.encode(row)
    writer.doubleLittleEndian(time)
    writer.varint(bytes.length)
    writer.raw(bytes)
  }
  const read = (reader: ByteReader): RankedRow => {
    const time = reader.doubleLittleEndian('the time of a row')
    return { time, row: codec.decode(reader.raw(reader.varint('the length of a row'), 'a row')) }
  }
  return {
    encode: ({ rows, touchedMs }) => {
      const writer = new ByteWriter()
      writer.doubleLittleEndian(touchedMs)
      for (const ranked of rows) write(writer, ranked)
      return writer.take()
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      const partition = newPartition()
      partition.touchedMs = reader.doubleLittleEndian('the last touch of a partition')
      while (reader.remaining > 0) partition.rows.push(read(reader))
      return partition
    },
    changes: {
      of: ({ changes }) => changes,
      encode: ({ changes, touchedMs }) => {
        const writer = new ByteWriter()
        writer.doubleLittleEndian(touchedMs)
        for (const change of changes.noted ?? []) {
          writer.byte(change.came ? 1 : 0)
          write(writer, change)
        }
        return writer.take()
      },
      apply: (partition, bytes) => {
        const reader = new ByteReader(bytes)
        partition.touchedMs = reader.doubleLittleEndian('the last touch of a partition')
        while (reader.remaining > 0) {
          const came = reader.byte('whether a row came') === 1
          const { row, time } = read(reader)
          if (came) ranking.insert(partition, row, time)
          else ranking.remove(partition, row)
        }
      },
    },
  }
}
