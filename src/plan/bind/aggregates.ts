// Every aggregate function; signatures only, like functions.ts. The bodies are in engine/aggregate under these ids.
// All but COUNT and ARRAY_AGG ignore NULL and give NULL for no rows.

import { DECIMAL_PRECISION_MAX, decimal, type SqlType } from '../../core/type.ts'
import { parseSignatures, type Signature } from './signature.ts'

export interface AggregateFunction {
  /** The id in plans and the SQL name. `COUNT(*)` is `count` without arguments. */
  readonly id: string
  readonly aliases: readonly string[]
  readonly signatures: readonly Signature[]
  readonly doc: string
  readonly example: string
  readonly resultType: ((types: readonly SqlType[]) => SqlType | undefined) | undefined
}

interface Extra {
  readonly aliases?: readonly string[]
  readonly resultType?: (types: readonly SqlType[]) => SqlType | undefined
}

/** An average of decimals keeps at least this many digits after the point. */
const AVG_SCALE_MIN = 6

const all: AggregateFunction[] = []

function aggregate(id: string, signatures: string, doc: string, example: string, extra: Extra = {}): void {
  all.push({
    id,
    aliases: extra.aliases ?? [],
    signatures: parseSignatures(signatures),
    doc,
    example,
    resultType: extra.resultType,
  })
}

function sumType([type]: readonly SqlType[]): SqlType | undefined {
  return type?.kind === 'decimal' ? decimal(DECIMAL_PRECISION_MAX, type.scale) : undefined
}

function avgType([type]: readonly SqlType[]): SqlType | undefined {
  return type?.kind === 'decimal' ? decimal(DECIMAL_PRECISION_MAX, Math.max(type.scale, AVG_SCALE_MIN)) : undefined
}

aggregate('count', '() -> bigint | (any) -> bigint', 'number of rows, or of values that are not NULL', 'count(*)')
aggregate(
  'sum',
  '(int) -> bigint | (bigint) -> bigint | (decimal) -> decimal | (double) -> double | (interval) -> interval',
  'exact for integers and decimals; overflow is an error',
  'sum(price)',
  { resultType: sumType },
)
aggregate(
  'avg',
  '(int) -> double | (bigint) -> double | (decimal) -> decimal | (double) -> double | (interval) -> interval',
  'mean',
  'avg(price)',
  { aliases: ['mean'], resultType: avgType },
)
aggregate('min', '(T) -> T', 'least value', 'min(price)')
aggregate('max', '(T) -> T', 'greatest value', 'max(price)')
aggregate(
  'approx_count_distinct',
  '(any) -> bigint',
  'number of different values, within about 1 %, in constant space',
  'approx_count_distinct(name)',
)
aggregate('stddev_samp', '(double) -> double', 'standard deviation of a sample', 'stddev_samp(latency)', {
  aliases: ['stddev'],
})
aggregate('stddev_pop', '(double) -> double', 'standard deviation of a population', 'stddev_pop(latency)')
aggregate('variance_samp', '(double) -> double', 'variance of a sample', 'variance_samp(latency)', {
  aliases: ['variance', 'var_samp'],
})
aggregate('variance_pop', '(double) -> double', 'variance of a population', 'variance_pop(latency)', {
  aliases: ['var_pop'],
})
aggregate(
  'percentile',
  '(double, const double) -> double',
  'exact percentile with interpolation; keeps every value',
  'percentile(latency, 0.95)',
  { aliases: ['percentile_cont', 'quantile'] },
)
aggregate(
  'approx_percentile',
  '(double, const double) -> double',
  'percentile within 1 % of the exact one, in bounded space',
  'approx_percentile(latency, 0.99)',
  { aliases: ['approx_quantile'] },
)
aggregate('median', '(double) -> double', 'percentile of one half', 'median(latency)')
aggregate(
  'first_value',
  '(T) -> T',
  'value of the earliest row by event time, the first to arrive of equals',
  'first_value(price)',
  { aliases: ['first', 'earliest_by_offset'] },
)
aggregate(
  'last_value',
  '(T) -> T',
  'value of the latest row by event time, the last to arrive of equals',
  'last_value(price)',
  { aliases: ['last', 'latest_by_offset'] },
)
aggregate('array_agg', '(T) -> array<T>', 'values in order of arrival, NULLs too', 'array_agg(item)', {
  aliases: ['collect_list', 'collect'],
})
aggregate('collect_set', '(T) -> array<T>', 'different values in order of arrival', 'collect_set(item)')
aggregate(
  'string_agg',
  '(text, const string?) -> string',
  'joined text in order of arrival',
  "string_agg(name, ', ')",
  { aliases: ['listagg'] },
)
aggregate('bool_and', '(boolean) -> boolean', 'true when all are', 'bool_and(ok)', { aliases: ['every'] })
aggregate('bool_or', '(boolean) -> boolean', 'true when one is', 'bool_or(failed)')
aggregate('arg_min', '(T, K) -> T', 'the first argument in the row where the second is least', 'arg_min(item, price)', {
  aliases: ['min_by'],
})
aggregate(
  'arg_max',
  '(T, K) -> T',
  'the first argument in the row where the second is greatest',
  'arg_max(item, price)',
  { aliases: ['max_by'] },
)

export const AGGREGATE_FUNCTIONS: readonly AggregateFunction[] = all

const byName = new Map<string, AggregateFunction>()
for (const entry of all) for (const name of [entry.id, ...entry.aliases]) byName.set(name, entry)

/** An aggregate by the name or alias that a user wrote, lower case. */
export function aggregateFunction(name: string): AggregateFunction | undefined {
  return byName.get(name)
}

export function aggregateNames(): readonly string[] {
  return [...byName.keys()]
}
