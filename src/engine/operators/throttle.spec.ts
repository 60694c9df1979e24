import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { END_OF_TIME } from '../../core/time.ts'
import type { ThrottleStep } from '../../plan/physical/nodes.ts'
import { type Action, drive } from '../testing/drive.ts'
import { CHANGES } from '../testing/steps.ts'

const RETRACT: ThrottleStep = {
  id: 'throttle-1',
  version: 1,
  kind: 'throttle',
  inputs: ['scan-s'],
  schema: CHANGES,
  keys: [0],
  everyMs: 100,
}
const UPSERTS = { ...CHANGES, mode: 'upsert' } as const
const UPSERT: ThrottleStep = { ...RETRACT, schema: UPSERTS }

function insert(k: string, v: number): Action {
  return { row: [k, v, v], time: v, kind: INSERT }
}

function update(k: string, before: number, after: number): Action[] {
  return [
    { row: [k, before, before], time: after, kind: UPDATE_BEFORE },
    { row: [k, after, after], time: after, kind: UPDATE_AFTER },
  ]
}

function remove(k: string, v: number): Action {
  return { row: [k, v, v], time: v, kind: DELETE }
}

test('the first change goes at once, those that follow wait for the next round and come as one', () => {
  const first = [{ now: 1000 }, insert('a', 1)]
  const more = [...update('a', 1, 2), ...update('a', 2, 3), insert('b', 7), { now: 1099 }]
  expect(drive(RETRACT, CHANGES, [...first, ...more]).output).toEqual(['+I a 1 1 @1'])
  expect(drive(RETRACT, CHANGES, [...first, ...more, { now: 1100 }]).output).toEqual([
    '+I a 1 1 @1',
    '-U a 1 1 @3',
    '+U a 3 3 @3',
    '+I b 7 7 @7',
  ])
})

test('what is as it was told is not told again', () => {
  const actions = [
    { now: 1000 },
    insert('a', 1),
    ...update('a', 1, 2),
    ...update('a', 2, 1),
    insert('b', 3),
    remove('b', 3),
    insert('c', 4),
    ...update('c', 4, 5),
    { now: 2000 },
    ...update('c', 5, 6),
    remove('c', 6),
    { now: 3000 },
  ]
  expect(drive(RETRACT, CHANGES, actions).output).toEqual(['+I a 1 1 @1', '+I c 5 5 @5', '-D c 5 5 @6'])
})

test('of upserts the last of a key is told, and each delete', () => {
  const set = (k: string, v: number): Action => ({ row: [k, v, v], time: v, kind: UPDATE_AFTER })
  const actions = [{ now: 1000 }, set('x', 1), set('a', 2), set('a', 3), set('b', 4), remove('b', 4), { now: 1100 }]
  expect(drive(UPSERT, UPSERTS, actions).output).toEqual(['+U x 1 1 @1', '+U a 3 3 @3', '-D b 4 4 @4'])
})

test('a checkpoint and the end of the input let go what waits', () => {
  const waiting = [{ now: 1000 }, insert('a', 1), insert('b', 2)]
  expect(drive(RETRACT, CHANGES, waiting).output).toHaveLength(1)
  expect(drive(RETRACT, CHANGES, [...waiting, { checkpoint: 'restart' }]).output).toHaveLength(2)
  expect(drive(RETRACT, CHANGES, [...waiting, { watermark: END_OF_TIME }]).output).toHaveLength(2)
})

test('the watermark does not overtake what waits', () => {
  // The driver checks at every call that no row is behind the watermark that was given on.
  const actions = [{ now: 1000 }, insert('a', 1), insert('b', 2), { watermark: 50 }, { now: 1100 }, insert('c', 60)]
  expect(drive(RETRACT, CHANGES, actions).output.slice(0, 2)).toEqual(['+I a 1 1 @1', '+I b 2 2 @2'])
})

test('whatever the changes, their fold is the same as without', () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    waitMs: fc.constantFrom(0, 30, 100),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const rows = new Map<string, number>()
      const actions: Action[] = []
      let now = 0
      for (const { key, value, waitMs } of changes) {
        const before = rows.get(key)
        if (before !== undefined && value !== undefined) actions.push(...update(key, before, value))
        else if (before !== undefined) actions.push(remove(key, before))
        else if (value !== undefined) actions.push(insert(key, value))
        if (value === undefined) rows.delete(key)
        else rows.set(key, value)
        actions.push({ now: (now += waitMs) })
      }
      const folded = new Map<string, number>()
      for (const line of drive(RETRACT, CHANGES, [...actions, { watermark: END_OF_TIME }]).output) {
        const [kind, key = '', value] = line.split(' ')
        if (kind === '-U' || kind === '-D') {
          expect(folded.get(key)).toBe(Number(value))
          folded.delete(key)
        } else {
          expect(folded.has(key)).toBe(false)
          folded.set(key, Number(value))
        }
      }
      expect(folded).toEqual(rows)
    }),
  )
})
