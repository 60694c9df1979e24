import { describe, expect, it } from 'vitest'
import type { QueryActivity } from '../../runtime/query-activity.ts'
import type { OperatorDetail } from '../../runtime/task-detail.ts'
import { observationsOf, QUERY_INSTRUMENTS, SERIES_PER_QUERY_MAX } from './query-metrics.ts'
import { Rates } from './rates.ts'

const NOW_MS = 1_000_000

function operator(id: string, changed: Partial<OperatorDetail> = {}): OperatorDetail {
  return {
    id,
    rowsIn: 100,
    rowsOut: 90,
    busyMs: 1_500,
    stateEntries: 0,
    rowsWaiting: 0,
    rowsOverdue: 0,
    tableDelayMs: undefined,
    watermark: NOW_MS - 2_000,
    ...changed,
  }
}

function activity(operators: readonly OperatorDetail[]): QueryActivity {
  return {
    query: 'q',
    operators,
    messages: [],
    stats: {
      state: 'running',
      error: undefined,
      rowsIn: 100,
      rowsOut: 90,
      rowsLate: 1,
      rowsFailed: 2,
      rowsDuplicate: 3,
      recordsSkipped: 0,
      watermark: NOW_MS - 3_000,
      lagRecords: 7,
      stateBytes: 4_096,
      epoch: 12,
      checkpointMsP95: 25,
      lagMsP95: 140,
      restore: { records: 0, remaining: 0 },
    },
  }
}

function rates(): Rates {
  const rates = new Rates()
  rates.add([{ query: 'q', rowsIn: 0, rowsLate: 0, rowsDuplicate: 0 }], 0)
  rates.add([{ query: 'q', rowsIn: 100, rowsLate: 1, rowsDuplicate: 3 }], 10_000)
  return rates
}

const AROUND = {
  rates: rates(),
  standings: [
    { query: 'q', indicator: 'stream.lag_ms', held: false },
    { query: 'q', indicator: 'checkpoint.duration_ms', held: true },
    { query: 'other', indicator: 'stream.lag_ms', held: true },
  ],
  nowMs: NOW_MS,
}

/** `name{attributes} value`, without the query. */
function lines(operators: readonly OperatorDetail[]): readonly string[] {
  return observationsOf(activity(operators), AROUND).map(({ instrument, value, attributes }) => {
    const { query, ...rest } = attributes
    expect(query).toBe('q')
    return `${instrument}{${Object.values(rest).join()}} ${value}`
  })
}

describe('what is measured of a query', () => {
  it("has the mission's indicators under their names", () => {
    expect(lines([])).toEqual(
      expect.arrayContaining([
        'stream.lag_ms{0.95} 140',
        'stream.throughput_eps{} 10',
        'stream.duplicate_rate{} 0.03',
        'stream.late_event_rate{} 0.01',
        'checkpoint.duration_ms{0.95} 25',
      ]),
    )
  })

  it('has whether it holds its objectives', () => {
    expect(lines([]).filter((line) => line.startsWith('weir.objective'))).toEqual([
      'weir.objective.missed{stream.lag_ms} 1',
      'weir.objective.missed{checkpoint.duration_ms} 0',
    ])
  })

  it('has what each operator does: rows, time, state, watermark, and the delay of a table', () => {
    const observed = lines([
      operator('filter-1'),
      operator('temporal-join-1', { stateEntries: 5, tableDelayMs: 1_250 }),
    ])
    expect(observed.filter((line) => line.startsWith('weir.operator'))).toEqual([
      'weir.operator.rows{filter-1} 90',
      'weir.operator.busy{filter-1} 1.5',
      'weir.operator.rows{temporal-join-1} 90',
      'weir.operator.busy{temporal-join-1} 1.5',
      'weir.operator.state_entries{temporal-join-1} 5',
      'weir.operator.watermark_delay{temporal-join-1} 2',
      'weir.operator.table_delay{temporal-join-1} 1.25',
    ])
  })

  it('says nothing of a watermark before the first one', () => {
    const [scan] = [operator('scan', { stateEntries: 1, watermark: Number.NEGATIVE_INFINITY })]
    expect(lines([scan]).some((line) => line.includes('operator.watermark_delay'))).toBe(false)
  })

  it('is at most fifty series, and says how many operators have more', () => {
    const own = observationsOf(activity([]), AROUND).length
    const room = SERIES_PER_QUERY_MAX - own
    expect(room % 2).toBe(0)
    const fitting = Array.from({ length: room / 2 }, (_, i) => operator(`filter-${i}`))
    expect(lines(fitting)).toHaveLength(SERIES_PER_QUERY_MAX)
    expect(lines(fitting)).toContain('weir.series_left_out{} 0')
    const more = lines([...fitting, operator('one-more')])
    expect(more).toHaveLength(SERIES_PER_QUERY_MAX)
    expect(more).toContain('weir.series_left_out{} 2')
  })

  it('has a description and a unit for each instrument', () => {
    for (const { unit, description } of Object.values(QUERY_INSTRUMENTS)) {
      expect(unit).not.toBe('')
      expect(description).not.toBe('')
    }
  })
})
