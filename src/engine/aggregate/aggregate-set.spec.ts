import { describe, expect, test } from 'vitest'
import { arrayOf, BIGINT, DOUBLE, decimal, INT, INTERVAL, type SqlType, STRING } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'
import type { AggregateCall } from '../../plan/physical/nodes.ts'
import { GROUP_ENTRIES_MAX } from './aggregate.ts'
import { type AggregateSetOptions, compileAggregates } from './aggregate-set.ts'

type Options = { readonly constants?: readonly Value[]; readonly distinct?: boolean }

function call(name: string, argumentTypes: readonly SqlType[], type: SqlType, options: Options = {}): AggregateCall {
  return {
    function: name,
    arguments: argumentTypes.map((_, i) => i),
    argumentTypes,
    constants: (options.constants ?? []).map((value) => ({
      kind: 'literal',
      value: value as number | string,
      type: typeof value === 'number' ? DOUBLE : STRING,
    })),
    distinct: options.distinct ?? false,
    filter: undefined,
    type,
  }
}

const MODES: readonly AggregateSetOptions[] = (['on', 'off'] as const).flatMap((codegen) => [
  { retractable: false, codegen },
  { retractable: true, codegen },
])

/** The result over rows of one or two columns, in every mode. */
function results(one: AggregateCall, rows: readonly (readonly Value[])[]): Value[] {
  return MODES.map((options) => {
    const set = compileAggregates([one], options)
    const accumulators = set.create()
    for (const [i, row] of rows.entries())
      set.add(
        accumulators,
        row.map((value) => [value]),
        0,
        i,
      )
    return set.results(set.decode(set.encode(accumulators)))[0] as Value
  })
}

const NAN = Number.NaN
const INFINITY = Number.POSITIVE_INFINITY
const MAX = 2n ** 63n - 1n

describe('aggregates of one column', () => {
  const cases: readonly (readonly [AggregateCall, readonly Value[], Value])[] = [
    [call('count', [], BIGINT), [1, null], 2],
    [call('count', [INT], BIGINT), [1, null], 1],
    [call('sum', [INT], BIGINT), [], null],
    [call('sum', [INT], BIGINT), [null], null],
    [call('sum', [INT], BIGINT), [2147483647, 2147483647], 4294967294],
    [call('sum', [BIGINT], decimal(38, 0)), [MAX, MAX], 2n * MAX],
    [call('sum', [BIGINT], BIGINT), [9007199254740991, 2], 9007199254740993n],
    [call('sum', [decimal(38, 2)], decimal(38, 2)), [10n ** 37n, 10n ** 37n], 2n * 10n ** 37n],
    [call('sum', [DOUBLE], DOUBLE), [1e100, 1, -1e100], 1],
    [call('sum', [DOUBLE], DOUBLE), [INFINITY, -INFINITY], NAN],
    [call('sum', [DOUBLE], DOUBLE), [1, INFINITY], INFINITY],
    [call('sum', [INTERVAL], INTERVAL), [0.001, 0.002], 0.003],
    [call('avg', [INT], DOUBLE), [1, 2], 1.5],
    [call('avg', [decimal(12, 2)], decimal(38, 6)), [100, 100, 200], 1333333],
    [call('avg', [decimal(12, 2)], decimal(38, 6)), [-100, -100, 0], -666667],
    [call('avg', [INTERVAL], INTERVAL), [1, 2], 1.5],
    [call('min', [DOUBLE], DOUBLE), [NAN, 1], 1],
    [call('min', [DOUBLE], DOUBLE), [1, NAN], 1],
    [call('max', [DOUBLE], DOUBLE), [1, NAN, 2], NAN],
    [call('max', [STRING], STRING), ['\uffff', '\u{10000}'], '\u{10000}'],
    [call('stddev_samp', [DOUBLE], DOUBLE), [1], null],
    [call('stddev_samp', [DOUBLE], DOUBLE), [2, 4, 4, 4, 5, 5, 7, 9], 2.138089935299395],
    [call('stddev_pop', [DOUBLE], DOUBLE), [2, 4, 4, 4, 5, 5, 7, 9], 2],
    [call('variance_pop', [DOUBLE], DOUBLE), [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16], 22.5],
    [call('variance_samp', [DOUBLE], DOUBLE), [1, NAN], NAN],
    [call('median', [DOUBLE], DOUBLE), [4, 1, 3, 2], 2.5],
    [call('percentile', [DOUBLE], DOUBLE, { constants: [0.25] }), [40, 10, 30, 20], 17.5],
    [call('percentile', [DOUBLE], DOUBLE, { constants: [1] }), [1, 2], 2],
    [call('array_agg', [STRING], arrayOf(STRING)), ['b', null, 'a'], ['b', null, 'a']],
    [call('collect_set', [STRING], arrayOf(STRING)), ['b', null, 'a', 'b'], ['b', 'a']],
    [call('string_agg', [STRING], STRING), ['b', null, 'a'], 'b,a'],
    [call('count', [STRING], BIGINT, { distinct: true }), ['a', 'b', 'a', null], 2],
    [call('first_value', [STRING], STRING), ['a', 'b'], 'a'],
    [call('last_value', [STRING], STRING), ['a', 'b', null], 'b'],
    [call('approx_count_distinct', [STRING], BIGINT), ['a', 'b', 'a', null], 2],
  ]

  test.each(
    cases.map(
      ([one, values, expected]) => [`${one.function} of ${values.map(String)}`, one, values, expected] as const,
    ),
  )('%s', (_title, one, values, expected) => {
    for (const result of results(
      one,
      values.map((value) => [value]),
    ))
      expect(result).toStrictEqual(expected)
  })

  test('arg_min and arg_max take the first of equals, and a value that is NULL', () => {
    const rows = [
      ['x', null],
      ['a', 2],
      [null, 1],
      ['c', 1],
      ['d', 2],
    ]
    expect(results(call('arg_min', [STRING, INT], STRING), rows)).toEqual([null, null, null, null])
    expect(results(call('arg_max', [STRING, INT], STRING), rows)).toEqual(['a', 'a', 'a', 'a'])
  })
})

