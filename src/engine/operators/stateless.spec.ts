import { describe, expect, test } from 'vitest'
import { BATCH_ROWS_MAX, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { arrayOf, BIGINT, BOOLEAN, INT, STRING, TIMESTAMP } from '../../core/type.ts'
import type { Expression } from '../../plan/physical/expression.ts'
import type { FilterStep, LimitStep, ProjectStep, UnnestStep, WindowAssignStep } from '../../plan/physical/nodes.ts'
import { type Action, drive, schemaOf } from '../testing/drive.ts'
import { CHANGES, ROWS } from '../testing/steps.ts'

const k: Expression = { kind: 'column', index: 0, type: STRING }
const v: Expression = { kind: 'column', index: 1, type: BIGINT }
const one: Expression = { kind: 'literal', value: 1, type: BIGINT }
/** Fails where v does not fit INT. */
const narrowed: Expression = { kind: 'cast', operand: v, safe: false, type: INT }
const base = { id: 'step', version: 1, inputs: ['input'] } as const
const TOO_LARGE = 2 ** 40

function row(key: string, value: number | null, kind: 0 | 1 | 2 | 3 = INSERT): Action {
  return { row: [key, value, 0], time: 0, kind }
}

describe('filter', () => {
  const predicate: Expression = {
    kind: 'call',
    function: 'less',
    arguments: [one, { kind: 'cast', operand: narrowed, safe: false, type: BIGINT }],
    type: BOOLEAN,
  }
  const filter = (mode: 'append' | 'upsert' | 'retract'): FilterStep => ({
    ...base,
    kind: 'filter',
    predicate,
    schema: { ...CHANGES, mode },
  })

  test('keeps the rows for which the predicate is TRUE, neither FALSE nor NULL', () => {
    const { output } = drive(filter('append'), ROWS, [row('a', 2), row('b', 1), row('c', null), row('d', 3)], {
      batchRows: 4,
    })
    expect(output).toEqual(['+I a 2 0 @0', '+I d 3 0 @0'])
  })

  test('a row that cannot be judged goes to the dead letter, the others are judged', () => {
    const { output, failures } = drive(filter('append'), ROWS, [row('a', 2), row('b', TOO_LARGE), row('c', 3)], {
      batchRows: 3,
    })
    expect(output).toEqual(['+I a 2 0 @0', '+I c 3 0 @0'])
    expect(failures).toHaveLength(1)
  })

  test('of an update both rows pass, none, or one, which is then an insert or a delete', () => {
    const update = (before: number, after: number): Action[] => [
      row('a', before, UPDATE_BEFORE),
      row('a', after, UPDATE_AFTER),
    ]
    const { output } = drive(filter('retract'), CHANGES, [
      ...update(2, 3),
      ...update(3, 1),
      ...update(1, 0),
      ...update(0, 4),
      row('a', 4, DELETE),
    ])
    expect(output).toEqual(['-U a 2 0 @0', '+U a 3 0 @0', '-D a 3 0 @0', '+I a 4 0 @0', '-D a 4 0 @0'])
  })

  test('an upsert that fails deletes its key', () => {
    const upserts = [row('a', 2, UPDATE_AFTER), row('a', 1, UPDATE_AFTER), row('b', 1)]
    const { output } = drive(filter('upsert'), { ...CHANGES, mode: 'upsert' }, upserts, { batchRows: 3 })
    expect(output).toEqual(['+U a 2 0 @0', '-D a 1 0 @0'])
  })
})

describe('project', () => {
  const project = (expressions: readonly Expression[], mode: 'append' | 'retract' = 'append'): ProjectStep => ({
    ...base,
    kind: 'project',
    expressions,
    schema: schemaOf({ v: INT, k: STRING }, { mode }),
  })

  test('computes columns; the event time stays', () => {
    const { output } = drive(project([narrowed, k]), ROWS, [{ row: ['a', 2, 7], time: 7 }])
    expect(output).toEqual(['+I 2 a @7'])
  })

  test('a row that cannot be computed goes to the dead letter, the others come out', () => {
    const { output, failures } = drive(project([narrowed, k]), ROWS, [row('a', 2), row('b', TOO_LARGE), row('c', 3)], {
      batchRows: 3,
    })
    expect(output).toEqual(['+I 2 a @0', '+I 3 c @0'])
    expect(failures).toHaveLength(1)
  })

  test('an update of which one row cannot be computed is an insert or a delete', () => {
    const { output } = drive(project([narrowed, k], 'retract'), CHANGES, [
      row('a', 2, UPDATE_BEFORE),
      row('a', TOO_LARGE, UPDATE_AFTER),
      row('a', TOO_LARGE, UPDATE_BEFORE),
      row('a', 3, UPDATE_AFTER),
    ])
    expect(output).toEqual(['-D 2 a @0', '+I 3 a @0'])
  })
})

describe('limit', () => {
  const limit: LimitStep = { ...base, kind: 'limit', count: 3, schema: CHANGES }

  test('ends after so many rows, an update being one, restarts included', () => {
    const actions = [row('a', 1), row('a', 1, UPDATE_BEFORE), row('a', 2, UPDATE_AFTER), row('b', 1), row('c', 1)]
    const expected = ['+I a 1 0 @0', '-U a 1 0 @0', '+U a 2 0 @0', '+I b 1 0 @0']
    expect(drive(limit, CHANGES, actions).output).toEqual(expected)
    expect(drive(limit, CHANGES, actions, { batchRows: 10 }).output).toEqual(expected)
    const parts: Action[] = [row('a', 1), { checkpoint: 'restart' }, row('b', 1), { checkpoint: 'restart' }]
    expect(drive(limit, CHANGES, [...parts, row('c', 1), row('d', 1)]).output).toHaveLength(3)
  })
})

describe('window-assign', () => {
  const assign = (window: WindowAssignStep['window'], rest: Partial<WindowAssignStep> = {}): WindowAssignStep => ({
    ...base,
    kind: 'window-assign',
    window,
    time: 'event',
    latePolicy: { allowedLatenessMs: 0, into: undefined, columns: [] },
    schema: schemaOf(
      { k: STRING, v: BIGINT, ts: TIMESTAMP, window_start: TIMESTAMP, window_end: TIMESTAMP },
      { mode: 'retract' },
    ),
    ...rest,
  })
  const hop = { kind: 'hop', slideMs: 5, sizeMs: 10, offsetMs: 0 } as const

  test('each row once for each of its windows, at the last millisecond of it', () => {
    const { output } = drive(assign(hop), ROWS, [{ row: ['a', 1, 7], time: 7 }])
    expect(output).toEqual(['+I a 1 7 0 10 @9', '+I a 1 7 5 15 @14'])
  })

  test('windows that are over get no row: it is late for them', () => {
    const latePolicy = { allowedLatenessMs: 0, into: 'late_rows', columns: [0] }
    const { output, late } = drive(assign(hop, { latePolicy }), ROWS, [
      { watermark: 10 },
      { row: ['a', 1, 7], time: 7 },
    ])
    expect(output).toEqual(['+I a 1 7 5 15 @14'])
    expect(late).toEqual(['a 3 10 0 10 query'])
  })

  test('an update is one in each window, and two changes where its rows are in different windows', () => {
    const { output } = drive(assign(hop), CHANGES, [
      { row: ['a', 1, 7], time: 7, kind: UPDATE_BEFORE },
      { row: ['a', 2, 8], time: 8, kind: UPDATE_AFTER },
      { row: ['a', 2, 8], time: 8, kind: UPDATE_BEFORE },
      { row: ['a', 3, 12], time: 12, kind: UPDATE_AFTER },
    ])
    expect(output).toEqual([
      '-U a 1 7 0 10 @9',
      '+U a 2 8 0 10 @9',
      '-U a 1 7 5 15 @14',
      '+U a 2 8 5 15 @14',
      '-D a 2 8 0 10 @9',
      '-D a 2 8 5 15 @14',
      '+I a 3 12 5 15 @14',
      '+I a 3 12 10 20 @19',
    ])
  })

  test('a batch that grows is handed on in batches of bounded size, updates whole', () => {
    const wide = { kind: 'hop', slideMs: 1, sizeMs: 1023, offsetMs: 0 } as const
    const update: Action[] = [
      { row: ['a', 1, 7], time: 7, kind: UPDATE_BEFORE },
      { row: ['a', 2, 7], time: 7, kind: UPDATE_AFTER },
    ]
    // The driver checks sizes and pairs.
    expect(drive(assign(wide), CHANGES, [...update, row('b', 1)], { batchRows: 3 }).output).toHaveLength(3 * 1023)
  })

  test('without event time there is no window; processing time needs none', () => {
    const untimed: Action = { row: ['a', 1, null], time: Number.NaN }
    expect(drive(assign(hop), ROWS, [untimed]).failures).toEqual(['the event time is NULL: a,1,'])
    const clock = assign({ kind: 'tumble', sizeMs: 10, offsetMs: 0 }, { time: 'processing' })
    expect(drive(clock, ROWS, [{ now: 12 }, untimed]).output).toEqual(['+I a 1 NULL 10 20 @19'])
  })
})

describe('unnest', () => {
  const LISTS = schemaOf({ k: STRING, list: arrayOf(BIGINT) })
  const unnest = (mode: 'append' | 'retract', outer = false): UnnestStep => ({
    ...base,
    kind: 'unnest',
    expression: { kind: 'column', index: 1, type: arrayOf(BIGINT) },
    ordinality: true,
    outer,
    schema: schemaOf({ k: STRING, list: arrayOf(BIGINT), v: BIGINT, n: BIGINT }, { mode }),
  })
  const list = (key: string, elements: readonly number[] | null, kind: 0 | 1 | 2 | 3 = INSERT): Action => ({
    row: [key, elements],
    time: 5,
    kind,
  })
  const short = (output: readonly string[]) => output.map((line) => `${line.slice(0, 4)} ${line.split(' ').slice(-3)}`)

  test('gives more rows than a batch holds in several, with the places counted through', () => {
    const elements = Array.from({ length: 2 * BATCH_ROWS_MAX + 1 }, (_, i) => 10 * i)
    const { output } = drive(unnest('append'), LISTS, [list('a', elements), list('b', [7])], { batchRows: 4 })
    expect(output).toHaveLength(elements.length + 1)
    const count = elements.length
    expect(short(output.slice(-2))).toEqual([`+I a ${10 * (count - 1)},${count},@5`, '+I b 7,1,@5'])
  })

  test('takes back the elements of an old row, of which there may be more or fewer', () => {
    const { output } = drive(unnest('retract', true), { ...LISTS, mode: 'retract' }, [
      list('a', [1, 2]),
      list('a', [1, 2], UPDATE_BEFORE),
      list('a', null, UPDATE_AFTER),
      list('a', null, DELETE),
    ])
    expect(short(output)).toEqual([
      '+I a 1,1,@5',
      '+I a 2,2,@5',
      '-D a 1,1,@5',
      '-D a 2,2,@5',
      '+I a NULL,NULL,@5',
      '-D a NULL,NULL,@5',
    ])
  })
})
