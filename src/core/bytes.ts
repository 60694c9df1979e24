/**
 * Growing output and bounds-checked input of the codecs. One writer is shared by all codecs of a thread: encoding is
 * synchronous, and `take` copies what was written.
 */
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Texts up to this length are copied by a loop; beyond it the native encoder is faster. */
const SHORT_TEXT = 48

export class ByteWriter {
  bytes: Uint8Array
  view: DataView
  length = 0

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1)
    this.bytes[this.length++] = value
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** An unsigned integer below 2^53: seven bits a byte, the lowest first. */
  varint(value: number): void {
    this.reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.bytes[this.length++] = rest
  }

  doubleLittleEndian(value: number): void {
    this.reserve(8)
    this.view.setFloat64(this.length, value, true)
    this.length += 8
  }

  /** Length as a varint, then UTF-8. A lone surrogate, which no UTF-8 has, becomes U+FFFD. */
  text(value: string): void {
    const { length } = value
    const start = this.length
    if (length <= SHORT_TEXT) {
      this.reserve(length + 1)
      this.bytes[start] = length
      if (this.ascii(value, start + 1)) {
        this.length = start + 1 + length
        return
      }
    }
    this.reserve(length * 3 + 9)
    // UTF-8 can be three times as long as the text: written behind the longest varint, then moved up to its own.
    const { written } = encoder.encodeInto(value, this.bytes.subarray(start + 8))
    this.varint(written)
    this.bytes.copyWithin(this.length, start + 8, start + 8 + written)
    this.length += written
  }

  /** Copies the text when all of it is ASCII; else what it wrote is to be overwritten. */
  ascii(value: string, at: number): boolean {
    const { bytes } = this
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) return false
      bytes[at + i] = unit
    }
    return true
  }

  /** What was written since `start`, as bytes of their own; the writer goes back to `start`. */
  take(start = 0): Uint8Array {
    const taken = this.bytes.slice(start, this.length)
    this.length = start
    if (start === 0 && this.bytes.length > RETAINED_MAX) {
      this.bytes = new Uint8Array(1024)
      this.view = new DataView(this.bytes.buffer)
    }
    return taken
  }
}

/** One huge row must not hold its memory for ever. */
const RETAINED_MAX = 1 << 20

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Reads with a check before every step, so that bad bytes are an error with a name, never a wrong value. */
export class ByteReader {
  readonly bytes: Uint8Array
  #view: DataView | undefined
  position: number
  readonly end: number

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    if (start < 0 || end > bytes.length || start > end) throw new Error('byte range is outside of the buffer')
    this.bytes = bytes
    this.position = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  /** Throws when fewer than `count` bytes are left. */
  need(count: number, what: string): void {
    if (count > this.end - this.position) throw new Error(`bytes end inside ${what}`)
  }

  byte(what: string): number {
    if (this.position >= this.end) throw new Error(`bytes end inside ${what}`)
    return this.bytes[this.position++] as number
  }

  varint(what: string): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.byte(what)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
      scale *= 0x80
    }
    throw new Error(`${what} has a length that is too large`)
  }

  doubleLittleEndian(what: string): number {
    this.need(8, what)
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    const value = this.#view.getFloat64(this.position, true)
    this.position += 8
    return value
  }

  /** A copy, so that the value does not keep the whole buffer. */
  raw(count: number, what: string): Uint8Array {
    this.need(count, what)
    const bytes = this.bytes.slice(this.position, this.position + count)
    this.position += count
    return bytes
  }

  text(what: string): string {
    const length = this.varint(what)
    this.need(length, what)
    const start = this.position
    this.position += length
    return readUtf8(this.bytes, start, this.position, what)
  }
}

export function readUtf8(bytes: Uint8Array, start: number, end: number, what: string): string {
  if (end - start <= SHORT_TEXT) {
    let text = ''
    let i = start
    for (; i < end; i++) {
      const byte = bytes[i] as number
      if (byte >= 0x80) break
      text += String.fromCharCode(byte)
    }
    if (i === end) return text
  }
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch {
    throw new Error(`${what} is not valid UTF-8`)
  }
}

/** Bytes as a text that a Map takes for a key; the order of such texts is the order of the bytes. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