describe('limits', () => {
  test('an overflow is an error of the row, and the sum stays as it was', () => {
    for (const options of MODES) {
      const set = compileAggregates([call('sum', [BIGINT], BIGINT)], options)
      const accumulators = set.create()
      set.add(accumulators, [[MAX]], 0, 0)
      expect(() => set.add(accumulators, [[1]], 0, 0)).toThrow('BIGINT overflow')
      expect(set.results(accumulators)).toEqual([MAX])
    }
  })

  test('merged sums that do not fit are an error of the result', () => {
    for (const options of MODES) {
      const set = compileAggregates([call('sum', [BIGINT], BIGINT)], options)
      const [a, b] = [set.create(), set.create()]
      set.add(a, [[MAX]], 0, 0)
      set.add(b, [[1]], 0, 0)
      set.merge(a, b)
      expect(() => set.results(a)).toThrow('BIGINT overflow')
    }
  })

  test('a group holds its maximum of values, and not one more', () => {
    const calls = [
      call('count', [], BIGINT),
      call('array_agg', [INT], arrayOf(INT)),
      call('median', [DOUBLE], DOUBLE),
      call('count', [INT], BIGINT, { distinct: true }),
    ]
    const column = Array.from({ length: GROUP_ENTRIES_MAX + 1 }, (_, i) => i)
    for (const one of calls.slice(1)) {
      const set = compileAggregates([calls[0] as AggregateCall, one], { retractable: false })
      const accumulators = set.create()
      for (let i = 0; i < GROUP_ENTRIES_MAX; i++) set.add(accumulators, [column], i, 0)
      expect(() => set.add(accumulators, [column], GROUP_ENTRIES_MAX, 0)).toThrow('maximum of 100000 values')
      expect(set.results(accumulators)[0]).toBe(GROUP_ENTRIES_MAX)
      // A value that is there already takes no more room in a set.
      if (one.function !== 'array_agg') expect(() => set.add(accumulators, [column], 5, 0)).not.toThrow()
    }
  })
})

describe('estimates', () => {
  test('approx_count_distinct is within 3 % from few to many, whole, merged and stored', () => {
    for (const count of [10, 1_000, 5_000, 40_000, 300_000]) {
      const set = compileAggregates([call('approx_count_distinct', [INT], BIGINT)], { retractable: false })
      const [whole, a, b] = [set.create(), set.create(), set.create()]
      const column = Array.from({ length: count }, (_, i) => i * 7)
      for (let i = 0; i < count; i++) {
        set.add(whole, [column], i, 0)
        set.add(i % 3 === 0 ? a : b, [column], i, 0)
      }
      const merged = set.decode(set.encode(a))
      set.merge(merged, b)
      const [estimate] = set.results(whole) as [number]
      expect(Math.abs(estimate - count) / count).toBeLessThan(0.03)
      expect(set.results(merged)).toEqual([estimate])
    }
  })

  test('approx_percentile is within 1 % of the exact one, and forgets what is taken away', () => {
    const set = compileAggregates([call('approx_percentile', [DOUBLE], DOUBLE, { constants: [0.99] })], {
      retractable: true,
    })
    const accumulators = set.create()
    const column = Array.from({ length: 10_000 }, (_, i) => ((i * 7_919) % 10_000) - 100)
    for (let i = 0; i < 10_000; i++) set.add(accumulators, [column], i, 0)
    expect(Math.abs((set.results(accumulators)[0] as number) / 9_799 - 1)).toBeLessThanOrEqual(0.0101)
    for (let i = 0; i < 10_000; i++) if ((column[i] as number) > 900) set.retract(accumulators, [column], i, 0)
    expect(Math.abs((set.results(accumulators)[0] as number) / 890 - 1)).toBeLessThanOrEqual(0.0101)
  })

  test('a fraction outside of 0 to 1 is refused when the query starts', () => {
    const one = call('percentile', [DOUBLE], DOUBLE, { constants: [1.5] })
    expect(() => compileAggregates([one], { retractable: false })).toThrow(
      'fraction of a percentile is not between 0 and 1',
    )
  })
})
