import { Reader } from '@platformatic/kafka'

/**
 * The client's reader of responses, over bytes that lie in one piece. Its own may lie in many, so for each number of
 * each record it looks for the piece, and it makes an array to return a number and its length: half of the time that
 * reading short records takes. What records consist of is read here without either; what they mean, the client decides.
 */
export class FlatReader extends Reader {
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    super(Reader.from(bytes).buffer)
    this.#bytes = bytes
  }

  override readInt8(): number {
    return ((this.#bytes[this.#advance(1)] as number) << 24) >> 24
  }

  override readVarInt(): number {
    const bytes = this.#bytes
    let byte = bytes[this.#advance(1)] as number
    let value = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = bytes[this.#advance(1)] as number
      value |= (byte & 0x7f) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  override readVarInt64(): bigint {
    // Four bytes are within what a number holds exactly.
    for (let i = 0; i < 4; i++) {
      if ((this.#bytes[this.position + i] ?? 0x80) < 0x80) return BigInt(this.readVarInt())
    }
    return super.readVarInt64()
  }

  override readVarIntBytes(): Buffer | null {
    const length = this.readVarInt()
    if (length === -1) return null
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  override readVarIntArray<T>(read: (reader: Reader, index: number) => T): T[] {
    const length = this.readVarInt()
    if (length === 0) return NONE
    const all: T[] = []
    for (let i = 0; i < length; i++) all.push(read(this, i))
    return all
  }

  /** Where the next `length` bytes begin. */
  #advance(length: number): number {
    const start = this.position
    if (length < 0 || start + length > this.length) throw endsTooEarly(this.length)
    this.position = start + length
    return start
  }
}

/** Most records have no headers. Nobody may add to it. */
const NONE: never[] = []

function endsTooEarly(length: number): RangeError {
  return new RangeError(`a record goes on behind the end of its response, which has ${length} bytes`)
}
