import { EvaluationError } from '../../../core/evaluation-error.ts'
import { type ExactInteger, exact } from '../../../core/value.ts'
import { textOf } from '../wire-values.ts'

/**
 * The primitives of Avro's binary encoding, read from a piece of a buffer. Every step is checked against the end: bytes
 * that are no record give an EvaluationError, never a value that was not written, and never a long wait.
 */

/** Levels that a record may be nested, which only a type that refers to itself can reach. */
export const VALUE_DEPTH_MAX = 64
/** Elements without any bytes (of type null, or empty records) that the lists of a record may have. */
export const EMPTY_ELEMENTS_MAX = 10_000

export class AvroInput {
  #bytes: Buffer = Buffer.alloc(0)
  position = 0
  #end = 0
  #depth = 0
  /** Elements without bytes so far. */
  #empty = 0

  begin(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes
    this.position = start
    this.#end = end
    this.#depth = 0
    this.#empty = 0
  }

  get remaining(): number {
    return this.#end - this.position
  }

  boolean(): boolean {
    const byte = this.#byte()
    if (byte > 1) throw malformed('a boolean is neither 0 nor 1')
    return byte === 1
  }

  /** A zigzag varint of at most 32 bits. */
  int(): number {
    const value = this.long()
    if (typeof value === 'number' && value >= -0x80000000 && value <= 0x7fffffff) return value
    throw malformed('an int has more than 32 bits')
  }

  /** A zigzag varint of at most 64 bits. */
  long(): ExactInteger {
    const bytes = this.#bytes
    let position = this.position
    let low = 0
    // Four bytes have 28 bits, which numbers hold; most values need no more.
    for (let shift = 0; shift < 28; shift += 7) {
      if (position >= this.#end) throw malformed('it ends too early')
      const byte = bytes[position++] as number
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.position = position
        return (low >>> 1) ^ -(low & 1)
      }
    }
    let high = 0
    for (let scale = 1; scale <= 0x80 ** 3; scale *= 0x80) {
      if (position >= this.#end) throw malformed('it ends too early')
      const byte = bytes[position++] as number
      high += (byte & 0x7f) * scale
      if (byte >= 0x80) continue
      // Halved, since the lowest bit is the sign; 56 bits may still be more than a number holds.
      const half = high * 2 ** 27 + (low >>> 1)
      if (half >= Number.MAX_SAFE_INTEGER) break
      this.position = position
      return (low & 1) === 0 ? half : -half - 1
    }
    return this.#wideLong()
  }

  /** The same for any number of bytes. */
  #wideLong(): ExactInteger {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        if (value > 0xffff_ffff_ffff_ffffn) break
        return exact((value >> 1n) ^ -(value & 1n))
      }
    }
    throw malformed('a long has more than 64 bits')
  }

  float(): number {
    this.#need(4)
    const value = this.#bytes.readFloatLE(this.position)
    this.position += 4
    return value + 0
  }

  double(): number {
    this.#need(8)
    const value = this.#bytes.readDoubleLE(this.position)
    this.position += 8
    return value + 0
  }

  string(): string {
    const start = this.#lengthPrefixed()
    return textOf(this.#bytes, start, this.position)
  }

  /** A view: to be copied by whoever keeps it. */
  bytes(): Uint8Array {
    const start = this.#lengthPrefixed()
    return this.#bytes.subarray(start, this.position)
  }

  fixed(size: number): Uint8Array {
    this.#need(size)
    this.position += size
    return this.#bytes.subarray(this.position - size, this.position)
  }

  skip(count: number): void {
    this.#need(count)
    this.position += count
  }

  skipBytes(): void {
    this.#lengthPrefixed()
  }

  /** The number of a union's branch or an enum's symbol. */
  index(count: number, what: string): number {
    const index = this.long()
    if (typeof index === 'number' && index >= 0 && index < count) return index
    throw malformed(`there is no ${what} ${index}`)
  }

  /**
   * Reads the blocks of an array or map, one call an element. The count is checked against the bytes that are left, so
   * that a wrong one does not make the reader work for hours.
   */
  blocks(elementBytesMin: number, element: () => void): void {
    for (;;) {
      let count = this.long()
      if (count === 0) return
      if (count < 0) {
        count = -(count as number)
        this.long()
      }
      if (elementBytesMin === 0) this.#empty += Number(count)
      if (elementBytesMin === 0 ? this.#empty > EMPTY_ELEMENTS_MAX : count > this.remaining / elementBytesMin) {
        throw malformed(`a list has ${count} elements in ${this.remaining} bytes`)
      }
      for (let i = 0; i < (count as number); i++) element()
    }
  }

  /** Around what may contain itself. */
  enter(): void {
    if (++this.#depth > VALUE_DEPTH_MAX) throw malformed(`it is nested deeper than ${VALUE_DEPTH_MAX} levels`)
  }

  leave(): void {
    this.#depth--
  }

  expectEnd(): void {
    if (this.position !== this.#end) throw malformed(`${this.remaining} bytes are left over`)
  }

  #byte(): number {
    if (this.position >= this.#end) throw malformed('it ends too early')
    return this.#bytes[this.position++] as number
  }

  #need(count: number): void {
    if (count > this.#end - this.position) throw malformed('it ends too early')
  }

  #lengthPrefixed(): number {
    const length = this.long()
    const start = this.position
    if (length < 0 || length > this.#end - start) throw malformed(`a length of ${length} in ${this.remaining} bytes`)
    this.position = start + (length as number)
    return start
  }
}

export function malformed(reason: string): EvaluationError {
  return new EvaluationError(`malformed Avro: ${reason}`)
}
