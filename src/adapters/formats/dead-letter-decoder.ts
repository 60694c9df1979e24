import { must } from '../../core/assert.ts'
import { DEAD_LETTER_HEADERS as H } from '../../core/dead-letter-headers.ts'
import type { Value } from '../../core/value.ts'
import type { DecodedRows, Decoder } from '../../engine/ports/format.ts'
import type { RecordChunk, RecordHeader } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'

/**
 * Dead letters of a topic as the rows of a dead-letter stream. The topic may be shared with other programs: records
 * without our headers are no dead letters of ours, and skipped.
 */
export class DeadLetterDecoder implements Decoder {
  readonly #columns: readonly ReadColumn[]

  constructor(fields: readonly SourceField[]) {
    this.#columns = fields.map(({ name }) => must(COLUMNS.get(name), `a dead letter has a column "${name}"`))
  }

  decode(chunk: RecordChunk): DecodedRows {
    const columns: Value[][] = this.#columns.map(() => [])
    const records = new Int32Array(chunk.count)
    let length = 0
    for (let i = 0; i < chunk.count; i++) {
      const headers = texts(chunk.headers?.(i) ?? [])
      if (!headers.has(H.message)) continue
      for (const [c, read] of this.#columns.entries()) columns[c]?.push(read(headers, chunk, i))
      records[length++] = i
    }
    return {
      length,
      columns,
      records: records.slice(0, length),
      kinds: undefined,
      bad: [],
      skipped: chunk.count - length,
    }
  }
}

type Texts = ReadonlyMap<string, string>
type ReadColumn = (headers: Texts, chunk: RecordChunk, index: number) => Value

/** By the names of DEAD_LETTER_SCHEMA. */
const COLUMNS: ReadonlyMap<string, ReadColumn> = new Map<string, ReadColumn>([
  ['reason', (headers) => headers.get(H.message) ?? ''],
  ['source', (headers) => headers.get(H.stream) ?? headers.get(H.step) ?? ''],
  ['query', (headers) => headers.get(H.query) ?? ''],
  ['record_partition', (headers) => numberOf(headers.get(H.partition))],
  ['record_offset', (headers) => numberOf(headers.get(H.offset))],
  ['record_time', (_, { timestamps }, i) => numberOf(String(timestamps[i]))],
  ['value', (_, chunk, i) => valueBytes(chunk, i)],
])

function texts(headers: readonly RecordHeader[]): Texts {
  const found = new Map<string, string>()
  for (const [name, value] of headers) {
    const text = Buffer.from(name ?? []).toString()
    if (text.startsWith('weir.') && value !== null) found.set(text, Buffer.from(value).toString())
  }
  return found
}

function numberOf(text: string | undefined): Value {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : null
}

function valueBytes({ data, valueStart, valueEnd }: RecordChunk, index: number): Value {
  const start = valueStart[index] ?? -1
  return start < 0 ? null : data.slice(start, valueEnd[index])
}
