import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import { comparator, equalValues } from '../../src/core/compare.ts'
import { EvaluationError } from '../../src/core/evaluation-error.ts'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  BYTES,
  DOUBLE,
  decimal,
  INT,
  INTERVAL,
  type SqlType,
  STRING,
  TIMESTAMP,
} from '../../src/core/type.ts'
import type { Value } from '../../src/core/value.ts'
import { type AggregateSet, compileAggregates } from '../../src/engine/aggregate/aggregate-set.ts'
import type { AggregateCall } from '../../src/plan/physical/nodes.ts'
import { value } from './support/value-arbitraries.ts'

// Random rows are added, taken away, split over accumulators, stored and loaded; the result must be that of the rows
// that are left, computed in the most obvious way.

const MONEY = decimal(12, 2)
const COLUMNS: readonly SqlType[] = [
  INT,
  BIGINT,
  DOUBLE,
  MONEY,
  STRING,
  BOOLEAN,
  TIMESTAMP,
  BYTES,
  INTERVAL,
  arrayOf(INT),
]
const [INT_COLUMN, BIGINT_COLUMN, DOUBLE_COLUMN, MONEY_COLUMN, STRING_COLUMN, BOOLEAN_COLUMN] = [0, 1, 2, 3, 4, 5]

interface Options {
  readonly distinct?: boolean
  readonly filter?: number
  readonly constants?: readonly Value[]
}

function call(name: string, columns: readonly number[], type: SqlType, options: Options = {}): AggregateCall {
  return {
    function: name,
    arguments: columns,
    argumentTypes: columns.map((column) => COLUMNS[column] as SqlType),
    constants: (options.constants ?? []).map((one) => ({
      kind: 'literal',
      value: one as number | string,
      type: typeof one === 'number' ? DOUBLE : STRING,
    })),
    distinct: options.distinct ?? false,
    filter: options.filter,
    type,
  }
}

const everyColumn = COLUMNS.map((type, column) => ({ type, column }))

/** Exact functions, and those whose values here make them exact. */
const CALLS: readonly AggregateCall[] = [
  call('count', [], BIGINT),
  call('count', [], BIGINT, { filter: BOOLEAN_COLUMN }),
  ...everyColumn.flatMap(({ type, column }) => [
    call('count', [column], BIGINT),
    call('count', [column], BIGINT, { distinct: true }),
    call('min', [column], type),
    call('max', [column], type, { filter: BOOLEAN_COLUMN }),
    call('collect_set', [column], arrayOf(type)),
    call('array_agg', [column], arrayOf(type)),
    call('array_agg', [column], arrayOf(type), { distinct: true }),
    call('arg_min', [column, BIGINT_COLUMN], type),
    call('arg_max', [column, STRING_COLUMN], type),
    call('first_value', [column], type),
    call('last_value', [column], type),
  ]),
  call('sum', [INT_COLUMN], BIGINT),
  call('sum', [BIGINT_COLUMN], decimal(38, 0)),
  call('sum', [MONEY_COLUMN], decimal(38, 2), { filter: BOOLEAN_COLUMN }),
  call('sum', [MONEY_COLUMN], decimal(38, 2), { distinct: true }),
  call('avg', [INT_COLUMN], DOUBLE),
  call('avg', [MONEY_COLUMN], decimal(38, 6)),
  call('bool_and', [BOOLEAN_COLUMN], BOOLEAN),
  call('bool_or', [BOOLEAN_COLUMN], BOOLEAN, { filter: BOOLEAN_COLUMN }),
  call('string_agg', [STRING_COLUMN], STRING, { constants: [', '] }),
  call('median', [DOUBLE_COLUMN], DOUBLE),
  call('percentile', [DOUBLE_COLUMN], DOUBLE, { constants: [0.9] }),
]

interface TimedRow {
  readonly row: readonly Value[]
  readonly time: number
}

// ---- the obvious way ---------------------------------------------------------------------------------------------

function naive(one: AggregateCall, rows: readonly TimedRow[]): Value {
  const [column, second] = one.arguments
  const type = one.argumentTypes[0] as SqlType
  const passed = rows.filter(({ row }) => one.filter === undefined || row[one.filter] === true)
  if (column === undefined) return passed.length
  const keepsNulls = one.function === 'array_agg' || one.function.startsWith('arg_')
  const kept = passed.filter(({ row }) => keepsNulls || row[column] !== null)
  const all = kept.map(({ row }) => row[column] as Value)
  const once = all.filter((a, i) => all.findIndex((b) => equalValues(type, a, b)) === i)
  const values = one.distinct || one.function === 'collect_set' ? once : all
  if (one.function === 'count') return values.length
  if (values.length === 0) return null
  const sorted = [...values].sort(comparator(type))
  const byTime = [...kept].sort((a, b) => a.time - b.time)
  switch (one.function) {
    case 'min':
      return sorted[0] as Value
    case 'max':
      return sorted.at(-1) as Value
    case 'array_agg':
    case 'collect_set':
      return values
    case 'sum':
      return normal(values.reduce<bigint>((sum, x) => sum + BigInt(x as number), 0n))
    case 'avg':
      return average(one, values)
    case 'bool_and':
      return values.every((x) => x === true)
    case 'bool_or':
      return values.some((x) => x === true)
    case 'string_agg':
      return values.join(', ')
    case 'first_value':
      return byTime[0]?.row[column] as Value
    case 'last_value':
      return byTime.findLast(() => true)?.row[column] as Value
    case 'arg_min':
    case 'arg_max':
      return argExtreme(one, kept, column, second as number)
    default:
      return percentile(sorted as number[], one.function === 'median' ? 0.5 : 0.9)
  }
}

