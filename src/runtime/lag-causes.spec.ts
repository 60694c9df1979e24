import { describe, expect, it } from 'vitest'
import { activityOf, lagCauses, type TaskActivity } from './lag-causes.ts'
import type { PartitionDetail, TaskDetail } from './task-detail.ts'

interface Given {
  readonly busy?: Readonly<Record<string, number>>
  readonly commitMs?: number
  readonly prepareMs?: number
  readonly lookupMs?: number
  readonly outputMs?: number
  /** Of the partitions, in their order. */
  readonly lag: readonly number[]
  readonly eventTimes?: readonly number[]
  readonly holdsBack?: number
  readonly rows?: number
}

/** One task in one second. */
function task({ busy = {}, rows = 0, ...given }: Given): TaskActivity {
  const { commitMs = 0, prepareMs = 0, lookupMs = 0, outputMs = 0 } = given
  const partitions = given.lag.map((lagRecords, partition): PartitionDetail => {
    const eventTimeMs = given.eventTimes?.[partition] ?? 0
    return { scan: 'scan-s', source: 's', partition, lagRecords, eventTimeMs, holdsBack: given.holdsBack === partition }
  })
  const operators = Object.keys(busy).map((id) => {
    return {
      id,
      rowsIn: 0,
      rowsOut: 0,
      busyMs: 0,
      stateEntries: 0,
      rowsWaiting: 0,
      rowsOverdue: 0,
      tableDelayMs: undefined,
      watermark: 0,
    }
  })
  return {
    elapsedMs: 1_000,
    busyMs: new Map(Object.entries(busy)),
    rowsOut: new Map(),
    rowsIn: new Map([['scan-s', rows]]),
    commitMs,
    prepareMs,
    lookupMs,
    outputMs,
    now: { atMs: 1_000, operators, partitions, times: { commitMs, prepareMs, lookupMs, outputMs } },
  }
}

describe('the cause of lag', () => {
  it.each<[string, readonly TaskActivity[], readonly string[]]>([
    ['is none without lag', [task({ lag: [0, 0], busy: { a: 990 } })], []],
    ['is none for what is on its way', [task({ lag: [1_000] })], []],
    ['is none for less than a second of its pace', [task({ lag: [50_000], rows: 60_000, busy: { a: 990 } })], []],
    [
      'is the operator that takes the most time',
      [task({ lag: [30_000, 30_000], busy: { 'scan-s': 200, 'project-1': 700, 'sink-1': 50 } })],
      ['slow operator: project-1 takes 70 % of the time, of 95 % that the task works'],
    ],
    [
      'is the partition that has most of it, and then what its task does',
      [task({ lag: [100], busy: { a: 10 } }), task({ lag: [90_000], busy: { a: 800 } }), task({ lag: [100] })],
      [
        'skewed partition: partition 0 of "s" has 100 % of the lag, 90000 of 90200 records; a key with many values, or none, may be what fills it',
        'slow operator: a takes 80 % of the time, of 80 % that the task works',
      ],
    ],
    [
      'is no partition that has little more than others',
      [task({ lag: [50_000, 20_000, 20_000], busy: { a: 900 } })],
      ['slow operator: a takes 90 % of the time, of 90 % that the task works'],
    ],
    [
      'is a call to the outside',
      [task({ lag: [5_000], prepareMs: 800, busy: { a: 100 } })],
      ['external call: 80 % of the time goes to waiting for the schema registry'],
    ],
    [
      'is a table that is looked up',
      [task({ lag: [5_000], lookupMs: 800, busy: { a: 100 } })],
      ['external call: 80 % of the time goes to waiting for rows of tables that are looked up'],
    ],
    [
      'is the reader of the results',
      [task({ lag: [5_000], outputMs: 900, busy: { a: 100 } })],
      ['its reader: 90 % of the time goes to waiting for who takes the results'],
    ],
    [
      'is the commit',
      [task({ lag: [5_000], commitMs: 400, busy: { a: 300 } })],
      ['commits: 40 % of the time goes to waiting for the broker or the disk to commit'],
    ],
    [
      'is the broker where there is nothing else',
      [task({ lag: [5_000], commitMs: 100, busy: { a: 200 } })],
      ['the broker, or the machine: the task works 20 % of the time, and waits 70 % for records of "s"'],
    ],
    [
      'of a watermark is the partition that holds it, with lag or without',
      [task({ lag: [0, 0], eventTimes: [100_000, 40_000], holdsBack: 1 })],
      [
        'watermark held back: partition 1 of "s" holds it, its rows are 60.0 s of event time behind those of the furthest; IDLE TIMEOUT of the watermark lets a quiet partition go',
      ],
    ],
    [
      'of a watermark is a partition without a row',
      [task({ lag: [0, 0], eventTimes: [100_000, Number.NEGATIVE_INFINITY], holdsBack: 1 })],
      [
        'watermark held back: partition 1 of "s" holds it, no row has come there yet; IDLE TIMEOUT of the watermark lets a quiet partition go',
      ],
    ],
    [
      'of a watermark is none where partitions are close, or none holds it',
      [
        task({ lag: [0, 0], eventTimes: [100_000, 95_000], holdsBack: 1 }),
        task({ lag: [0, 0], eventTimes: [100_000, 0] }),
      ],
      [],
    ],
  ])('%s', (_, tasks, causes) => {
    expect(lagCauses(tasks)).toEqual(causes)
  })

  it('is not told of a task that was built anew between the two looks', () => {
    const detail = (atMs: number, busyMs: number, commitMs: number): TaskDetail => ({
      atMs,
      operators: [
        {
          id: 'a',
          rowsIn: 0,
          rowsOut: 0,
          busyMs,
          stateEntries: 0,
          rowsWaiting: 0,
          rowsOverdue: 0,
          tableDelayMs: undefined,
          watermark: 0,
        },
      ],
      partitions: [],
      times: { commitMs, prepareMs: 0, lookupMs: 0, outputMs: 0 },
    })
    expect(activityOf(detail(0, 100, 10), detail(1_000, 300, 30))).toMatchObject({ elapsedMs: 1_000, commitMs: 20 })
    expect(activityOf(detail(0, 100, 10), detail(1_000, 50, 30))).toBeUndefined()
    expect(activityOf(detail(0, 100, 10), detail(1_000, 200, 5))).toBeUndefined()
    expect(activityOf(detail(0, 100, 10), detail(0, 200, 20))).toBeUndefined()
  })
})
