import { type Batch, CHANGE_KIND_NAMES } from '../core/batch.ts'
import { writeJsonObject } from '../core/format-value.ts'
import type { Schema } from '../core/schema.ts'
import type { Operator } from '../engine/operator.ts'

/** Rows as lines of text, for a person who watches. At least once: lines can't be taken back after a crash. */
export class PrintSink implements Operator {
  readonly #schema: Schema
  readonly #prefix: string
  readonly #print: (line: string) => void

  constructor(schema: Schema, prefix: string, print: (line: string) => void) {
    this.#schema = schema
    this.#prefix = prefix
    this.#print = print
  }

  open(): void {}

  onBatch(_port: number, batch: Batch): void {
    for (let i = 0; i < batch.length; i++) {
      this.#print(
        `${this.#prefix}${CHANGE_KIND_NAMES[batch.kind(i)]} ${writeJsonObject(this.#schema.fields, batch.row(i))}`,
      )
    }
  }
}
