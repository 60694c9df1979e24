import { Batch, CHANGE_KIND_NAMES, type ChangeKind, INSERT, UPDATE_BEFORE } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import { NO_WATERMARK } from '../../core/time.ts'
import { type SqlType, STRING } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'
import type { ScanStep, SinkStep, Step } from '../../plan/physical/nodes.ts'
import { CheckedOperator } from '../checks/checked-operator.ts'
import { newMetrics, type Operator } from '../operator.ts'
import { createOperator } from '../operators/create-operator.ts'
import { type TestContext, testContext } from './context.ts'
import { TestStores } from './stores.ts'

/** What happens to an operator in a spec. Rows that follow each other may come in one batch. */
export type Action =
  | { readonly row: Row; readonly time: number; readonly kind?: ChangeKind }
  | { readonly watermark: number }
  /** Processing time has come. */
  | { readonly now: number }
  | { readonly checkpoint: 'keep' | 'restart' | 'crash' }

export interface DriveOptions {
  /** Rows in a batch at most. */
  readonly batchRows?: number
  readonly entriesMax?: number
  /** A checkpoint after every so many actions, then a restart from it. */
  readonly restartEvery?: number
}

export interface Driven {
  /** One line a row: `+I a 0 10 3 @9`. */
  readonly output: readonly string[]
  /** Side output, without change kinds. */
  readonly late: readonly string[]
  readonly failures: readonly string[]
  readonly context: TestContext
  readonly stores: TestStores
}

export type OperatorStep = Exclude<Step, ScanStep | SinkStep>

/** Runs an operator, its contract checked at every call. */
export function drive(
  step: OperatorStep,
  input: Schema,
  actions: readonly Action[],
  options: DriveOptions = {},
): Driven {
  const run = new Drive(step, input, options)
  for (const [i, action] of actions.entries()) {
    run.act(action)
    const { restartEvery } = options
    const isHalfUpdate = 'row' in action && action.kind === UPDATE_BEFORE
    if (restartEvery !== undefined && (i + 1) % restartEvery === 0 && !isHalfUpdate) run.act({ checkpoint: 'restart' })
  }
  run.flush()
  const late = run.contexts.flatMap(({ lateBatches }) => lateBatches.flatMap(linesOf))
  const failures = run.contexts.flatMap((context) => context.failures.map(({ reason, row }) => `${reason}: ${row}`))
  return { output: run.output, late, failures, context: run.context, stores: run.stores }
}

class Drive {
  readonly output: string[] = []
  readonly contexts: TestContext[] = []
  readonly stores = new TestStores()
  context: TestContext
  readonly #step: OperatorStep
  readonly #input: Schema
  readonly #options: DriveOptions
  readonly #clock = { nowMs: 0 }
  readonly #metrics = newMetrics()
  #operator: Operator
  #watermark = NO_WATERMARK
  #epoch = 0
  #committedLines = 0
  #committedWatermark = NO_WATERMARK
  #pending: { row: Row; time: number; kind: ChangeKind }[] = []

  constructor(step: OperatorStep, input: Schema, options: DriveOptions) {
    this.#step = step
    this.#input = input
    this.#options = options
    this.context = this.#newContext()
    this.#operator = this.#open()
  }

  act(action: Action): void {
    if ('row' in action) {
      this.#pending.push({ row: action.row, time: action.time, kind: action.kind ?? INSERT })
      const isHalfUpdate = action.kind === UPDATE_BEFORE
      if (this.#pending.length >= (this.#options.batchRows ?? 1) && !isHalfUpdate) this.flush()
      return
    }
    this.flush()
    if ('watermark' in action) {
      if (action.watermark <= this.#watermark) return
      this.#watermark = action.watermark
      this.#operator.onWatermark?.(action.watermark, this)
      this.#operator.outputWatermark?.(action.watermark)
    } else if ('now' in action) {
      this.#clock.nowMs = action.now
      this.#operator.onTime?.(action.now, this)
      this.#operator.outputWatermark?.(this.#watermark)
    } else this.#checkpoint(action.checkpoint)
  }

  flush(): void {
    if (this.#pending.length === 0) return
    const rows = this.#pending
    this.#pending = []
    const hasChanges = rows.some(({ kind }) => kind !== INSERT)
    this.#operator.onBatch(
      0,
      Batch.ofRows(
        rows.map(({ row }) => row),
        rows.map(({ time }) => time),
        hasChanges ? rows.map(({ kind }) => kind) : undefined,
      ),
      this,
    )
  }

  emit(batch: Batch): void {
    this.output.push(...changeLinesOf(batch))
  }

  #checkpoint(after: 'keep' | 'restart' | 'crash'): void {
    if (after === 'crash') {
      this.stores.crash()
      this.output.length = this.#committedLines
      this.#watermark = this.#committedWatermark
    } else {
      this.#epoch++
      this.#operator.onBarrier?.(this.#epoch, this)
      this.stores.commit()
      this.#committedLines = this.output.length
      this.#committedWatermark = this.#watermark
      this.#operator.onCommitted?.()
    }
    if (after === 'keep') return
    this.#metrics.stateEntries = 0
    this.context = this.#newContext()
    this.#operator = this.#open()
  }

  #newContext(): TestContext {
    const context = testContext({
      stores: this.stores,
      metrics: this.#metrics,
      restoredWatermark: this.#watermark,
      ...(this.#options.entriesMax === undefined ? {} : { entriesMax: this.#options.entriesMax }),
    })
    this.contexts.push(context)
    return context
  }

  #open(): Operator {
    const operator = createOperator(this.#step, [this.#input], this.#clock)
    const checked = new CheckedOperator(operator, this.#step, [this.#input])
    checked.open(this.context)
    if (this.#clock.nowMs > 0) checked.onTime(this.#clock.nowMs, this)
    return checked
  }
}

export function changeLinesOf(batch: Batch): string[] {
  return linesOf(batch).map((line, i) => `${CHANGE_KIND_NAMES[batch.kind(i)]} ${line} @${batch.times[i]}`)
}

function linesOf(batch: Batch): string[] {
  return Array.from({ length: batch.length }, (_, i) => batch.row(i).map(text).join(' '))
}

function text(value: Value): string {
  return value === null ? 'NULL' : String(value)
}

/** A schema of nullable columns, from `name: type`; the column `ts` is the event time. */
export function schemaOf(columns: Readonly<Record<string, SqlType>>, rest: Partial<Schema> = {}): Schema {
  const names = Object.keys(columns)
  const timeColumn = names.indexOf('ts')
  return {
    fields: names.map((name) => ({ name, type: columns[name] ?? STRING, nullable: true })),
    key: [],
    timeColumn: timeColumn < 0 ? undefined : timeColumn,
    mode: 'append',
    ...rest,
  }
}
