import { expect, it } from 'vitest'
import { chunkOf } from '../../../test/harness/chunk.ts'
import { must } from '../../core/assert.ts'
import { INSERT } from '../../core/batch.ts'
import { BIGINT } from '../../core/type.ts'
import { RowsDecoder, RowsEncoder } from './rows-format.ts'

const FIELD = { name: 'a', type: BIGINT, nullable: false }
const ENCODER = new RowsEncoder({ fields: [FIELD], key: [], timeColumn: undefined, mode: 'append' })
const decoder = () => new RowsDecoder([{ ...FIELD, from: 'value', path: ['a'] }], undefined)

/** A row whose bytes are changed. */
function changed(change: (bytes: Buffer) => Buffer) {
  const value = Buffer.from(must(ENCODER.encode([1n], INSERT, 0).value, 'a row is no tombstone'))
  return chunkOf(0, [{ key: null, value: change(value), timestamp: 0 }], 0)
}

it('a row that is damaged is bad, and named as such', () => {
  const { bad, length } = decoder().decode(changed((bytes) => bytes.subarray(0, 5)))
  expect(length).toBe(0)
  expect(bad).toMatchObject([{ index: 0, reason: expect.stringContaining('not a row of this relation') }])
})

it('a row of a later release is not left out: whoever reads it stops', () => {
  const later = changed((bytes) => {
    bytes[1] = 2
    return bytes
  })
  expect(() => decoder().decode(later)).toThrow('a row has version 2; this release reads up to 1')
})
