import { expect, it } from 'vitest'
import type { Checkpoint } from '../../engine/ports/state.ts'
import { checkpointRecord, decodeChangelog } from './changelog.ts'

const CHECKPOINT: Checkpoint = { epoch: 7, inputs: { scan: { 0: 12 } }, watermarks: {}, watermark: null, wallTimeMs: 5 }
const { key } = checkpointRecord(CHECKPOINT)
const decoded = (value: object) => decodeChangelog(key, Buffer.from(JSON.stringify(value)))

it('a checkpoint comes back as it was, also one from before it said its version', () => {
  const { value } = checkpointRecord(CHECKPOINT)
  expect(decodeChangelog(key, value)).toEqual({ kind: 'checkpoint', checkpoint: CHECKPOINT })
  expect(decoded(CHECKPOINT)).toEqual({ kind: 'checkpoint', checkpoint: CHECKPOINT })
})

it('a changelog of a later release is refused', () => {
  expect(() => decoded({ version: 2, ...CHECKPOINT })).toThrow('a changelog has version 2; this release reads up to 1')
})