function normal(value: bigint): Value {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function average(one: AggregateCall, values: readonly Value[]): Value {
  const total = values.reduce<bigint>((sum, x) => sum + BigInt(x as number), 0n)
  if (one.type.kind === 'double') return Number(total) / values.length
  // Half away from zero, at six digits; MONEY has two.
  const scaled = total * 10_000n * 2n
  const count = BigInt(values.length)
  const rounded = ((scaled < 0n ? -scaled : scaled) + count) / (2n * count)
  return normal(scaled < 0n ? -rounded : rounded)
}

function argExtreme(one: AggregateCall, rows: readonly TimedRow[], column: number, order: number): Value {
  const compare = comparator(COLUMNS[order] as SqlType)
  const sign = one.function === 'arg_min' ? 1 : -1
  const candidates = rows.filter(({ row }) => row[order] !== null)
  const [best] = [...candidates].sort((a, b) => sign * compare(a.row[order] as Value, b.row[order] as Value))
  return best === undefined ? null : (best.row[column] as Value)
}

function percentile(sorted: readonly number[], fraction: number): number {
  const position = fraction * (sorted.length - 1)
  const low = sorted[Math.floor(position)] as number
  const high = sorted[Math.ceil(position)] as number
  return low === high || Number.isNaN(low) ? low : low + (high - low) * (position - Math.floor(position))
}

// ---- the test ----------------------------------------------------------------------------------------------------

const timedRow: fc.Arbitrary<TimedRow> = fc.record({
  row: fc.tuple(...COLUMNS.map(value)),
  time: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer()),
})
/** A row to add, or the number of an earlier one to take away, or to go through bytes. */
const step = fc.oneof(
  { weight: 6, arbitrary: timedRow.map((row) => ({ kind: 'add' as const, row })) },
  { weight: 2, arbitrary: fc.nat().map((at) => ({ kind: 'retract' as const, at })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'store' as const }) },
)
const calls = fc.subarray([...CALLS], { minLength: 1, maxLength: 6 })

type StepOf<T> = T extends fc.Arbitrary<infer S> ? S : never

/** Runs the steps; returns the results and the rows that are left, in order of arrival. */
function run(set: AggregateSet, steps: readonly StepOf<typeof step>[], retractable: boolean) {
  let accumulators = set.create()
  const rows: TimedRow[] = []
  for (const one of steps) {
    if (one.kind === 'store') accumulators = set.decode(set.encode(accumulators))
    else if (one.kind === 'add') {
      set.add(accumulators, Batch.ofRows([one.row.row], [one.row.time]).columns, 0, one.row.time)
      rows.push(one.row)
    } else if (retractable && rows.length > 0) {
      // Of equal rows any may go; the order of arrival is then that of the others.
      const [gone] = rows.splice(one.at % rows.length, 1) as [TimedRow]
      set.retract(accumulators, Batch.ofRows([gone.row], [gone.time]).columns, 0, gone.time)
    }
  }
  return { accumulators, rows }
}

/** Functions that answer by order of arrival, which a retraction of one of several equal values leaves open. */
const BY_ARRIVAL = new Set([
  'array_agg',
  'collect_set',
  'string_agg',
  'first_value',
  'last_value',
  'arg_min',
  'arg_max',
])

function agree(one: AggregateCall, actual: Value, expected: Value, exactOrder: boolean): void {
  if (exactOrder || !BY_ARRIVAL.has(one.function)) {
    if (one.type.kind === 'double' && typeof actual === 'number' && typeof expected === 'number') {
      if (Object.is(actual + 0, expected + 0)) return
      expect(Math.abs(actual - expected)).toBeLessThanOrEqual(Math.abs(expected) * 1e-9)
    } else expect(actual).toStrictEqual(expected)
    return
  }
  if (one.function !== 'array_agg' && one.function !== 'collect_set') return
  const compare = comparator(one.argumentTypes[0] as SqlType)
  expect(actual === null ? null : [...(actual as Value[])].sort(compare)).toStrictEqual(
    expected === null ? null : [...(expected as Value[])].sort(compare),
  )
}

const RUNS = { numRuns: 1_500, interruptAfterTimeLimit: 30_000 }

