import { describe, expect, test } from 'vitest'
import { AGGREGATE_FUNCTIONS } from '../../plan/bind/aggregates.ts'
import { SCALAR_FUNCTIONS } from '../../plan/bind/functions.ts'
import { WINDOW_FUNCTIONS } from '../../plan/bind/window-functions.ts'
import { aggregateIds } from '../aggregate/registry.ts'
import { SPECIAL_FORMS, scalarBodyIds } from './functions.ts'

describe('function bodies', () => {
  test('every scalar signature has a body, and every body a signature', () => {
    const bodies = [...scalarBodyIds(), ...SPECIAL_FORMS].sort()
    expect(bodies).toEqual(SCALAR_FUNCTIONS.map((entry) => entry.id).sort())
  })

  test('every aggregate signature has a body, and every body a signature', () => {
    // ROW_NUMBER() is a COUNT(*).
    const rankings = new Set(WINDOW_FUNCTIONS.flatMap(({ ranking }) => ranking ?? []))
    const ids = [...AGGREGATE_FUNCTIONS.map((entry) => entry.id), ...rankings]
    expect([...aggregateIds()].sort()).toEqual([...new Set(ids)].sort())
  })
})
