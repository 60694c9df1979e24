import { unreachable } from '../../core/assert.ts'
import type { Value } from '../../core/value.ts'
import type { RecordChunk, SourceReader } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'
import { partitionMissing, positionInvalid } from '../log-rules.ts'
import { type ColumnGenerator, columnGenerator } from './column-generators.ts'
import { type DatagenOptions, datagenOptions, eventRate } from './datagen-options.ts'
import { hash, uniform } from './random.ts'

/**
 * Generated rows, as columns, without bytes. A position is a row number, and a row follows from its number, so reading
 * again gives the same rows; only the pace follows the clock: it starts anew with each run, at the row where it goes
 * on.
 */
export class DatagenReader implements SourceReader {
  readonly #options: DatagenOptions
  readonly #fields: readonly SourceField[]
  readonly #generators: readonly (ColumnGenerator | undefined)[]
  /** When row 0 would have come at this run's pace; known with the first read. */
  #originMs: number | undefined
  /** By partition: the row that a read wanted and that is not due yet. */
  readonly #waiting = new Map<number, number>()

  constructor(options: Readonly<Record<string, string>>, fields: readonly SourceField[], _nowMs = 0) {
    this.#options = datagenOptions(options)
    this.#fields = fields
    this.#generators = fields.map((field) =>
      field.from === 'value'
        ? columnGenerator(field.path[0] ?? field.name, field.type, options, this.#options.seed)
        : undefined,
    )
  }

  get partitions(): readonly number[] {
    return Array.from({ length: this.#options.partitions }, (_, partition) => partition)
  }

  startOffset(): number {
    return 0
  }

  read(partition: number, offset: number, recordsMax: number, nowMs: number): RecordChunk | undefined {
    const { partitions } = this.#options
    if (!this.partitions.includes(partition)) throw partitionMissing('datagen', partition, partitions)
    if (!Number.isSafeInteger(offset) || offset < 0) throw positionInvalid('datagen', offset)
    const ends = this.#rowsOf(partition)
    const due = Math.min(this.#due(partition, offset, nowMs), offset + recordsMax)
    const count = Math.max(0, Math.min(due, ends) - offset)
    if (count > 0 || offset >= ends) {
      this.#waiting.delete(partition)
      return this.#chunk(partition, offset, count, offset + count >= ends)
    }
    this.#waiting.set(partition, offset * partitions + partition)
    return undefined
  }

  lag(partition: number, offset: number): number | undefined {
    if (this.#options.rows === Number.MAX_SAFE_INTEGER) return undefined
    return Math.max(0, this.#rowsOf(partition) - offset)
  }

  /** Nothing comes but by time: see nextAvailableMs. */
  onAvailable(): () => void {
    return () => {}
  }

  nextAvailableMs(nowMs: number): number | undefined {
    const { rowsPerSecond } = this.#options
    if (rowsPerSecond === undefined || this.#originMs === undefined || this.#waiting.size === 0) return undefined
    const row = Math.min(...this.#waiting.values())
    return Math.max(nowMs, Math.ceil(this.#originMs + (row * 1000) / rowsPerSecond))
  }

  close(): void {}

  #rowsOf(partition: number): number {
    const { rows, partitions } = this.#options
    return Math.max(0, Math.ceil((rows - partition) / partitions))
  }

  /** The first offset of a partition that is not due. */
  #due(partition: number, offset: number, nowMs: number): number {
    const { rowsPerSecond, partitions } = this.#options
    if (rowsPerSecond === undefined) return Number.MAX_SAFE_INTEGER
    this.#originMs ??= nowMs - ((offset * partitions + partition) * 1000) / rowsPerSecond
    const rowsDue = Math.floor(((nowMs - this.#originMs) * rowsPerSecond) / 1000 + 1e-6) + 1
    return Math.ceil((rowsDue - partition) / partitions)
  }

  #chunk(partition: number, offset: number, count: number, end: boolean): RecordChunk {
    const { partitions } = this.#options
    const timestamps = new Float64Array(count)
    const offsets = new Float64Array(count)
    const columns: Value[][] = this.#fields.map(() => new Array<Value>(count))
    for (let i = 0; i < count; i++) {
      offsets[i] = offset + i
      timestamps[i] = this.#eventTime((offset + i) * partitions + partition)
    }
    for (let c = 0; c < columns.length; c++) {
      const generate = this.#generators[c]
      const column = columns[c] as Value[]
      const { from } = this.#fields[c] as SourceField
      for (let i = 0; i < count; i++) {
        column[i] =
          generate === undefined
            ? outsideValue(from, partition, offset + i, timestamps[i] as number)
            : generate((offset + i) * partitions + partition, timestamps[i] as number)
      }
    }
    const none = new Int32Array(count).fill(-1)
    return {
      partition,
      count,
      data: new Uint8Array(0),
      valueStart: none,
      valueEnd: none,
      keyStart: undefined,
      keyEnd: undefined,
      timestamps,
      offsets,
      nextOffset: offset + count,
      end,
      columns,
    }
  }

  #eventTime(row: number): number {
    const { seed, startMs, disorderMs, lateShare, lateByMs } = this.#options
    let time = startMs + Math.floor((row * 1000) / eventRate(this.#options))
    if (disorderMs > 0) time -= Math.floor(uniform(hash(seed, 3), row) * (disorderMs + 1))
    if (lateShare > 0 && uniform(hash(seed, 4), row) < lateShare) time -= lateByMs
    return time
  }
}

function outsideValue(from: SourceField['from'], partition: number, offset: number, timestamp: number): Value {
  switch (from) {
    case 'timestamp':
      return timestamp
    case 'offset':
      return offset
    case 'partition':
      return partition
    case 'key':
    case 'topic':
    case 'headers':
    case 'envelope':
    case 'value':
      return null
    default:
      return unreachable(from)
  }
}
