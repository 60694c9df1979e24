import { describe, expect, it } from 'vitest'
import { decodePack, encodePack } from './row-pack.ts'

function entriesOf(pack: Uint8Array): Uint8Array[] | undefined {
  const positions: number[] = []
  if (!decodePack(pack, 0, pack.length, positions)) {
    expect(positions, 'nothing is added').toEqual([])
    return undefined
  }
  return Array.from({ length: positions.length / 2 }, (_, i) => pack.slice(positions[2 * i], positions[2 * i + 1]))
}

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value)

describe('a pack', () => {
  it.each([[[1]], [[0, 3, 0]], [[127, 128, 129]], [[16_383, 16_384, 1]], [[70_000]]])(
    'gives back entries of %j bytes',
    (lengths) => {
      const entries = lengths.map((length, i) => bytes(length, i))
      expect(entriesOf(encodePack(entries))).toEqual(entries)
    },
  )

  it('lies anywhere in a buffer', () => {
    const pack = encodePack([bytes(2, 1), bytes(3, 2)])
    const data = Uint8Array.from([9, 9, ...pack, 9])
    const positions: number[] = []
    expect(decodePack(data, 2, 2 + pack.length, positions)).toBe(true)
    expect(positions).toEqual([4, 6, 7, 10])
  })

  it('that is cut off, or says a length that it does not have, is none', () => {
    const pack = encodePack([bytes(200, 1), bytes(3, 2)])
    const whole = [1, 203]
    for (let length = 2; length < pack.length; length++) {
      if (whole.includes(length)) continue
      expect(entriesOf(pack.slice(0, length)), `${length} of ${pack.length} bytes`).toBeUndefined()
    }
    expect(entriesOf(Uint8Array.from([0xf2, 0xff, 0xff, 0xff, 0xff, 0xff, 1]))).toBeUndefined()
    expect(entriesOf(Uint8Array.from([0xf2, 0xff, 0xff, 0xff, 0xff, 0x7f, 1]))).toBeUndefined()
  })

  it.each([0, 3, 0xf0, 0xf1])('is not what begins with %i', (tag) => {
    expect(entriesOf(Uint8Array.from([tag, 1, 7]))).toBeUndefined()
  })
})
