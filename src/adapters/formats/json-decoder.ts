import { fitsPrecision, parseDecimal } from '../../core/decimal.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { fromJson, parseJsonExact } from '../../core/parse-value.ts'
import { DATE_MAX, MS_PER_DAY, parseTimestamp, roundToMicros, TIMESTAMP_MAX } from '../../core/timestamp.ts'
import { type SqlType, typeName } from '../../core/type.ts'
import { INT_MAX, INT_MIN, type Value } from '../../core/value.ts'
import type { DecodedRows, Decoder } from '../../engine/ports/format.ts'
import type { RecordChunk } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'
import { isoTimestamp } from './iso-timestamp.ts'
import { FALSE, JSON_DEPTH_MAX, JsonScanner, MALFORMED, NULL, TRUE } from './json-scanner.ts'
import { fieldName, RowCollector } from './record-columns.ts'
import { StringCache } from './string-cache.ts'

/**
 * Columns straight from the bytes of JSON records: one pass over a record, no object for it. Fields that the query does
 * not use are checked and passed over. Numbers are read from their digits: integers and decimals never go through a
 * double that could round them.
 *
 * Two things make it fast. Records of one stream have their fields in the same order, so an object remembers the
 * order it saw last and compares bytes with the name that is due, before it looks a name up. And short strings that
 * repeat are not built again. Neither changes a result.
 *
 * Rare forms (numbers as strings, arrays, structs, exponents …) go through the rules of core/parse-value.ts on the
 * value's own text: slow, and the same as those of CAST.
 */

/** A larger record is rejected unread; the logs' own limit. */
export const JSON_RECORD_BYTES_MAX = 16 * 1024 * 1024

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const SPACE = 0x20
const MINUS = 0x2d
const OBJECT_OPEN = 0x7b
const OBJECT_CLOSE = 0x7d
const LETTER_T = 0x74
const LETTER_F = 0x66
const LETTER_N = 0x6e

/** Names that an object remembers in order; behind them it looks names up. */
const SHAPE_NAMES_MAX = 64
/** Of a value that does not fit, this much is shown. */
const SHOWN_CHARACTERS = 40

interface Column {
  readonly index: number
  readonly name: string
  readonly type: SqlType
  readonly strings: StringCache
}

/** A field name somewhere in the record that leads to columns. */
interface Node {
  readonly name: string
  readonly columns: readonly Column[]
  /** The one column of a name that leads to no more than that, which is nearly every name. */
  readonly only: Column | undefined
  readonly children: ReadonlyMap<string, Node>
  /** Columns of this node and of all below: what a repeated name takes back. */
  readonly below: readonly Column[]
  /** What the object at this node was like the last time. */
  readonly shape: ShapeEntry[]
  /** The record in which the name came last; a name may come twice, and the last one counts. */
  seenIn: number
}

interface ShapeEntry {
  /** The name as it stood in the record: `"name":`. */
  readonly token: Uint8Array
  readonly node: Node | undefined
}

interface Mismatch {
  readonly column: Column | undefined
  readonly reason: string
}

export class JsonDecoder implements Decoder {
  readonly #scanner = new JsonScanner()
  readonly #rows: RowCollector
  readonly #root: Node
  #record = 0
  #mismatches: Mismatch[] = []
  #recordStart = 0

  constructor(fields: readonly SourceField[]) {
    this.#rows = new RowCollector(fields)
    const columns = fields.flatMap((field, index) =>
      field.from !== 'value'
        ? []
        : [
            {
              path: field.path,
              column: { index, name: fieldName(field), type: field.type, strings: new StringCache() },
            },
          ],
    )
    this.#root = nodeOf('', columns, 0)
  }

  decode(chunk: RecordChunk): DecodedRows {
    const { data } = chunk
    this.#scanner.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    this.#rows.begin(chunk.count)
    for (let i = 0; i < chunk.count; i++) {
      const start = chunk.valueStart[i] as number
      const end = chunk.valueEnd[i] as number
      if (start < 0) this.#rows.reject(i, 'the record has no value (a tombstone)')
      else if (end - start > JSON_RECORD_BYTES_MAX) {
        this.#rows.reject(i, `the record has ${end - start} bytes, more than ${JSON_RECORD_BYTES_MAX}`)
      } else this.#decodeRecord(chunk, i, start, end)
    }
    return this.#rows.end()
  }

  #decodeRecord(chunk: RecordChunk, index: number, start: number, end: number): void {
    const scanner = this.#scanner
    scanner.position = skipByteOrderMark(scanner.data, start, end)
    scanner.end = end
    this.#recordStart = start
    this.#record++
    this.#rows.clearRow()
    if (this.#mismatches.length > 0) this.#mismatches = []
    try {
      if (scanner.peek() === OBJECT_OPEN) {
        this.#object(this.#root, 1)
        scanner.expectEnd()
      } else {
        const found = scanner.position
        scanner.skipValue(0)
        scanner.expectEnd()
        this.#mismatches.push({ column: undefined, reason: `expected an object, ${this.#found(found)}` })
      }
    } catch (error) {
      if (error !== MALFORMED) throw error
      this.#rows.reject(index, `malformed JSON: ${scanner.problem} at byte ${scanner.position - start}`)
      return
    }
    const mismatch = this.#mismatches[0]
    if (mismatch === undefined) this.#rows.addRow(chunk, index)
    else this.#rows.reject(index, mismatch.reason)
  }

