// The comparison itself: what it takes for the same, and that it does see a difference.

import { describe, expect, it } from 'vitest'
import { finalRows, onlyIn } from './rows.ts'

const values = (...list: readonly string[]) => list.map((value) => ({ key: null, value }))

describe('rows of two topics', () => {
  it.each([
    ['fields in another order', '{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['zeros behind the point', '{"a":3.50,"b":3.0}', '{"a":3.5,"b":3}'],
    ['an instant with and without milliseconds', '{"t":"2026-01-15T12:00:00Z"}', '{"t":"2026-01-15T12:00:00.000Z"}'],
    ['the last digits of a double', '{"d":0.30000000000000004}', '{"d":0.3}'],
  ])('are the same with %s', (_, a, b) => {
    expect(finalRows(values(a), 'PLAIN')).toEqual(finalRows(values(b), 'PLAIN'))
  })

  it.each([
    ['another number', '{"a":3.50}', '{"a":3.51}'],
    ['another digit of a large integer', '{"a":9007199254740993}', '{"a":9007199254740992}'],
    ['NULL for nothing', '{"a":null}', '{}'],
    ['a text for a number', '{"a":"1"}', '{"a":1}'],
    ['another millisecond', '{"t":"2026-01-15T12:00:00Z"}', '{"t":"2026-01-15T12:00:00.001Z"}'],
  ])('differ in %s', (_, a, b) => {
    expect(finalRows(values(a), 'PLAIN')).not.toEqual(finalRows(values(b), 'PLAIN'))
  })

  it('are counted: a row twice is not a row once', () => {
    const [once, twice] = [finalRows(values('{"a":1}'), 'PLAIN'), finalRows(values('{"a":1}', '{"a":1}'), 'PLAIN')]
    expect(onlyIn(twice, once)).toHaveLength(1)
    expect(onlyIn(once, twice)).toEqual([])
  })

  it('of upserts are the last of each key, without those that were deleted', () => {
    const rows = finalRows(
      [
        { key: '1', value: '{"k":1,"n":1}' },
        { key: '2', value: '{"k":2,"n":1}' },
        { key: '1', value: '{"k":1,"n":2}' },
        { key: '2', value: null },
      ],
      'UPSERT',
    )
    expect(rows).toEqual(['1 → {"k":"#1","n":"#2"}'])
  })
})
