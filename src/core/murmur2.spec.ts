import { describe, expect, it } from 'vitest'
import { murmur2, partitionOf } from './murmur2.ts'

describe('murmur2', () => {
  // The values of Kafka's own UtilsTest.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is what the Java client computes', (text, hash) => {
    expect(murmur2(new TextEncoder().encode(text))).toBe(hash)
  })

  it('gives a partition within range for negative hashes too', () => {
    const key = new TextEncoder().encode('foobar')
    expect(partitionOf(key, 7)).toBe((-790332482 & 0x7fffffff) % 7)
  })
})
