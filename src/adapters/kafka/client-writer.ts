import { Writer } from '@platformatic/kafka'

/**
 * Two things that the client (2.12.1) does not do well when it writes a record, mended in its `Writer`:
 *
 * - A 64-bit number is right only below 2^31. The only one of a record is its time less that of the first in its batch,
 *   in ms: of records 25 days apart in event time another time would be written, without a word.
 * - A record is left as some ten buffers of a few bytes each, which are handed on and joined again three times. Joined
 *   as soon as it is whole, 5,000 records of 100 bytes are written at 0.7 M a second instead of 0.3 M.
 *
 * `mendClientWriter` is for whoever produces, and can be called again.
 */
export function mendClientWriter(): void {
  Writer.prototype.appendVarInt64 = appendVarInt64
  Writer.prototype.prependVarIntLength = prependVarIntLength
}

const CLIENT_MAX = 2n ** 31n
/** Copying a larger record would cost more than its pieces do. */
const JOINED_BYTES_MAX = 4_096

const { appendVarInt64: clientAppendVarInt64, prependVarIntLength: clientPrependVarIntLength } = Writer.prototype

function appendVarInt64(this: Writer, value: bigint, append = true): Writer {
  if (value > -CLIENT_MAX && value < CLIENT_MAX) return clientAppendVarInt64.call(this, value, append)
  const bytes = zigzagBytes(value)
  return append ? this.append(bytes) : this.prepend(bytes)
}

/** The last step of writing a record. */
function prependVarIntLength(this: Writer): Writer {
  clientPrependVarIntLength.call(this)
  const { buffers } = this
  if (this.length <= JOINED_BYTES_MAX) buffers.splice(0, buffers.length, this.buffer)
  return this
}

/** The sign in the lowest bit, then seven bits a byte, the lowest first; all but the last have the highest bit set. */
function zigzagBytes(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
