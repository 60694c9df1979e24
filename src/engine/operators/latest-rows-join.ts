import { must } from '../../core/assert.ts'
import { type Batch, BatchBuilder, isRetraction, UPDATE_BEFORE } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { TemporalJoinStep } from '../../plan/physical/join-steps.ts'
import type { EvalContext } from '../expression/compile.ts'
import { hasNullKey, JoinRows } from '../join/join-rows.ts'
import { checkRoom, Identity, newTableRows, type TableRows, tableRowsCodec } from '../join/table-rows.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyedTable } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import type { WatermarkPort } from '../pipeline.ts'
import { keyColumnsOf } from './window-groups.ts'

const STREAM = 0
const TABLE = 1

/**
 * A stream with all rows of a table that match it now: the table is kept by the columns of the join, of whose values
 * several rows may have the same. The stream is held back until the table is loaded, as by a LatestJoin.
 *
 * State: by value of the join the rows that have it, in the order in which they came to have it.
 */
export class LatestRowsJoin implements Operator {
  readonly #step: TemporalJoinStep
  readonly #right: Schema
  readonly #leftKey: KeyColumns
  readonly #rightKey: KeyColumns
  readonly #identity: Identity
  readonly #rows: JoinRows
  readonly #builder: BatchBuilder
  #out: Output | undefined
  #context: OperatorContext | undefined
  #table: KeyedTable<TableRows> | undefined

  constructor(step: TemporalJoinStep, left: Schema, right: Schema, clock: EvalContext) {
    this.#step = step
    this.#right = right
    this.#leftKey = keyColumnsOf(step.leftKeys, left)
    this.#rightKey = keyColumnsOf(step.rightKeys, right)
    this.#identity = new Identity(right)
    this.#rows = new JoinRows(step, left, right, clock)
    this.#builder = new BatchBuilder(step.schema.fields.length, (batch) => this.#out?.emit(batch))
  }

  /** The table is as it is: only the stream's time counts. */
  readonly timedPorts = [STREAM]

  holdsBack(port: number, ports: readonly WatermarkPort[]): boolean {
    return port === STREAM && (ports[TABLE] as WatermarkPort).watermark === NO_WATERMARK
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#rows.open(context)
    const codec = tableRowsCodec(this.#right, this.#identity)
    this.#table = new KeyedTable(context.store('table'), this.#rightKey, codec, context)
  }

  onBatch(port: number, batch: Batch, out: Output): void {
    this.#out = out
    for (let row = 0; row < batch.length; row++) {
      if (port === STREAM) this.#lookUp(batch, row)
      else this.#change(batch, row)
    }
    this.#builder.flush()
  }

  onBarrier(): void {
    this.#state.flush()
  }

  onCommitted(): void {
    this.#state.evict()
  }

  get #state(): KeyedTable<TableRows> {
    return must(this.#table, 'operator is open')
  }

  #lookUp(batch: Batch, row: number): void {
    const { type } = this.#step
    const time = batch.times[row] as number
    const values = batch.row(row)
    const matches = this.#matchesOf(batch, row, values)
    if (type === 'semi' || type === 'anti') {
      if (matches.length > 0 === (type === 'semi')) this.#builder.push(values, time)
      return
    }
    for (const joined of matches) this.#builder.push(joined, time)
    if (matches.length === 0 && type === 'left') this.#builder.push(this.#rows.leftAlone(values), time)
  }

  #matchesOf(batch: Batch, row: number, values: Row): readonly Row[] {
    if (hasNullKey(this.#step.leftKeys, batch.columns, row)) return []
    const table = this.#state
    const entry = table.getByValues(table.namespace(0), this.#leftKey.valuesAt(batch.columns, row))
    const joined: Row[] = []
    for (const { row: found, count } of entry?.value.rows.values() ?? []) {
      const match = this.#rows.match(values, found)
      for (let i = 0; match !== undefined && i < count; i++) joined.push(match)
    }
    return joined
  }

  #change(batch: Batch, row: number): void {
    const { columns } = batch
    // A row without a value of its own to be looked up by is never found.
    if (hasNullKey(this.#step.rightKeys, columns, row)) return
    const values = batch.row(row)
    if (batch.kind(row) === UPDATE_BEFORE && this.#staysInPlace(batch, row, values)) return
    try {
      if (isRetraction(batch.kind(row))) this.#remove(batch, row, values)
      else this.#put(batch, row, values)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, values)
    }
  }

  /** The new row, which comes next, takes the place of the old one. */
  #staysInPlace(batch: Batch, row: number, values: Row): boolean {
    if (this.#right.key.length === 0 || row + 1 === batch.length) return false
    const sameKey = this.#rightKey.keyAt(batch.columns, row) === this.#rightKey.keyAt(batch.columns, row + 1)
    return sameKey && this.#identity.of(values) === this.#identity.of(batch.row(row + 1))
  }

  #put(batch: Batch, row: number, values: Row): void {
    const table = this.#state
    const namespace = table.namespace(0)
    const key = this.#rightKey.keyAt(batch.columns, row)
    const id = this.#identity.of(values)
    let entry = table.get(namespace, key, batch.columns, row)
    const known = entry?.value.rows.get(id)
    if (entry !== undefined && known === undefined) checkRoom(entry.value)
    entry ??= table.insert(namespace, key, this.#rightKey.valuesAt(batch.columns, row), newTableRows())
    if (known === undefined) entry.value.rows.set(id, { row: values, count: 1, matches: 0 })
    else {
      known.row = values
      // Without a key a row may be there several times.
      if (this.#right.key.length === 0) known.count++
    }
    entry.value.changes.note(values)
    if (!entry.dirty) table.touch(namespace, entry)
  }

  #remove(batch: Batch, row: number, values: Row): void {
    const table = this.#state
    const namespace = table.namespace(0)
    const entry = table.get(namespace, this.#rightKey.keyAt(batch.columns, row), batch.columns, row)
    const id = this.#identity.of(values)
    const known = entry?.value.rows.get(id)
    // It was refused.
    if (entry === undefined || known === undefined) return
    known.count--
    entry.value.changes.note(values)
    if (known.count === 0) entry.value.rows.delete(id)
    if (entry.value.rows.size === 0) table.delete(namespace, entry)
    else if (!entry.dirty) table.touch(namespace, entry)
  }
}