  /** An object whose fields lead to columns, at its `{`. */
  #object(node: Node, depth: number): void {
    const scanner = this.#scanner
    if (depth > JSON_DEPTH_MAX) scanner.fail(`it is nested deeper than ${JSON_DEPTH_MAX} levels`)
    scanner.position++
    if (scanner.peek() === OBJECT_CLOSE) {
      scanner.position++
      return
    }
    const { shape } = node
    for (let i = 0; ; i++) {
      const due = i < shape.length ? shape[i] : undefined
      let child: Node | undefined
      if (due !== undefined && scanner.takeToken(due.token)) child = due.node
      else {
        child = this.#name(node, i)
        scanner.expect(COLON)
      }
      if (child === undefined) scanner.skipValue(depth)
      else this.#value(child, depth)
      const next = scanner.peek()
      scanner.position++
      if (next === COMMA) {
        scanner.peek()
        continue
      }
      if (next === OBJECT_CLOSE) return
      scanner.position--
      scanner.unexpected()
    }
  }

  /** The name at the current position: the node it leads to, or undefined where nobody wants it. */
  #name(node: Node, index: number): Node | undefined {
    const scanner = this.#scanner
    if (scanner.peek() !== QUOTE) scanner.unexpected()
    scanner.scanString()
    const child = node.children.get(scanner.stringText())
    if (scanner.stringPlain && index < SHAPE_NAMES_MAX && index <= node.shape.length) {
      // With the quotes and, as far as it stands there, the colon and the spaces around it.
      const start = scanner.stringStart - 1
      const nameEnd = scanner.position
      let end = scanner.peek() === COLON ? scanner.position + 1 : nameEnd
      while (end < scanner.end && scanner.data[end] === SPACE) end++
      scanner.position = nameEnd
      if (end > nameEnd) node.shape[index] = { token: new Uint8Array(scanner.data.subarray(start, end)), node: child }
    }
    return child
  }

  #value(node: Node, depth: number): void {
    const scanner = this.#scanner
    if (node.seenIn === this.#record) this.#takeBack(node)
    node.seenIn = this.#record
    const byte = scanner.peek()
    const { only } = node
    if (only !== undefined) {
      this.#rows.row[only.index] = this.#column(only, byte, depth)
      return
    }
    const start = scanner.position
    for (const column of node.columns) {
      scanner.position = start
      this.#rows.row[column.index] = this.#column(column, byte, depth)
    }
    if (node.children.size === 0) return
    scanner.position = start
    if (byte === OBJECT_OPEN) this.#object(node, depth + 1)
    else {
      scanner.skipValue(depth)
      if (byte === LETTER_N) return
      const reason = `field "${node.below[0]?.name}": expected an object in "${node.name}", ${this.#found(start)}`
      this.#mismatches.push({ column: node.below[0], reason })
    }
  }

  /** The same name again: what it gave before does not count. */
  #takeBack(node: Node): void {
    for (const column of node.below) {
      this.#rows.row[column.index] = null
      if (this.#mismatches.length > 0) this.#mismatches = this.#mismatches.filter((m) => m.column !== column)
    }
  }

  #column(column: Column, byte: number, depth: number): Value {
    const scanner = this.#scanner
    if (byte === LETTER_N) {
      scanner.scanWord(NULL)
      return null
    }
    const start = scanner.position
    switch (column.type.kind) {
      case 'string':
        if (byte !== QUOTE) break
        scanner.scanString()
        return column.strings.get(scanner)
      case 'int':
      case 'bigint':
      case 'double':
      case 'decimal':
        if (byte !== MINUS && !isDigit(byte)) break
        scanner.scanNumber()
        return this.#number(column, start)
      case 'timestamp':
        if (byte === QUOTE) {
          const iso = this.#isoTime()
          if (!Number.isNaN(iso)) return iso
          scanner.scanString()
          const time = timestampOf(scanner)
          if (time !== undefined) return time
        } else if (byte === MINUS || isDigit(byte)) {
          scanner.scanNumber()
          const time = roundToMicros(this.#double(start))
          if (Math.abs(time) <= TIMESTAMP_MAX) return time
        } else break
        return this.#mismatch(column, start)
      case 'boolean':
        if (byte === LETTER_T) {
          scanner.scanWord(TRUE)
          return true
        }
        if (byte === LETTER_F) {
          scanner.scanWord(FALSE)
          return false
        }
        break
      default:
        break
    }
    scanner.skipValue(depth)
    return this.#converted(column, start)
  }

  /** A time of one of the two usual lengths at the current quote; NaN, and nothing taken, for anything else. */
  #isoTime(): number {
    const scanner = this.#scanner
    const { data, end } = scanner
    const start = scanner.position + 1
    for (const length of ISO_LENGTHS) {
      if (start + length >= end || data[start + length] !== QUOTE) continue
      const time = isoTimestamp(data, start, start + length)
      if (!Number.isNaN(time)) scanner.position = start + length + 1
      return time
    }
    return Number.NaN
  }

  /** The number just scanned, from its digits where a double holds them. */
  #number(column: Column, start: number): Value {
    const scanner = this.#scanner
    const { type } = column
    if (type.kind === 'double') {
      const value = this.#double(start)
      return Number.isFinite(value) ? value : this.#mismatch(column, start)
    }
    if (scanner.mantissaExact && !scanner.hasExponent) {
      if (type.kind === 'decimal') {
        const units = decimalUnits(scanner.mantissa, type.scale - scanner.fractionDigits)
        if (units >= 0 && fitsPrecision(units, type.precision)) return scanner.negative ? 0 - units : units
      } else if (scanner.fractionDigits === 0) {
        const value = scanner.negative ? 0 - scanner.mantissa : scanner.mantissa
        if (type.kind === 'bigint' || (value >= INT_MIN && value <= INT_MAX)) return value
      }
    }
    return this.#converted(column, start)
  }

  #double(start: number): number {
    const scanner = this.#scanner
    // Both operands are exact, so their quotient is rounded once: the nearest double.
    if (scanner.mantissaExact && !scanner.hasExponent) {
      const value = scanner.mantissa / (POWERS_OF_TEN[scanner.fractionDigits] as number)
      return scanner.negative ? 0 - value : value
    }
    return Number(scanner.data.toString('latin1', start, scanner.position)) + 0
  }

  /** The value that ends here and began at `start`, by the rules that CAST has. */
  #converted(column: Column, start: number): Value {
    const scanner = this.#scanner
    const { type } = column
    const text = scanner.text(start, scanner.position)
    try {
      if (type.kind === 'decimal' && !text.startsWith('"')) {
        return parseDecimal(text, type.precision, type.scale) ?? this.#mismatch(column, start)
      }
      const value = fromJson(type, parseJsonExact(text))
      return isInRange(type, value) ? value : this.#mismatch(column, start)
    } catch (error) {
      if (error instanceof EvaluationError) return this.#mismatch(column, start)
      throw error
    }
  }

  #mismatch(column: Column, start: number): null {
    const reason = `field "${column.name}": expected ${typeName(column.type)}, ${this.#found(start)}`
    this.#mismatches.push({ column, reason })
    return null
  }

  #found(start: number): string {
    const scanner = this.#scanner
    const text = scanner.text(start, scanner.position)
    const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
    return `found ${shown.toWellFormed()} at byte ${start - this.#recordStart}`
  }
}

