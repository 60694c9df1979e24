import { ByteWriter } from '../../../core/bytes.ts'
import type { ExactInteger } from '../../../core/value.ts'

/** The primitives of Avro's binary encoding, written to growing bytes. */
export class AvroOutput {
  readonly #writer = new ByteWriter()

  /** Seven bits a byte of the zigzag form; also of an int, an index or a length. */
  long(value: ExactInteger): void {
    if (typeof value === 'number' && value >= -HALF_MAX && value <= HALF_MAX) {
      this.#writer.varint(value < 0 ? -2 * value - 1 : 2 * value)
      return
    }
    const wide = BigInt(value)
    let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n))
    while (rest >= 0x80n) {
      this.#writer.byte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.#writer.byte(Number(rest))
  }

  boolean(value: boolean): void {
    this.#writer.byte(value ? 1 : 0)
  }

  float(value: number): void {
    const writer = this.#writer
    writer.reserve(4)
    writer.view.setFloat32(writer.length, value, true)
    writer.length += 4
  }

  double(value: number): void {
    this.#writer.doubleLittleEndian(value)
  }

  string(value: string): void {
    this.bytes(Buffer.from(value))
  }

  bytes(value: Uint8Array): void {
    this.long(value.length)
    this.#writer.raw(value)
  }

  fixed(value: Uint8Array): void {
    this.#writer.raw(value)
  }

  byte(value: number): void {
    this.#writer.byte(value)
  }

  take(): Uint8Array {
    return this.#writer.take()
  }
}

/** Doubled, it is still a safe integer. */
const HALF_MAX = 2 ** 52 - 1
