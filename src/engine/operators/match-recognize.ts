import { must } from '../../core/assert.ts'
import { type Batch, BatchBuilder } from '../../core/batch.ts'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { type DurationMs, END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { MatchRecognizeStep } from '../../plan/physical/match-steps.ts'
import type { EvalContext } from '../expression/compile.ts'
import { type TimedRow, timedRowsCodec } from '../join/timed-rows.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyTimers, type TimerBucket } from '../key-timers.ts'
import { type EntryCodec, KeyedTable } from '../keyed-table.ts'
import { lastOf, MatchRows } from '../match/match-rows.ts'
import { type KeptRow, Matcher, type MatchRules } from '../match/matcher.ts'
import { patternStates } from '../match/pattern-states.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { LateRows } from './late-rows.ts'
import { forRowsInTime, horizonOf } from './rows-in-time.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * MATCH_RECOGNIZE: one row for each run of rows of a key that a pattern describes. A row is looked at when the
 * watermark says that none before it is to come; among those of one time the first to arrive comes first. One that
 * comes behind the watermark is late, and part of no match.
 *
 * A match has the event time of its last row. Where later rows decide whether it is one, the watermark that goes on
 * waits for it.
 *
 * State: by key the rows since the first match that is under way, and those that wait behind them; partial matches
 * are found again from the rows. A timer for each millisecond in which a row waits and for when WITHIN is over, and
 * one for each match that is found and not decided.
 */
export class MatchRecognize implements Operator {
  readonly #step: MatchRecognizeStep
  readonly #input: Schema
  readonly #key: KeyColumns
  readonly #rules: MatchRules
  readonly #builder: BatchBuilder
  readonly #expiryMs: DurationMs
  #out: Output | undefined
  #context: OperatorContext | undefined
  #late: LateRows | undefined
  #table: KeyedTable<KeyState> | undefined
  #waiting: KeyTimers | undefined
  #expiry: KeyTimers | undefined
  #holds: KeyTimers | undefined
  /** Of the earliest match that the watermark waits for, if it still does. */
  #hold: TimerBucket | undefined
  #watermark: EventTimeMs = NO_WATERMARK
  readonly #found: FoundRow[] = []

  constructor(step: MatchRecognizeStep, input: Schema, clock: EvalContext) {
    this.#step = step
    this.#input = input
    this.#key = keyColumnsOf(step.keys, input)
    this.#rules = { step, states: patternStates(step.pattern), rows: new MatchRows(step, input, clock) }
    this.#expiryMs = Math.max(1, Math.min(EXPIRY_MS_MAX, Math.floor((step.withinMs ?? 0) / EXPIRIES_PER_WITHIN)))
    this.#builder = new BatchBuilder(step.schema.fields.length, (batch) => this.#out?.emit(batch))
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#watermark = context.restoredWatermark
    this.#late = new LateRows(this.#step.latePolicy, context)
    this.#table = new KeyedTable(context.store('rows'), this.#key, keyStateCodec(this.#input), context)
    this.#waiting = new KeyTimers(context.store('waiting'), this.#key, 1, context)
    this.#expiry = new KeyTimers(context.store('expiry'), this.#key, this.#expiryMs, context)
    this.#holds = new KeyTimers(context.store('holds'), this.#key, 1, context)
  }

  onBatch(_port: number, batch: Batch): void {
    forRowsInTime(batch, this.#watermark, this.#late, this.#context, (row, time) => this.#add(batch, row, time))
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    this.#out = out
    this.#watermark = watermark
    const horizon = horizonOf(watermark)
    for (const values of this.#dueKeys(horizon)) this.#advance(values, horizon)
    // By when each was decided, then by key, then by its begin.
    for (const { row, time } of this.#found.sort((a, b) => a.decidedAt - b.decidedAt)) this.#builder.push(row, time)
    this.#found.length = 0
    this.#builder.flush()
  }

  /** A row waits for the end of its millisecond, and a match for what may replace it. */
  outputWatermark(watermark: EventTimeMs): EventTimeMs {
    return Math.min(horizonOf(watermark), this.#heldTime())
  }

  onBarrier(): void {
    this.#state.flush()
    for (const timers of [this.#waitingTimers, this.#expiryTimers, this.#holdTimers]) timers.flush()
  }

  onCommitted(): void {
    this.#state.evict()
    for (const timers of [this.#waitingTimers, this.#expiryTimers, this.#holdTimers]) timers.evict()
  }

  get #state(): KeyedTable<KeyState> {
    return must(this.#table, 'operator is open')
  }

  get #waitingTimers(): KeyTimers {
    return must(this.#waiting, 'operator is open')
  }

  get #expiryTimers(): KeyTimers {
    return must(this.#expiry, 'operator is open')
  }

  get #holdTimers(): KeyTimers {
    return must(this.#holds, 'operator is open')
  }

  #add(batch: Batch, row: number, time: EventTimeMs): void {
    const table = this.#state
    const namespace = table.namespace(0)
    const values = this.#key.valuesAt(batch.columns, row)
    const key = this.#key.keyAt(batch.columns, row)
    const entry = table.get(namespace, key, batch.columns, row)
    const timed: TimedRow = { row: batch.row(row), time, matched: false }
    if (entry === undefined) {
      table.insert(namespace, key, values, newKeyState([], [timed]))
      this.#waitingTimers.add(time, values)
      return
    }
    const { waiting } = entry.value
    if (waiting.length >= WAITING_ROWS_MAX) {
      throw new EvaluationError(`MATCH_RECOGNIZE holds its maximum of ${WAITING_ROWS_MAX} rows that wait for one key`)
    }
    let at = waiting.length
    while (at > 0 && (waiting[at - 1] as TimedRow).time > time) at--
    const before = at > 0 ? Math.floor((waiting[at - 1] as TimedRow).time) : undefined
    waiting.splice(at, 0, timed)
    if (before !== Math.floor(time)) this.#waitingTimers.add(time, values)
    if (!entry.dirty) table.touch(namespace, entry)
  }

  /** In the order of the keys, each once. */
  #dueKeys(horizon: EventTimeMs): readonly Row[] {
    const keys = new Map<unknown, Row>()
    const add = (timers: KeyTimers, until: EventTimeMs): void => {
      for (const bucket of timers.take(until)) {
        for (const values of timers.keysOf(bucket)) keys.set(this.#key.keyOf(values), values)
        timers.release(bucket)
      }
    }
    // A millisecond is over when the watermark has reached the next one.
    add(this.#waitingTimers, horizon - 1)
    add(this.#expiryTimers, horizon)
    if (horizon !== END_OF_TIME) return [...keys.values()].sort(this.#key.compare)
    // What waited for a row that is not to come is decided now.
    return Array.from(this.#state.entriesOf(this.#state.namespace(0)), ({ values }) => values)
  }

  /** The rows of one key that wait no more. */
  #advance(values: Row, horizon: EventTimeMs): void {
    const table = this.#state
    const namespace = table.namespace(0)
    const entry = table.getByValues(namespace, values)
    if (entry === undefined) return
    const state = entry.value
    const { kept, waiting } = state
    const matcher = this.#matcherOf(state, values)
    let done = 0
    while (done < waiting.length && (waiting[done] as TimedRow).time < horizon) {
      const { row, time } = waiting[done++] as TimedRow
      matcher.add(row, time)
    }
    waiting.splice(0, done)
    matcher.expire(horizon)
    if (kept.length === 0 && waiting.length === 0) {
      table.delete(namespace, entry)
      return
    }
    this.#remind(state, matcher, values, horizon)
    if (!entry.dirty) table.touch(namespace, entry)
  }

  #remind(state: KeyState, { openUntil, heldTime }: Matcher, values: Row, horizon: EventTimeMs): void {
    // One reminder a key: when it comes and is too early, that is when the next is made.
    if (openUntil !== undefined && (state.reminder ?? NO_WATERMARK) <= horizon) {
      state.reminder = this.#expiryTimers.add(openUntil + this.#expiryMs, values).time
    }
    if (heldTime !== undefined && heldTime !== state.heldTime) this.#holdTimers.add(heldTime, values)
    state.heldTime = heldTime
  }

  /** Of a key that was not in memory, from its rows. */
  #matcherOf(state: KeyState, values: Row): Matcher {
    if (state.matcher !== undefined) return state.matcher
    const matcher = new Matcher(this.#rules, state.kept, {
      found: (match, rows, decidedAt) => {
        const last = rows.rowAt(lastOf(match))
        try {
          const row = [...values, ...this.#rules.rows.measure(match, rows)]
          this.#found.push({ row, time: last.time, decidedAt })
        } catch (error) {
          if (!(error instanceof EvaluationError)) throw error
          this.#context?.deadLetter(error.reason, last.row)
        }
      },
      failed: (reason, row) => this.#context?.deadLetter(reason, row),
    })
    state.matcher = matcher
    // Its timer is where its rows are.
    state.heldTime = matcher.heldTime
    return matcher
  }

  /** Event time of the earliest match that is found and not decided. Timers of those that have been are let go. */
  #heldTime(): EventTimeMs {
    const timers = this.#holdTimers
    for (;;) {
      if (this.#hold === undefined) {
        const next = timers.nextTime
        if (next === undefined) return END_OF_TIME
        this.#hold = timers.take(next)[0]
        continue
      }
      for (const values of timers.keysOf(this.#hold)) if (this.#isHeld(values, this.#hold.time)) return this.#hold.time
      timers.release(this.#hold)
      this.#hold = undefined
    }
  }

  #isHeld(values: Row, time: number): boolean {
    const table = this.#state
    const entry = table.getByValues(table.namespace(0), values)
    const held = entry && this.#matcherOf(entry.value, values).heldTime
    return held !== undefined && Math.floor(held) === time
  }
}

/** State of a key is loaded and written as a whole, so it has to stay small. */
export const WAITING_ROWS_MAX = 100_000
/** What WITHIN has ended is noticed at most this part of it later, */
const EXPIRIES_PER_WITHIN = 16
/** and at most this much. */
const EXPIRY_MS_MAX = 1_000

interface FoundRow {
  readonly row: Row
  readonly time: EventTimeMs
  readonly decidedAt: EventTimeMs
}

interface KeyState {
  /** Rows that may be part of a match. */
  readonly kept: KeptRow[]
  /** Rows that wait for the watermark, in the order of their times. */
  readonly waiting: TimedRow[]
  /** It has seen those that are kept; undefined where they come from a store. */
  matcher: Matcher | undefined
  /** What there are timers for: when to look whether WITHIN is over, and the earliest match that is not decided. */
  reminder: EventTimeMs | undefined
  heldTime: EventTimeMs | undefined
}

function newKeyState(kept: KeptRow[], waiting: TimedRow[]): KeyState {
  return { kept, waiting, matcher: undefined, reminder: undefined, heldTime: undefined }
}

/**
 * Bytes: how many rows are kept as a varint, then those, then those that wait. Stored for ever: never change a form.
 */
function keyStateCodec(input: Schema): EntryCodec<KeyState> {
  const rowsCodec = timedRowsCodec(input)
  const writer = new ByteWriter()
  return {
    encode: ({ kept, waiting }) => {
      writer.length = 0
      writer.varint(kept.length)
      writer.raw(rowsCodec.encode([...kept.map((one) => ({ ...one, matched: false })), ...waiting]))
      return writer.take()
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      const kept = reader.varint('how many rows are kept')
      const rows = rowsCodec.decode(reader.raw(reader.remaining, 'the rows'))
      return newKeyState(rows.slice(0, kept), rows.slice(kept))
    },
  }
}
