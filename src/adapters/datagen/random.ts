/** Numbers that follow from a seed and a row number alone: rows can be made in any order, any number of times. */

/** Mixes all bits of a row number below 2^53 with a seed (MurmurHash3's finalizer). */
export function hash(seed: number, row: number): number {
  let h = seed ^ Math.imul(row | 0, 0x9e3779b1) ^ Math.imul(Math.floor(row / 2 ** 32) | 0, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** From 0 to below 1, with 53 random bits. */
export function uniform(seed: number, row: number): number {
  const high = hash(seed, row) >>> 5
  const low = hash(seed ^ 0x5bd1e995, row) >>> 6
  return (high * 2 ** 26 + low) / 2 ** 53
}

/** A whole number from 0 to below `count`: each as likely, or, by Zipf's law, number k in proportion to 1 / (k + 1). */
export function pick(unit: number, count: number, zipf: boolean): number {
  const picked = zipf ? Math.floor(Math.exp(unit * Math.log(count + 1))) - 1 : Math.floor(unit * count)
  return Math.min(Math.max(picked, 0), count - 1)
}

/** The seed of one column: columns of a row are independent of each other. */
export function columnSeed(seed: number, name: string): number {
  let h = hash(0x1234567, seed)
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193)
  return hash(h, name.length)
}
