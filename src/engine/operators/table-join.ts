import { must } from '../../core/assert.ts'
import { type Batch, isRetraction, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { TableJoinStep } from '../../plan/physical/join-steps.ts'
import type { EvalContext } from '../expression/compile.ts'
import { hasNullKey, JoinRows } from '../join/join-rows.ts'
import { checkRoom, Identity, newTableRows, type TableRow, type TableRows, tableRowsCodec } from '../join/table-rows.ts'
import type { KeyColumns } from '../key-columns.ts'
import { type Entry, KeyedTable } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { ChangeWriter, sameRow } from './change-writer.ts'
import { StateTtl } from './state-ttl.ts'
import { keyColumnsOf } from './window-groups.ts'

/** A row of the result before and after a change; undefined for none. */
type Change = [before: Row | undefined, after: Row | undefined]

/**
 * Two tables. Both are kept, by the columns of the join, and each change of a row of one side is a change of the result
 * for each row of the other that matches it before or after. A row that comes out without a match is taken back when it
 * finds its first one, and comes again when it has lost the last.
 *
 * An input that gives upserts tells its rows apart by its key, which the columns of the join are part of.
 */
export class TableJoin implements Operator {
  readonly #step: TableJoinStep
  readonly #rows: JoinRows
  readonly #writer: ChangeWriter
  readonly #left: Side
  readonly #right: Side
  #context: OperatorContext | undefined

  constructor(step: TableJoinStep, left: Schema, right: Schema, clock: EvalContext) {
    this.#step = step
    this.#rows = new JoinRows(step, left, right, clock)
    this.#writer = new ChangeWriter(step.schema.fields.length, step.retractions)
    this.#left = new Side('left', left, step.leftKeys, step.ttlMs, clock)
    this.#right = new Side('right', right, step.rightKeys, step.ttlMs, clock)
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#rows.open(context)
    this.#left.open(context)
    this.#right.open(context)
  }

  onBatch(port: number, batch: Batch, out: Output): void {
    this.#writer.to(out)
    const own = port === 0 ? this.#left : this.#right
    for (let row = 0; row < batch.length; row++) {
      try {
        row += this.#accept(own, batch, row)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, batch.row(row))
      }
    }
    this.#writer.flush()
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    if (watermark !== END_OF_TIME) {
      this.#left.ttl?.onWatermark(watermark)
      this.#right.ttl?.onWatermark(watermark)
    } else if (this.#step.final) {
      this.#writer.to(out)
      this.#emitAll()
      this.#writer.flush()
    }
  }

  onTime(nowMs: number): void {
    this.#left.ttl?.onTime(nowMs)
    this.#right.ttl?.onTime(nowMs)
  }

  nextTimeMs(): number | undefined {
    const left = this.#left.ttl?.nextTimeMs
    const right = this.#right.ttl?.nextTimeMs
    return left === undefined || right === undefined ? (left ?? right) : Math.min(left, right)
  }

  onBarrier(): void {
    this.#left.flush()
    this.#right.flush()
  }

  onCommitted(): void {
    this.#left.evict()
    this.#right.evict()
  }

  /** Takes in one change; returns how many rows of the batch it had besides the first. */
  #accept(own: Side, batch: Batch, row: number): 0 | 1 {
    const kind = batch.kind(row)
    const time = batch.times[row] as number
    const values = batch.row(row)
    if (hasNullKey(own.keys, batch.columns, row)) {
      if (this.#shows(own, false)) this.#emitUnkept(this.#alone(own, values), isRetraction(kind), time)
      return 0
    }
    const keyValues = own.key.valuesAt(batch.columns, row)
    if (kind === UPDATE_BEFORE && batch.kind(row + 1) === UPDATE_AFTER && row + 1 < batch.length) {
      const after = batch.row(row + 1)
      const sameKey = own.key.keyAt(batch.columns, row) === own.key.keyAt(batch.columns, row + 1)
      if (sameKey && own.identity.of(values) === own.identity.of(after)) {
        const changedMs = batch.times[row + 1] as number
        if (own.hasKey) this.#replace(own, keyValues, values, after, changedMs)
        // Without a key a row is all that is in it: what has changed was a column that is not here.
        if (own.hasKey || own.prolong(keyValues, changedMs)) return 1
      }
    }
    if (isRetraction(kind)) this.#replace(own, keyValues, values, undefined, time)
    else this.#replace(own, keyValues, undefined, values, time)
    return 0
  }

  /** A row whose key is NULL is not kept, since nothing ever matches it. */
  #emitUnkept(row: Row, isDelete: boolean, time: EventTimeMs): void {
    if (isDelete) this.#writer.delete(row, time)
    else this.#writer.insert(row, time)
  }

  /** A row of one side becomes another, comes or goes. */
  #replace(own: Side, key: Row, old: Row | undefined, after: Row | undefined, time: EventTimeMs): void {
    const entry = own.find(key)
    const id = own.identity.of((after ?? old) as Row)
    const known = entry?.value.rows.get(id)
    // A delete of a row that is not there: it was refused, or forgotten.
    if (after === undefined && known === undefined) return
    // Before anything is told of it, a row that can't be kept is refused.
    if (after !== undefined && known === undefined) {
      if (entry === undefined) own.key.checkLength(key)
      else checkRoom(entry.value)
    }
    // With a key the row that is known is what the change replaces, whatever the input says that it was.
    const before = own.hasKey || after === undefined ? known?.row : undefined
    const matches = this.#step.final ? 0 : this.#emitChanges(own, key, before, after, time)
    own.put(entry, key, id, after, matches, time)
  }

  /** Emits what a change of a row does to the result, and counts the matches of the rows on the other side. */
  #emitChanges(own: Side, key: Row, before: Row | undefined, after: Row | undefined, time: EventTimeMs): number {
    const other = own === this.#left ? this.#right : this.#left
    const entry = other.find(key)
    const changes: Change[] = []
    let matchesBefore = 0
    let matchesAfter = 0
    let touched = false
    for (const found of entry?.value.rows.values() ?? []) {
      const joinedBefore = before && this.#match(own, before, found.row)
      const joinedAfter = after && this.#match(own, after, found.row)
      if (joinedBefore !== undefined) matchesBefore += found.count
      if (joinedAfter !== undefined) matchesAfter += found.count
      const shown = this.#shows(other, found.matches > 0)
      const more = Number(joinedAfter !== undefined) - Number(joinedBefore !== undefined)
      if (more !== 0 && this.#countsMatches(other)) {
        found.matches += more
        entry?.value.changes.note(found.row)
        touched = true
      }
      const shows = this.#shows(other, found.matches > 0)
      for (let i = 0; i < found.count; i++) {
        const pair: Change = this.#givesPairs ? [joinedBefore, joinedAfter] : [undefined, undefined]
        if (shown && !shows) link(changes, pair, 0, this.#alone(other, found.row))
        if (!shown && shows) link(changes, pair, 1, this.#alone(other, found.row))
        if (pair[0] !== undefined || pair[1] !== undefined) changes.push(pair)
      }
    }
    if (touched && entry !== undefined) other.touch(entry)
    const wasShown = before !== undefined && this.#shows(own, matchesBefore > 0)
    const isShown = after !== undefined && this.#shows(own, matchesAfter > 0)
    const alone: Change = [
      wasShown ? this.#alone(own, before) : undefined,
      isShown ? this.#alone(own, after) : undefined,
    ]
    if (wasShown && !isShown) fill(changes, alone, 0)
    if (!wasShown && isShown) fill(changes, alone, 1)
    if (alone[0] !== undefined || alone[1] !== undefined) changes.push(alone)
    for (const [old, now] of changes) this.#write(old, now, time)
    return matchesAfter
  }

  #write(before: Row | undefined, after: Row | undefined, time: EventTimeMs): void {
    const isUpdate = before !== undefined && after !== undefined && this.#isSameRow(before, after)
    if (isUpdate) {
      this.#writer.update(before, after, time)
      return
    }
    if (before !== undefined) this.#writer.delete(before, time)
    if (after !== undefined) this.#writer.insert(after, time)
  }

  /** Both are the same row of the result, by its key. */
  #isSameRow(before: Row, after: Row): boolean {
    const { key } = this.#step.schema
    return key.length === 0 || sameRow(pick(before, key), pick(after, key))
  }

  /** A row of a side comes out by itself, with or without a match. */
  #shows(side: Side, matched: boolean): boolean {
    const { type } = this.#step
    const isLeft = side === this.#left
    switch (type) {
      case 'semi':
        return isLeft && matched
      case 'anti':
        return isLeft && !matched
      case 'left':
        return isLeft && !matched
      case 'right':
        return !isLeft && !matched
      case 'full':
        return !matched
      case 'inner':
        return false
    }
  }

  /** Whether rows of the side come out depends on their matches. */
  #countsMatches(side: Side): boolean {
    return this.#shows(side, true) !== this.#shows(side, false)
  }

  get #givesPairs(): boolean {
    return this.#step.type !== 'semi' && this.#step.type !== 'anti'
  }

  #match(own: Side, row: Row, other: Row): Row | undefined {
    return own === this.#left ? this.#rows.match(row, other) : this.#rows.match(other, row)
  }

  #alone(side: Side, row: Row): Row {
    if (!this.#givesPairs) return row
    return side === this.#left ? this.#rows.leftAlone(row) : this.#rows.rightAlone(row)
  }

  // ---- at the end of a pull query ------------------------------------------------------------------------------

  #emitAll(): void {
    const matched = new Set<TableRow>()
    for (const entry of this.#left.entries()) {
      const others = [...(this.#right.find(entry.values)?.value.rows.values() ?? [])]
      for (const found of entry.value.rows.values()) this.#emitFinal(found, others, matched)
    }
    for (const entry of this.#right.entries()) {
      for (const found of entry.value.rows.values()) {
        if (!this.#shows(this.#right, matched.has(found))) continue
        this.#insert(this.#alone(this.#right, found.row), found.count)
      }
    }
  }

  #emitFinal({ row, count }: TableRow, others: readonly TableRow[], matched: Set<TableRow>): void {
    let isMatched = false
    for (const other of others) {
      const joined = this.#rows.match(row, other.row)
      if (joined === undefined) continue
      isMatched = true
      matched.add(other)
      if (this.#givesPairs) this.#insert(joined, count * other.count)
    }
    if (this.#shows(this.#left, isMatched)) this.#insert(this.#alone(this.#left, row), count)
  }

  #insert(row: Row, count: number): void {
    for (let i = 0; i < count; i++) this.#writer.insert(row, Number.NaN)
  }
}

/** A row that goes as its first match comes, or comes as its last goes, is one change where the place is free. */
function link(changes: Change[], pair: Change, at: 0 | 1, row: Row): void {
  if (pair[at] === undefined && pair[1 - at] !== undefined) pair[at] = row
  else changes.push(at === 0 ? [row, undefined] : [undefined, row])
}

/** The same of the row that changes itself: it takes the first place that is free. */
function fill(changes: readonly Change[], alone: Change, at: 0 | 1): void {
  const free = changes.find((change) => change[at] === undefined && change[1 - at] !== undefined)
  if (free === undefined) return
  free[at] = alone[at]
  alone[at] = undefined
}

function pick(row: Row, columns: readonly number[]): Row {
  return columns.map((index) => row[index] ?? null)
}

/** What is kept of one input. */
class Side {
  readonly keys: readonly number[]
  readonly key: KeyColumns
  readonly identity: Identity
  readonly hasKey: boolean
  ttl: StateTtl<TableRows> | undefined
  readonly #name: string
  readonly #input: Schema
  readonly #ttlMs: number | undefined
  readonly #clock: EvalContext
  #table: KeyedTable<TableRows> | undefined

  constructor(name: string, input: Schema, keys: readonly number[], ttlMs: number | undefined, clock: EvalContext) {
    this.#name = name
    this.#input = input
    this.#ttlMs = ttlMs
    this.#clock = clock
    this.keys = keys
    this.key = keyColumnsOf(keys, input)
    this.identity = new Identity(input)
    this.hasKey = input.key.length > 0
  }

  open(context: OperatorContext): void {
    const own = { ...context, store: (table: string) => context.store(`${this.#name}-${table}`) }
    this.#table = new KeyedTable(own.store('rows'), this.key, tableRowsCodec(this.#input, this.identity), own)
    if (this.#ttlMs === undefined) return
    this.ttl = new StateTtl(this.#ttlMs, this.#table, this.key, own, this.#input, this.#clock)
  }

  find(key: Row): Entry<TableRows> | undefined {
    const table = this.#state
    const entry = table.getByValues(table.namespace(0), key)
    if (entry === undefined || this.ttl?.isExpired(entry.value) !== true) return entry
    table.delete(table.namespace(0), entry)
    return undefined
  }

  entries(): Iterable<Entry<TableRows>> {
    return this.#state.entriesOf(this.#state.namespace(0))
  }

  touch(entry: Entry<TableRows>): void {
    if (!entry.dirty) this.#state.touch(this.#state.namespace(0), entry)
  }

  /** Rows of the key are as they were; false where there are none, or no more. */
  prolong(key: Row, time: EventTimeMs): boolean {
    const entry = this.find(key)
    if (entry === undefined) return false
    if (this.ttl === undefined) return true
    this.ttl.touch(entry.value, time)
    this.touch(entry)
    return true
  }

  /** Keeps the row as it is now; undefined takes it away. */
  put(
    entry: Entry<TableRows> | undefined,
    key: Row,
    id: ReturnType<Identity['of']>,
    row: Row | undefined,
    matches: number,
    time: EventTimeMs,
  ): void {
    const table = this.#state
    const namespace = table.namespace(0)
    const kept = entry ?? table.insert(namespace, this.key.keyOf(key), key, newTableRows())
    this.ttl?.touch(kept.value, time)
    if (entry === undefined) this.ttl?.watch(kept)
    else if (!entry.dirty) table.touch(namespace, entry)
    const { rows, changes } = kept.value
    const known = rows.get(id)
    changes.note((row ?? known?.row) as Row)
    if (row === undefined) {
      if (known !== undefined && known.count > 1) known.count--
      else rows.delete(id)
      if (rows.size === 0) table.delete(namespace, kept)
    } else if (known === undefined) rows.set(id, { row, count: 1, matches })
    else {
      known.row = row
      known.matches = matches
      if (!this.hasKey) known.count++
    }
  }

  flush(): void {
    this.#state.flush()
    this.ttl?.flush()
  }

  evict(): void {
    this.#state.evict()
    this.ttl?.evict()
  }

  get #state(): KeyedTable<TableRows> {
    return must(this.#table, 'operator is open')
  }
}
