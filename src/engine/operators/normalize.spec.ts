import { expect, test } from 'vitest'
import { DELETE, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import type { NormalizeStep } from '../../plan/physical/nodes.ts'
import { type Action, drive } from '../testing/drive.ts'
import { CHANGES } from '../testing/steps.ts'

const UPSERTS = { ...CHANGES, mode: 'upsert' } as const
const step: NormalizeStep = {
  kind: 'normalize',
  id: 'normalize-1',
  version: 1,
  inputs: ['t'],
  keys: [0],
  schema: CHANGES,
}

function row(k: string, v: number | null, kind: 0 | 1 | 2 | 3 = 0): Action {
  return { row: [k, v, 0], time: 0, kind }
}

const script: Action[] = [
  row('a', 1),
  row('a', 2), // an insert of a key that is there is an update
  row('a', 2, UPDATE_AFTER), // nothing changes
  row('b', 1, UPDATE_AFTER), // an update of a key that is not there is an insert
  row('a', 2, UPDATE_BEFORE),
  row('a', 3, UPDATE_AFTER),
  row('a', null, DELETE), // the key is enough
  row('a', null, DELETE), // not there any more
  row('a', 4),
]

const changes = [
  '+I a 1 0 @0',
  '-U a 1 0 @0',
  '+U a 2 0 @0',
  '+I b 1 0 @0',
  '-U a 2 0 @0',
  '+U a 3 0 @0',
  '-D a 3 0 @0',
  '+I a 4 0 @0',
]

test('upserts become changes with the old rows', () => {
  expect(drive(step, UPSERTS, script).output).toEqual(changes)
})

test('restarts and eviction change nothing', () => {
  expect(drive(step, UPSERTS, script, { restartEvery: 1, entriesMax: 0 }).output).toEqual(changes)
  expect(drive(step, UPSERTS, script, { batchRows: 100, restartEvery: 4 }).output).toEqual(changes)
})

test('a log that comes again gives nothing', () => {
  const log = [row('a', 1), row('b', 1)]
  expect(drive(step, UPSERTS, [...log, { checkpoint: 'restart' }, ...log]).output).toHaveLength(2)
})

test('an update that moves to another key takes the old one away', () => {
  const { output } = drive(step, UPSERTS, [row('a', 1), row('a', 1, UPDATE_BEFORE), row('b', 1, UPDATE_AFTER)])
  expect(output).toEqual(['+I a 1 0 @0', '-D a 1 0 @0', '+I b 1 0 @0'])
})