function nodeOf(
  name: string,
  columns: readonly { readonly path: readonly string[]; readonly column: Column }[],
  depth: number,
): Node {
  const byName = new Map<string, { path: readonly string[]; column: Column }[]>()
  for (const entry of columns) {
    const next = entry.path[depth]
    if (next !== undefined) byName.set(next, [...(byName.get(next) ?? []), entry])
  }
  const children = new Map<string, Node>()
  for (const [child, entries] of byName) children.set(child, nodeOf(child, entries, depth + 1))
  const own = depth === 0 ? [] : columns.filter((entry) => entry.path.length === depth)
  return {
    name,
    columns: own.map((entry) => entry.column),
    only: own.length === 1 && children.size === 0 ? own[0]?.column : undefined,
    children,
    below: columns.map((entry) => entry.column),
    shape: [],
    seenIn: 0,
  }
}

function skipByteOrderMark(data: Uint8Array, start: number, end: number): number {
  const marked = end - start >= 3 && data[start] === 0xef && data[start + 1] === 0xbb && data[start + 2] === 0xbf
  return marked ? start + 3 : start
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** `YYYY-MM-DDTHH:MM:SS.fffZ` and `YYYY-MM-DDTHH:MM:SSZ`. */
const ISO_LENGTHS = [24, 20]
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, i) => 10 ** i)

/** Mantissa × 10^places where that is exact; else -1, and the slow way rounds. */
function decimalUnits(mantissa: number, places: number): number {
  if (places === 0) return mantissa
  if (places < 0 || places > 22) return -1
  const units = mantissa * (POWERS_OF_TEN[places] as number)
  return units <= Number.MAX_SAFE_INTEGER ? units : -1
}

/** Dates and times of day may come as the number that they are; then it must be one. */
function isInRange(type: SqlType, value: Value): boolean {
  if (type.kind === 'date') return Number.isSafeInteger(value) && Math.abs(value as number) <= DATE_MAX
  if (type.kind === 'time') return (value as number) >= 0 && (value as number) < MS_PER_DAY
  return true
}

/** The last string as a time; the texts that records have at most are read from the bytes. */
function timestampOf(scanner: JsonScanner): number | undefined {
  const fast = isoTimestamp(scanner.data, scanner.stringStart, scanner.stringEnd)
  return Number.isNaN(fast) ? parseTimestamp(scanner.stringText()) : fast
}
