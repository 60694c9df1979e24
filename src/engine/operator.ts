import type { Batch } from '../core/batch.ts'
import type { EventTimeMs } from '../core/time.ts'
import type { Row } from '../core/value.ts'
import type { WatermarkPort } from './pipeline.ts'
import type { Found } from './ports/lookup.ts'
import type { StateStore } from './ports/state.ts'

/**
 * The contract of every operator.
 *
 * - Synchronous and deterministic: the same input in the same order on the same state gives the same output bytes.
 *   No clock, no random, no I/O: processing time comes as an argument, state through the context.
 * - A watermark w says that no row with an event time before w is still to come (late ones aside). An operator never
 *   emits a row behind its own output watermark.
 * - An update is two rows, -U directly followed by +U in the same batch, or one +U where the step says
 *   `retractions: false`.
 * - Between two barriers state may live as objects in memory; `onBarrier` writes what changed to the stores. What is
 *   not written by then does not exist after a restart.
 * - Batches that come in are read-only and may be kept only by copying.
 */
export interface Operator {
  /** Called once, before anything else. State that the checkpoint holds is there to be read. */
  open(context: OperatorContext): void
  onBatch(port: number, batch: Batch, out: Output): void
  /** The minimum over all ports has risen to `watermark`. Emitted rows go out before the watermark does. */
  onWatermark?(watermark: EventTimeMs, out: Output): void
  /** All inputs have become idle, or one of them is no longer. Emitted rows go out before downstream hears of it. */
  onIdle?(idle: boolean, out: Output): void
  /** The watermark that downstream sees; by default the same. Never falls. */
  outputWatermark?(watermark: EventTimeMs): EventTimeMs
  /** Processing time has moved. Called at most every few milliseconds, and when `nextTimeMs` has come. */
  onTime?(nowMs: number, out: Output): void
  /** When `onTime` must be called next, for windows of processing time and EVERY; undefined: not at all. */
  nextTimeMs?(): number | undefined
  /** Emit what is held back for a rate limit, then write changed state to the stores. */
  onBarrier?(epoch: number, out: Output): void
  /** The commit that followed the last onBarrier is durable: clean entries may be evicted now. */
  onCommitted?(): void
  close?(): void
  /** Ports whose watermarks count; all of them where it is left out. */
  readonly timedPorts?: readonly number[] | undefined
  /** Rows of the port would only be kept waiting: what feeds it is not read for now. `ports`: where all of them are. */
  holdsBack?(port: number, ports: readonly WatermarkPort[]): boolean
  /** Keys that rows wait for, which differ; undefined where no row waits. They are the same until they are `found`. */
  wanted?(): readonly Row[] | undefined
  /** What is under them, in their order; what waited goes with `release`. */
  found?(found: readonly Found[]): void
  /** Lets the next of what waited go, rows or a watermark; true while there is more. */
  release?(out: Output): boolean
  /** True when it will never emit again, whatever comes: a LIMIT that is reached. */
  readonly finished?: boolean
}

/** Where an operator's rows go. Emitting to an output runs the operators behind it before it returns. */
export interface Output {
  emit(batch: Batch): void
}

export interface OperatorContext {
  readonly operatorId: string
  /** The store of one table of this operator; the same one at each call. */
  store(table: string): StateStore
  /** Side output for rows that came too late; the batch has the columns that LatePolicy names. */
  late(batch: Batch): void
  /** A row that could not be computed (overflow, bad cast …): counted, and sent to the dead-letter stream. */
  deadLetter(reason: string, row: readonly unknown[]): void
  readonly metrics: OperatorMetrics
  readonly memory: MemoryBudget
  /** Name of the query, for _query columns and messages. */
  readonly query: string
  /** Event time of the checkpoint that this task was restored from; NO_WATERMARK for a new one. */
  readonly restoredWatermark: EventTimeMs
}

/** Plain counters, written by operators and read by telemetry. */
export interface OperatorMetrics {
  rowsIn: number
  rowsOut: number
  /** Rows (per window) behind watermark and allowed lateness: dropped or sent to the side output. */
  rowsLate: number
  rowsDuplicate: number
  rowsFailed: number
  /** Rows of a stream that wait for the watermark of a table. */
  rowsWaiting: number
  /** Rows that had waited long enough for one that stands still, and went on with what was known. */
  rowsOverdue: number
  stateEntries: number
  /** Entries that the next barrier writes, about. */
  stateDirty: number
  stateLoads: number
  /** Time that it has worked, ms, without the operators behind it; of a scan, with decoding. */
  busyMs: number
}

export function newMetrics(): OperatorMetrics {
  return {
    rowsIn: 0,
    rowsOut: 0,
    rowsLate: 0,
    rowsDuplicate: 0,
    rowsFailed: 0,
    rowsWaiting: 0,
    rowsOverdue: 0,
    stateEntries: 0,
    stateDirty: 0,
    stateLoads: 0,
    busyMs: 0,
  }
}

/** How much an operator may keep in memory before clean entries are evicted to the store. */
export interface MemoryBudget {
  readonly entriesMax: number
}
