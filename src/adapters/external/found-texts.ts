import type { Row, Value } from '../../core/value.ts'
import type { Decoder } from '../../engine/ports/format.ts'
import type { RecordChunk } from '../../engine/ports/log.ts'
import type { Found, LookupFault } from '../../engine/ports/lookup.ts'

/** The row under a key as JSON text; null where there is none. */
export type FoundText = string | null | LookupFault

/** Rows of a store from their JSON texts; the columns of the key are those that were asked for. */
export class FoundTexts {
  readonly #decoder: Decoder
  readonly #width: number
  readonly #keys: readonly number[]

  /** `keys`: positions of the key among the columns that the decoder gives. */
  constructor(decoder: Decoder, width: number, keys: readonly number[]) {
    this.#decoder = decoder
    this.#width = width
    this.#keys = keys
  }

  decode(keys: readonly Row[], texts: readonly FoundText[]): Found[] {
    const found = texts.map((text): Found => (typeof text === 'object' && text !== null ? text : undefined))
    const present = texts.flatMap((text, i) => (typeof text === 'string' ? [i] : []))
    if (present.length === 0) return found
    const { columns, records, bad, length } = this.#decoder.decode(
      chunkOf(texts.filter((text) => typeof text === 'string')),
    )
    for (let row = 0; row < length; row++) {
      const asked = present[records[row] as number] as number
      const values: Value[] = Array.from({ length: this.#width }, (_, column) => columns[column]?.[row] ?? null)
      for (const [i, column] of this.#keys.entries()) values[column] = keys[asked]?.[i] ?? null
      found[asked] = values
    }
    for (const { index, reason } of bad) found[present[index] as number] = { reason: `what was looked up: ${reason}` }
    return found
  }
}

function chunkOf(texts: readonly string[]): RecordChunk {
  const bytes = texts.map((text) => Buffer.from(text))
  const count = texts.length
  const valueStart = new Int32Array(count)
  const valueEnd = new Int32Array(count)
  let at = 0
  for (const [i, { length }] of bytes.entries()) {
    valueStart[i] = at
    at += length
    valueEnd[i] = at
  }
  return {
    partition: 0,
    count,
    data: Buffer.concat(bytes),
    valueStart,
    valueEnd,
    keyStart: undefined,
    keyEnd: undefined,
    timestamps: new Float64Array(count),
    offsets: Float64Array.from({ length: count }, (_, i) => i),
    nextOffset: count,
    end: false,
    columns: undefined,
  }
}
