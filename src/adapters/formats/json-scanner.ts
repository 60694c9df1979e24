/**
 * Reads JSON from bytes, token by token, with nothing allocated for what is not asked for. Accepts exactly what
 * JSON.parse accepts (RFC 8259), also in the parts that it passes over.
 *
 * What is malformed is reported by throwing the one MALFORMED object, with `problem` and `position` set: no stack is
 * captured, so a flood of bad records costs little.
 */
export const MALFORMED = Object.freeze({ name: 'malformed JSON' })

/** Objects and arrays within each other; the stack of a record is this long, whatever it holds. */
export const JSON_DEPTH_MAX = 128

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OBJECT_OPEN = 0x7b
const OBJECT_CLOSE = 0x7d
const ARRAY_OPEN = 0x5b
const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const ZERO = 0x30
const NINE = 0x39

/** A double holds every integer of this many digits. */
const DIGITS_EXACT = 15

const WHITE = new Uint8Array(256)
for (const byte of [0x20, 0x09, 0x0a, 0x0d]) WHITE[byte] = 1
/** What may follow a backslash, `u` aside. */
const ESCAPES = new Uint8Array(256)
for (const character of '"\\/bfnrt') ESCAPES[character.charCodeAt(0)] = 1
/** Bytes that need a look within a string: the end, an escape, a control character. */
const STRING_STOP = new Uint8Array(256).fill(1, 0, 0x20)
STRING_STOP[QUOTE] = 1
STRING_STOP[BACKSLASH] = 1
const HEX = new Uint8Array(256)
for (const character of '0123456789abcdefABCDEF') HEX[character.charCodeAt(0)] = 1

