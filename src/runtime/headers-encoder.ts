import { assert } from '../core/assert.ts'
import type { ChangeKind } from '../core/batch.ts'
import type { Schema } from '../core/schema.ts'
import type { Row, Value } from '../core/value.ts'
import type { Encoder } from '../engine/ports/format.ts'
import type { OutputRecord } from '../engine/ports/log.ts'

/** Encodes rows of which one column, a map, is the headers of the record: all other columns are the record's own. */
export class HeadersEncoder implements Encoder {
  readonly #inner: Encoder
  readonly #column: number

  /** `inner` is the encoder for a row of `schema` without the column. */
  constructor(schema: Schema, name: string, inner: (schema: Schema) => Encoder) {
    this.#column = schema.fields.findIndex((field) => field.name === name)
    assert(this.#column >= 0, 'the planner has checked the column of the headers')
    this.#inner = inner(without(schema, this.#column))
  }

  async open(): Promise<void> {
    await this.#inner.open?.()
  }

  encode(row: Row, kind: ChangeKind, timeMs: number): OutputRecord {
    const record = this.#inner.encode(row.toSpliced(this.#column, 1), kind, timeMs)
    const entries = (row[this.#column] ?? []) as readonly (readonly [string, Value])[]
    return { ...record, headers: entries.map(([name, value]) => [name, headerBytes(value)]) }
  }
}

function headerBytes(value: Value): Uint8Array | null {
  return typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array | null)
}

function without(schema: Schema, column: number): Schema {
  const moved = (index: number) => (index > column ? index - 1 : index)
  const { timeColumn } = schema
  return {
    ...schema,
    fields: schema.fields.toSpliced(column, 1),
    key: schema.key.map(moved),
    timeColumn: timeColumn === undefined ? undefined : moved(timeColumn),
  }
}