describe('aggregates', () => {
  for (const retractable of [false, true]) {
    test(`of ${retractable ? 'changing' : 'growing'} rows are those of the rows that are left`, () => {
      fc.assert(
        fc.property(calls, fc.array(step, { maxLength: 40 }), (list, steps) => {
          const stored: Uint8Array[] = []
          for (const codegen of ['on', 'off'] as const) {
            const set = compileAggregates(list, { retractable, codegen })
            const { accumulators, rows } = run(set, steps, retractable)
            const results = set.results(accumulators)
            for (const [i, one] of list.entries()) agree(one, results[i] as Value, naive(one, rows), !retractable)
            stored.push(set.encode(accumulators))
          }
          // Compiled and interpreted go on from each other's state.
          expect(stored[0]).toEqual(stored[1])
        }),
        RUNS,
      )
    })
  }

  test('of parts that are merged are those of the whole', () => {
    const split = fc.array(fc.tuple(timedRow, fc.integer({ min: 0, max: 2 })), { maxLength: 40 })
    fc.assert(
      fc.property(calls, split, fc.boolean(), (list, rows, retractable) => {
        for (const codegen of ['on', 'off'] as const) {
          const set = compileAggregates(list, { retractable, codegen })
          const parts = [set.create(), set.create(), set.create()] as const
          for (const [{ row, time }, part] of rows) {
            set.add(parts[part] as (typeof parts)[0], Batch.ofRows([row], [time]).columns, 0, time)
          }
          const before = parts.map((part) => set.encode(part))
          const whole = set.create()
          for (const part of parts) set.merge(whole, part)
          expect(parts.map((part) => set.encode(part))).toEqual(before)
          const arrived = [0, 1, 2].flatMap((part) => rows.flatMap(([row, of]) => (of === part ? [row] : [])))
          const results = set.results(whole)
          for (const [i, one] of list.entries()) agree(one, results[i] as Value, naive(one, arrived), true)
        }
      }),
      RUNS,
    )
  })

  test('a row that one aggregate refuses is taken in by none', () => {
    const list = [
      call('count', [], BIGINT),
      call('array_agg', [STRING_COLUMN], arrayOf(STRING)),
      call('sum', [BIGINT_COLUMN], BIGINT),
      call('max', [BIGINT_COLUMN], BIGINT),
    ]
    const large = fc.bigInt({ min: 2n ** 61n, max: 2n ** 63n - 1n })
    fc.assert(
      fc.property(fc.array(large, { maxLength: 10 }), (values) => {
        for (const codegen of ['on', 'off'] as const) {
          const set = compileAggregates(list, { retractable: false, codegen })
          const accumulators = set.create()
          const taken: bigint[] = []
          for (const one of values) {
            const row = COLUMNS.map((_, i) => (i === BIGINT_COLUMN ? one : i === STRING_COLUMN ? 'x' : null))
            try {
              set.add(accumulators, Batch.ofRows([row], [0]).columns, 0, 0)
              taken.push(one)
            } catch (error) {
              expect(error).toBeInstanceOf(EvaluationError)
              expect(taken.reduce((sum, x) => sum + x, one)).toBeGreaterThan(2n ** 63n - 1n)
            }
          }
          const [count, list2] = set.results(accumulators)
          expect(count).toBe(taken.length)
          expect(list2).toEqual(taken.length === 0 ? null : taken.map(() => 'x'))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('of doubles hold against retractions of values of very different size', () => {
    const finite = fc.oneof(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: -1e15, max: 1e15, noNaN: true }),
    )
    const doubles = [
      call('sum', [DOUBLE_COLUMN], DOUBLE),
      call('avg', [DOUBLE_COLUMN], DOUBLE),
      call('stddev_samp', [DOUBLE_COLUMN], DOUBLE),
      call('variance_pop', [DOUBLE_COLUMN], DOUBLE),
    ]
    const special = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 30 }), fc.array(fc.oneof(finite, special)), (kept, gone) => {
        for (const codegen of ['on', 'off'] as const) {
          const set = compileAggregates(doubles, { retractable: true, codegen })
          let accumulators = set.create()
          const columns = (x: number): Value[][] => COLUMNS.map((_, i) => [i === DOUBLE_COLUMN ? x + 0 : null])
          for (const x of gone) set.add(accumulators, columns(x), 0, 0)
          for (const x of kept) set.add(accumulators, columns(x), 0, 0)
          accumulators = set.decode(set.encode(accumulators))
          for (const x of gone) set.retract(accumulators, columns(x), 0, 0)
          const [sum, avg, deviation] = set.results(accumulators)
          const scale = [...kept, ...gone].reduce(
            (most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most),
            1,
          )
          const total = kept.reduce((a, x) => a + x, 0)
          if (kept.length === 0) expect([sum, avg, deviation]).toEqual([null, null, null])
          else {
            expect(Math.abs((sum as number) - total)).toBeLessThan(scale * 1e-13 * (kept.length + gone.length + 1))
            expect(avg).toBeCloseTo((sum as number) / kept.length, 6)
            if (kept.length > 1) expect(deviation).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})
