// What a source does to the rows of a chunk before they are batches.

import { type Batch, type Column, UPDATE_AFTER, UPDATE_BEFORE } from '../core/batch.ts'
import type { Value } from '../core/value.ts'
import type { ProjectedRows } from './expression/rows.ts'
import type { DecodedRows } from './ports/format.ts'
import type { RecordChunk } from './ports/log.ts'

/** True for -U with its +U behind it: both go on in one batch. */
export function isPair({ kinds }: DecodedRows, row: number): boolean {
  return kinds !== undefined && kinds[row] === UPDATE_BEFORE && kinds[row + 1] === UPDATE_AFTER
}

/** The +U is in the next chunk, and with it the -U comes again. A chunk of nothing else has to be taken as it is. */
export function endsInHalfAnUpdate({ kinds, length, records }: DecodedRows, { count, end }: RecordChunk): boolean {
  return !end && length > 1 && kinds?.[length - 1] === UPDATE_BEFORE && records[length - 1] === count - 1
}

export function withoutLast(rows: DecodedRows): DecodedRows {
  const length = rows.length - 1
  return {
    ...rows,
    length,
    columns: rows.columns.map((column) => column.slice(0, length)),
    records: rows.records.subarray(0, length),
    kinds: rows.kinds?.subarray(0, length),
    ...(rows.times === undefined ? {} : { times: rows.times.subarray(0, length) }),
  }
}

/** Chunks that come as values need no decoder: every record is a row. */
export function decodedColumns(chunk: RecordChunk): DecodedRows {
  const records = new Int32Array(chunk.count)
  for (let i = 0; i < chunk.count; i++) records[i] = i
  return {
    length: chunk.count,
    columns: (chunk.columns ?? []) as Value[][],
    records,
    kinds: chunk.kinds,
    bad: [],
  }
}

/** Without a declared event time a row's time is what it brings with it, else that of its record. */
export function withTimes(
  batch: Batch,
  chunk: RecordChunk,
  records: Int32Array,
  times: Float64Array | undefined,
): Batch {
  if (times !== undefined && times.length === batch.length) {
    batch.times.set(times)
    return batch
  }
  for (let i = 0; i < batch.length; i++) batch.times[i] = chunk.timestamps[records[i] as number] ?? Number.NaN
  return batch
}

export function spread(projected: ProjectedRows, length: number): Column {
  const out: Value[] = new Array(length).fill(null)
  projected.kept.forEach((row, i) => {
    out[row] = projected.columns[0]?.[i] ?? null
  })
  return out
}
