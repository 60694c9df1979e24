import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openMemoryStorage } from '../../src/adapters/memory/memory-storage.ts'
import { windower } from '../../src/engine/window/windower.ts'
import { drive, type Step } from '../harness/drive.ts'
import { renderChange } from '../harness/render.ts'
import { windowsOf } from '../oracle/evaluate.ts'
import { openWorkload } from '../oracle/run-workload.ts'
import type { QuerySpec, StreamEvent, Window, Workload } from '../oracle/workload.ts'

/**
 * What must hold for windows whatever the input: how it is cut into batches, epochs and lives of a task does not
 * matter, no row is lost between windows and late rows, and partitions do not matter where nothing is late.
 */
const RUNS = 40

const durationMs = fc.integer({ min: 1, max: 12 })
const aligned: fc.Arbitrary<Exclude<Window, { kind: 'session' }>> = fc.oneof(
  fc.record({ kind: fc.constant('tumble' as const), sizeMs: durationMs, offsetMs: fc.integer({ min: -5, max: 5 }) }),
  fc
    .record({ slideMs: durationMs, times: fc.integer({ min: 1, max: 4 }), offsetMs: fc.integer({ min: 0, max: 4 }) })
    .map(({ slideMs, times, offsetMs }) => ({ kind: 'hop' as const, slideMs, sizeMs: slideMs * times, offsetMs })),
  fc
    .record({ stepMs: durationMs, times: fc.integer({ min: 1, max: 4 }) })
    .map(({ stepMs, times }) => ({ kind: 'cumulate' as const, stepMs, sizeMs: stepMs * times })),
)
const window: fc.Arbitrary<Window> = fc.oneof(
  aligned,
  fc.record({ kind: fc.constant('session' as const), gapMs: durationMs }),
)

const event = fc.record({
  ts: fc.integer({ min: -20, max: 60 }),
  partition: fc.integer({ min: 0, max: 1 }),
  k: fc.constantFrom('a', 'b', null),
  i: fc.option(fc.integer({ min: -3, max: 9 })),
})
const events = fc.array(event, { maxLength: 25 }).map((rows): StreamEvent[] =>
  rows.map(({ ts, partition, k, i }, id) => ({
    id,
    partition,
    ts,
    k,
    i: i === null ? null : BigInt(i),
    g: null,
    b: null,
    d: null,
    x: null,
    s: null,
  })),
)

const latenessMs = fc.constantFrom(0, 3, 100)
const delayMs = fc.constantFrom(0, 5, 200)

function workloadOf(rows: readonly StreamEvent[], of: Window, query: Partial<QuerySpec>, delay: number): Workload {
  const aggregate = (name: string, text: string) => ({ name, weir: text, duck: text, tolerance: 0 })
  return {
    stream: { partitions: 2, delayMs: delay, emit: { kind: 'on-event' } },
    events: rows,
    query: {
      window: of,
      spelling: of.kind === 'cumulate' ? 'table-function' : 'group',
      keys: [aggregate('k', 'k')],
      aggregates: [aggregate('n', 'COUNT(*)'), aggregate('total', 'SUM(i)'), aggregate('ids', 'ARRAY_AGG(id)')],
      where: undefined,
      having: undefined,
      latenessMs: 0,
      emit: 'final',
      ...query,
    },
  }
}

interface Ran {
  readonly lines: readonly string[]
  readonly counts: readonly number[]
  readonly rowsLate: number
}

async function run(workload: Workload, steps: Iterable<Step>, memoryEntriesMax = 100_000): Promise<Ran> {
  const world = await openWorkload(workload, openMemoryStorage(), memoryEntriesMax)
  const { rowsLate } = await drive(world, steps)
  const rows = await world.resultRows()
  const n = world.result.schema.fields.findIndex((field) => field.name === 'n')
  return {
    lines: rows.map(({ kind, row }) => renderChange(kind, row, world.result.schema)),
    counts: rows.map(({ row }) => Number(row[n])),
    rowsLate,
  }
}

function oneByOne(rows: readonly StreamEvent[]): Step[] {
  return rows.map(({ partition }) => ({ kind: 'read', partition, count: 1 }))
}

test('the windows of a time are those that the oracle finds by trying', () => {
  fc.assert(
    fc.property(aligned, fc.integer({ min: -300, max: 300 }), (spec, ts) => {
      const of = windower(spec.kind === 'cumulate' ? { ...spec, offsetMs: 0 } : spec)
      const found: [number, number][] = []
      for (let end = of.firstEnd(ts); end <= of.lastEnd(ts); end += of.stepMs) found.push([of.start(end), end])
      expect(found).toEqual(windowsOf(spec, ts))
    }),
  )
})

test('batches, epochs, restarts and little memory change no byte of a final result', async () => {
  const cuts = fc.array(fc.constantFrom('none', 'commit', 'restart' as const), { minLength: 30, maxLength: 30 })
  const emit = fc.constantFrom('final' as const, 'on-window-close' as const)
  await fc.assert(
    fc.asyncProperty(
      events,
      window,
      latenessMs,
      delayMs,
      emit,
      cuts,
      fc.boolean(),
      async (rows, of, lateness, delay, mode, cut, merge) => {
        const workload = workloadOf(rows, of, { latenessMs: lateness, emit: mode }, delay)
        const whole = await run(workload, oneByOne(rows))
        const steps: Step[] = []
        for (const [i, { partition }] of rows.entries()) {
          const last = steps.at(-1)
          if (merge && last?.kind === 'read' && last.partition === partition)
            steps[steps.length - 1] = { ...last, count: last.count + 1 }
          else steps.push({ kind: 'read', partition, count: 1 })
          if (cut[i] !== 'none') steps.push({ kind: 'commit' })
          if (cut[i] === 'restart') steps.push({ kind: 'restart' })
        }
        const other = await run(workload, steps, 1)
        expect(other.lines).toEqual(whole.lines)
      },
    ),
    { numRuns: RUNS },
  )
})

test('every row is in each of its windows or late for it', async () => {
  await fc.assert(
    fc.asyncProperty(events, aligned, latenessMs, delayMs, async (rows, of, lateness, delay) => {
      const { counts, rowsLate } = await run(workloadOf(rows, of, { latenessMs: lateness }, delay), oneByOne(rows))
      const pairs = rows.reduce((sum, row) => sum + windowsOf(of, row.ts).length, 0)
      expect(counts.reduce((sum, count) => sum + count, 0) + rowsLate).toBe(pairs)
    }),
    { numRuns: RUNS },
  )
})

test('where nothing is late, neither partitions nor the order of arrival matter', async () => {
  const none = { aggregates: [{ name: 'n', weir: 'COUNT(*)', duck: 'COUNT(*)', tolerance: 0 }], emit: 'final' as const }
  await fc.assert(
    fc.asyncProperty(events, window, fc.infiniteStream(fc.nat()), async (rows, of, order) => {
      // The watermark stays below the first row of all until the input ends.
      const straight = workloadOf(rows, of, none, 10_000)
      const numbers = rows.map(() => order.next().value as number)
      const shuffled = rows
        .map((row, i) => ({ ...row, partition: (numbers[i] as number) % 2, order: numbers[i] as number }))
        .sort((a, b) => a.order - b.order)
      const other = workloadOf(shuffled, of, none, 10_000)
      const [one, two] = [await run(straight, oneByOne(rows)), await run(other, oneByOne(shuffled))]
      expect(two.lines.toSorted()).toEqual(one.lines.toSorted())
      expect(one.rowsLate + two.rowsLate).toBe(0)
    }),
    { numRuns: RUNS },
  )
})
