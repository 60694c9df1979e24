// A growing buffer that protobuf fields are written into, front to back. Small on purpose: the few wire forms that
// row batches need.

/** Wire types of protobuf. */
export const VARINT = 0
export const FIXED64 = 1
export const LENGTH_DELIMITED = 2

export function tag(field: number, wireType: number): number {
  return (field << 3) | wireType
}

const FIRST_CAPACITY = 4096
/** Longest varint: 64 bits in groups of seven. */
const VARINT_BYTES_MAX = 10
/** Up to here, a loop over the characters beats the call into the encoder. */
const SHORT_TEXT_CHARS = 24

export class ProtoWriter {
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY)
  #at = 0

  get length(): number {
    return this.#at
  }

  /** Forgets what was written; the capacity stays. */
  reset(): void {
    this.#at = 0
  }

  /** A copy of what was written. */
  toBuffer(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at))
  }

  /** An unsigned integer below 2^53: tags, lengths, enums. */
  uint(value: number): void {
    this.#reserve(VARINT_BYTES_MAX)
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[this.#at++] = (rest % 0x80) | 0x80
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80)
    }
    this.#buffer[this.#at++] = rest
  }

  /** A signed 64-bit integer, as protobuf's int64 and int32: two's complement. */
  int64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) {
      this.uint(value)
      return
    }
    this.#reserve(VARINT_BYTES_MAX)
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest >= 0x80n) {
      this.#buffer[this.#at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#buffer[this.#at++] = Number(rest)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#at = this.#buffer.writeDoubleLE(value, this.#at)
  }

  /** Length and bytes. */
  bytes(value: Uint8Array): void {
    this.uint(value.length)
    this.#reserve(value.length)
    this.#buffer.set(value, this.#at)
    this.#at += value.length
  }

  /** Length and UTF-8. */
  string(value: string): void {
    if (value.length <= SHORT_TEXT_CHARS && this.#shortAscii(value)) return
    const length = Buffer.byteLength(value, 'utf8')
    this.uint(length)
    this.#reserve(length)
    this.#at += this.#buffer.write(value, this.#at, 'utf8')
  }

  /** Starts a message whose length is not known yet; give the result to `end`. */
  begin(): number {
    this.#reserve(1)
    return this.#at++
  }

  /** Ends the message that `begin` started: its length goes before it, which moves messages over 127 bytes. */
  end(start: number): void {
    const length = this.#at - start - 1
    if (length < 0x80) {
      this.#buffer[start] = length
      return
    }
    let extra = 0
    for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) extra += 1
    this.#reserve(extra)
    this.#buffer.copyWithin(start + 1 + extra, start + 1, this.#at)
    const end = this.#at + extra
    this.#at = start
    this.uint(length)
    this.#at = end
  }

  #shortAscii(value: string): boolean {
    this.#reserve(SHORT_TEXT_CHARS + 1)
    const start = this.#at
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) return false
      this.#buffer[start + 1 + i] = unit
    }
    this.#buffer[start] = value.length
    this.#at = start + 1 + value.length
    return true
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#at)
    this.#buffer = grown
  }
}
