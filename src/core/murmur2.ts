/**
 * The hash of Kafka's default partitioner (murmur2, seed 0x9747b28c), so that a key written here and by a Java producer
 * goes to the same partition. Source: org.apache.kafka.common.utils.Utils.murmur2 as documented; public domain
 * algorithm
 * by Austin Appleby.
 */
const SEED = 0x9747b28c
const M = 0x5bd1e995

export function murmur2(bytes: Uint8Array): number {
  let h = SEED ^ bytes.length
  const end = bytes.length & ~3
  for (let i = 0; i < end; i += 4) {
    let k =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    k = Math.imul(k, M)
    k ^= k >>> 24
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  const rest = bytes.length - end
  if (rest > 2) h ^= (bytes[end + 2] as number) << 16
  if (rest > 1) h ^= (bytes[end + 1] as number) << 8
  if (rest > 0) h = Math.imul(h ^ (bytes[end] as number), M)
  h = Math.imul(h ^ (h >>> 13), M)
  return (h ^ (h >>> 15)) | 0
}

/** The partition of a key, as Kafka's default partitioner chooses it. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}
