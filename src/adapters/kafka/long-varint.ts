import { Writer } from '@platformatic/kafka'

/**
 * The client (2.12.1) writes a 64-bit number of a record right only below 2^31, and the only such number is the time of
 * a record less that of the first in its batch, in ms: of records 25 days apart in event time it would write another
 * time, without a word. Larger ones are written here. `mendLongVarInts` is for whoever produces, and can be called again.
 */
const CLIENT_MAX = 2n ** 31n

const clientAppend = Writer.prototype.appendVarInt64

export function mendLongVarInts(): void {
  Writer.prototype.appendVarInt64 = appendVarInt64
}

function appendVarInt64(this: Writer, value: bigint, append = true): Writer {
  if (value > -CLIENT_MAX && value < CLIENT_MAX) return clientAppend.call(this, value, append)
  const bytes = zigzagBytes(value)
  return append ? this.append(bytes) : this.prepend(bytes)
}

/** The sign in the lowest bit, then seven bits a byte, the lowest first; all but the last have the highest bit set. */
function zigzagBytes(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}
