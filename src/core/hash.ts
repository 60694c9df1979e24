/**
 * Hashes of bytes that are the same in every version: results and state depend on them. MurmurHash3 (x86, 32 bit);
 * two seeds together make 64 bits. Not for secrets.
 */
export function hash32(bytes: Uint8Array, seed: number): number {
  let h = seed | 0
  const blocks = bytes.length & ~3
  for (let i = 0; i < blocks; i += 4) {
    const k =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    h ^= scramble(k)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = bytes.length - 1; i >= blocks; i--) tail = (tail << 8) | (bytes[i] as number)
  if (bytes.length > blocks) h ^= scramble(tail)
  h ^= bytes.length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function scramble(block: number): number {
  const k = Math.imul(block, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

/** A signed 64-bit hash. */
export function hash64(bytes: Uint8Array): bigint {
  return BigInt.asIntN(64, (BigInt(hash32(bytes, 0)) << 32n) | BigInt(hash32(bytes, 1)))
}
