/**
 * Keys of the four LMDB tables. Numbers are big-endian, so that byte order is number order; names get a number once,
 * which is never used again, so that keys stay short and a dropped task's leftovers can never be read by a new one.
 */

/** LMDB's own limit with pages of 4 KiB. */
export const KEY_BYTES_MAX = 1978

const HIGH = 2 ** 32

export function prefixKey(first: number, second: number): Uint8Array {
  const key = new Uint8Array(8)
  const view = new DataView(key.buffer)
  view.setUint32(0, first)
  view.setUint32(4, second)
  return key
}

/** Everything whose first number is `first` lies in [numberKey(first), numberKey(first + 1)). */
export function numberKey(first: number): Uint8Array {
  const key = new Uint8Array(4)
  new DataView(key.buffer).setUint32(0, first)
  return key
}

export function frameKey(topic: number, partition: number, base: number): Uint8Array {
  const key = new Uint8Array(16)
  const view = new DataView(key.buffer)
  view.setUint32(0, topic)
  view.setUint32(4, partition)
  view.setUint32(8, Math.floor(base / HIGH))
  view.setUint32(12, base >>> 0)
  return key
}

export function frameKeyBase(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.length)
  return view.getUint32(8) * HIGH + view.getUint32(12)
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function textKey(prefix: string, text: string): Uint8Array {
  return encoder.encode(prefix + text)
}

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text)
}

export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** The least key after all that begin with `prefix`, which is not all 0xff. */
export function afterPrefix(prefix: Uint8Array): Uint8Array {
  const end = new Uint8Array(prefix)
  for (let i = end.length - 1; i >= 0; i--) {
    if (end[i] !== 0xff) {
      end[i] = (end[i] as number) + 1
      return end.subarray(0, i + 1)
    }
  }
  return end
}

/** Numbers stored side by side. Copied, as LMDB's buffers may begin at any byte. */
export function floats(bytes: Uint8Array): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer)
}
