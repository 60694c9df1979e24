import { must } from '../../core/assert.ts'
import { type Batch, isRetraction, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import type { Row } from '../../core/value.ts'
import type { ReorderStep } from '../../plan/physical/nodes.ts'
import type { KeyColumns } from '../key-columns.ts'
import { type EntryCodec, KeyedTable } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { ChangeWriter, sameRow } from './change-writer.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * Changes of the rows of a key that come from several tasks: the row that another task took over from may be taken away
 * after the new one has come. So all rows of a key that are there are kept, usually one, and the last to come is what
 * the key is.
 */
export class Reorder implements Operator {
  readonly #input: Schema
  readonly #key: KeyColumns
  readonly #writer: ChangeWriter
  #context: OperatorContext | undefined
  #table: KeyedTable<Row[]> | undefined

  constructor(step: ReorderStep, input: Schema) {
    this.#input = input
    this.#key = keyColumnsOf(step.keys, input)
    this.#writer = new ChangeWriter(step.schema.fields.length, step.schema.mode === 'retract')
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#table = new KeyedTable(context.store('rows'), this.#key, rowsCodec(this.#input), context)
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    this.#writer.to(out)
    for (let row = 0; row < batch.length; row++) {
      try {
        row += this.#apply(batch, row)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, batch.row(row))
      }
    }
    this.#writer.flush()
  }

  onBarrier(): void {
    this.#state.flush()
  }

  onCommitted(): void {
    this.#state.evict()
  }

  get #state(): KeyedTable<Row[]> {
    return must(this.#table, 'operator is open')
  }

  /** Returns how many rows of the batch the change had besides the first. */
  #apply(batch: Batch, row: number): 0 | 1 {
    const { columns, length } = batch
    const table = this.#state
    const namespace = table.namespace(0)
    const kind = batch.kind(row)
    const key = this.#key.keyAt(columns, row)
    const isPair =
      kind === UPDATE_BEFORE &&
      row + 1 < length &&
      batch.kind(row + 1) === UPDATE_AFTER &&
      this.#key.keyAt(columns, row + 1) === key
    const entry = table.get(namespace, key, columns, row)
    const rows = entry?.value ?? []
    const before = rows.at(-1)
    if (isRetraction(kind)) remove(rows, batch.row(row))
    if (isPair || !isRetraction(kind)) rows.push(batch.row(isPair ? row + 1 : row))
    const time = batch.times[isPair ? row + 1 : row] as number
    if (entry === undefined) {
      if (rows.length > 0) table.insert(namespace, key, this.#key.valuesAt(columns, row), rows)
    } else if (rows.length === 0) table.delete(namespace, entry)
    else if (!entry.dirty) table.touch(namespace, entry)
    this.#writer.change(before, rows.at(-1), time)
    return isPair ? 1 : 0
  }
}

function remove(rows: Row[], row: Row): void {
  const at = rows.findIndex((one) => sameRow(one, row))
  if (at >= 0) rows.splice(at, 1)
}

/** Bytes: each row behind its length, the first to come first. Stored for ever: never change a form. */
function rowsCodec({ fields }: Schema): EntryCodec<Row[]> {
  const codec = rowCodec(fields.map((field) => field.type))
  const writer = new ByteWriter()
  return {
    encode: (rows) => {
      writer.length = 0
      for (const row of rows) {
        const bytes = codec.encode(row)
        writer.varint(bytes.length)
        writer.raw(bytes)
      }
      return writer.take()
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      const rows: Row[] = []
      while (reader.remaining > 0) rows.push(codec.decode(reader.raw(reader.varint('the length of a row'), 'a row')))
      return rows
    },
  }
}
