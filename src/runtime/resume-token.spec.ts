import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../core/errors.ts'
import { decodeResumeToken, encodeResumeToken, SEGMENTS_MAX } from './resume-token.ts'

const position = { name: 'v', topic: 'weir.results.v.1', offset: 7, segments: [], inSnapshot: false }

describe('a resume token', () => {
  it('holds any position', () => {
    const segment = fc.record({
      upTo: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
      offset: fc.nat(),
    })
    const positions = fc.record({
      name: fc.string(),
      topic: fc.string(),
      offset: fc.maxSafeNat(),
      segments: fc.array(segment, { maxLength: 8 }),
      inSnapshot: fc.boolean(),
    })
    fc.assert(
      fc.property(positions, (one) => {
        expect(decodeResumeToken(encodeResumeToken(one), one.name)).toEqual(one)
      }),
    )
  })

  it('of another view is refused', () => {
    expect(() => decodeResumeToken(encodeResumeToken(position), 'w')).toThrow('belongs to "v", not to "w"')
  })

  it('may have as many segments as the limit says, and no more', () => {
    const segments = Array.from({ length: SEGMENTS_MAX }, (_, offset) => ({ upTo: undefined, offset }))
    expect(decodeResumeToken(encodeResumeToken({ ...position, segments }), 'v').segments).toHaveLength(SEGMENTS_MAX)
    const tooMany = [...segments, { upTo: undefined, offset: 1 }]
    expect(() => decodeResumeToken(encodeResumeToken({ ...position, segments: tooMany }), 'v')).toThrow('malformed')
  })

  it('that is not ours gives one clear error, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(toToken)), (text) => {
        try {
          decodeResumeToken(text, 'v')
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
          expect((error as AppError).code).toBe('INVALID_ARGUMENT')
          return
        }
        throw new Error(`accepted ${text}`)
      }),
    )
  })
})

function toToken(json: string): string {
  return Buffer.from(json).toString('base64url')
}