// ignoreBOM keeps a U+FEFF that is part of a value.
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class JsonScanner {
  data: Buffer = Buffer.alloc(0)
  position = 0
  end = 0
  problem = ''

  /** Of the last string: where its characters begin and end, and whether it has escapes or bytes beyond ASCII. */
  stringStart = 0
  stringEnd = 0
  stringPlain = true
  stringHash = 0

  /** Of the last number: its digits as far as a double holds them, and what they mean. */
  mantissa = 0
  mantissaExact = true
  fractionDigits = 0
  negative = false
  hasExponent = false

  readonly #stack = new Uint8Array(JSON_DEPTH_MAX + 1)

  fail(problem: string, position = this.position): never {
    this.problem = problem
    this.position = position
    throw MALFORMED
  }

  /** The next byte that is no white space, or -1 at the end. */
  peek(): number {
    const { data, end } = this
    let { position } = this
    // Most JSON has no white space between its tokens.
    if (position < end) {
      const byte = data[position] as number
      if (byte > 0x20) return byte
    }
    while (position < end && WHITE[data[position] as number] === 1) position++
    this.position = position
    return position < end ? (data[position] as number) : -1
  }

  unexpected(): never {
    if (this.position >= this.end) return this.fail('it ends too early', this.end)
    const byte = this.data[this.position] as number
    const shown = byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16)}`
    return this.fail(`unexpected ${shown}`)
  }

  /** Takes the byte after white space, which must be this one. */
  expect(byte: number): void {
    if (this.peek() !== byte) this.unexpected()
    this.position++
  }

  /** Takes these bytes when they come next, without white space before them; true when it did. */
  takeToken(token: Uint8Array): boolean {
    const { data, position } = this
    const { length } = token
    if (position + length > this.end) return false
    for (let i = 0; i < length; i++) if (data[position + i] !== token[i]) return false
    this.position = position + length
    return true
  }

  /** Nothing but white space may follow. */
  expectEnd(): void {
    if (this.peek() !== -1) this.unexpected()
  }

  /** A string at the current position (its quote); sets the string* fields. */
  scanString(): void {
    const { data, end } = this
    let position = this.position + 1
    this.stringStart = position
    let hash = 0
    let bits = 0
    let plain = true
    for (;;) {
      if (position >= end) this.fail('it ends within a string', end)
      const byte = data[position] as number
      if (STRING_STOP[byte] === 0) {
        hash = (hash * 31 + byte) | 0
        bits |= byte
        position++
      } else if (byte === QUOTE) break
      else if (byte === BACKSLASH) {
        plain = false
        position = this.#escape(position + 1)
      } else this.fail(`unexpected byte 0x${byte.toString(16)} in a string`, position)
    }
    this.stringEnd = position
    this.stringPlain = plain && bits < 0x80
    this.stringHash = hash
    this.position = position + 1
  }

  #escape(position: number): number {
    const { data, end } = this
    const byte = position < end ? (data[position] as number) : 0
    if (ESCAPES[byte] === 1) return position + 1
    if (byte !== 0x75) this.fail('bad escape in a string', position - 1)
    for (let i = 1; i <= 4; i++) {
      if (position + i >= end || HEX[data[position + i] as number] === 0)
        this.fail('bad escape in a string', position - 1)
    }
    return position + 5
  }

  /** The last string. Throws MALFORMED where its bytes are no UTF-8; lone surrogates become U+FFFD. */
  stringText(): string {
    const { data, stringStart, stringEnd } = this
    if (this.stringPlain) return data.toString('latin1', stringStart, stringEnd)
    const text = this.text(stringStart - 1, stringEnd + 1)
    return text.includes('\\') ? (JSON.parse(text) as string).toWellFormed() : text.slice(1, -1)
  }

  /** The text of a part of the data. Throws MALFORMED where it is no UTF-8. */
  text(start: number, end: number): string {
    try {
      return utf8Decoder.decode(this.data.subarray(start, end))
    } catch {
      return this.fail('it is not valid UTF-8', start)
    }
  }

  /** Passes over a string at the current position (its quote). */
  skipString(): void {
    const { data, end } = this
    let position = this.position + 1
    for (;;) {
      if (position >= end) this.fail('it ends within a string', end)
      const byte = data[position] as number
      if (STRING_STOP[byte] === 0) position++
      else if (byte === QUOTE) break
      else if (byte === BACKSLASH) position = this.#escape(position + 1)
      else this.fail(`unexpected byte 0x${byte.toString(16)} in a string`, position)
    }
    this.position = position + 1
  }

  /** A number at the current position; sets mantissa and so on. */
  scanNumber(): void {
    const { data, end } = this
    let position = this.position
    const negative = data[position] === MINUS
    if (negative) position++
    const digitsStart = position
    let mantissa = 0
    let byte = position < end ? (data[position] as number) : 0
    while (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO)
      byte = ++position < end ? (data[position] as number) : 0
    }
    let digits = position - digitsStart
    if (digits === 0 || (digits > 1 && data[digitsStart] === ZERO)) {
      this.position = digits === 0 ? position : digitsStart + 1
      this.unexpected()
    }
    let fraction = 0
    if (byte === POINT) {
      const fractionStart = position + 1
      byte = ++position < end ? (data[position] as number) : 0
      while (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO)
        byte = ++position < end ? (data[position] as number) : 0
      }
      fraction = position - fractionStart
      if (fraction === 0) {
        this.position = position
        this.unexpected()
      }
      digits += fraction
    }
    this.hasExponent = byte === 0x65 || byte === 0x45
    if (this.hasExponent) position = this.#exponent(position)
    this.mantissa = mantissa
    this.mantissaExact = digits <= DIGITS_EXACT
    this.fractionDigits = fraction
    this.negative = negative
    this.position = position
  }

  #exponent(start: number): number {
    const { data, end } = this
    let position = start + 1
    if (position < end && (data[position] === PLUS || data[position] === MINUS)) position++
    const digitsStart = position
    while (position < end && (data[position] as number) >= ZERO && (data[position] as number) <= NINE) position++
    if (position === digitsStart) {
      this.position = position
      this.unexpected()
    }
    return position
  }

  /** `true`, `false` or `null` at the current position. */
  scanWord(word: Uint8Array): void {
    const { data, end, position } = this
    for (let i = 0; i < word.length; i++) {
      if (position + i >= end || data[position + i] !== word[i]) {
        this.position = Math.min(position + i, end)
        this.unexpected()
      }
    }
    this.position = position + word.length
  }

  /** Passes over one value of any kind, after white space. `depth` is that of the object or array it is in. */
  skipValue(depth: number): void {
    const first = this.peek()
    if (first !== OBJECT_OPEN && first !== ARRAY_OPEN) {
      this.skipScalar(first)
      return
    }
    const stack = this.#stack
    let level = 0
    for (;;) {
      const byte = this.peek()
      if (byte === OBJECT_OPEN || byte === ARRAY_OPEN) {
        if (depth + level >= JSON_DEPTH_MAX) this.fail(`it is nested deeper than ${JSON_DEPTH_MAX} levels`)
        this.position++
        const close = byte + 2
        if (this.peek() === close) this.position++
        else {
          stack[++level] = close
          if (close === OBJECT_CLOSE) this.skipKey()
          continue
        }
      } else this.skipScalar(byte)
      // A value has ended: close what ends with it, go on with what follows.
      for (;;) {
        if (level === 0) return
        const next = this.peek()
        if (next === stack[level]) {
          this.position++
          level--
        } else if (next === COMMA) {
          this.position++
          if (stack[level] === OBJECT_CLOSE) this.skipKey()
          break
        } else this.unexpected()
      }
    }
  }

  skipKey(): void {
    if (this.peek() !== QUOTE) this.unexpected()
    this.skipString()
    this.expect(COLON)
  }

  skipScalar(byte: number): void {
    if (byte === QUOTE) this.skipString()
    else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) this.scanNumber()
    else if (byte === 0x74) this.scanWord(TRUE)
    else if (byte === 0x66) this.scanWord(FALSE)
    else if (byte === 0x6e) this.scanWord(NULL)
    else this.unexpected()
  }
}

export const TRUE = new Uint8Array([0x74, 0x72, 0x75, 0x65])
export const FALSE = new Uint8Array([0x66, 0x61, 0x6c, 0x73, 0x65])
export const NULL = new Uint8Array([0x6e, 0x75, 0x6c, 0x6c])
