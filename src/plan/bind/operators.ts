// Operators: functions that are written with a sign. Only their ids are in plans; which types go together, and what the
// results of arithmetic are, is in bind-arithmetic.ts.

import { inGroup, type ScalarFunction } from './scalar-function.ts'

const all: ScalarFunction[] = []
const operator = inGroup(all, 'operator')
operator('add', '(N, N) -> N', 'sum', '1 + 2')
operator('subtract', '(N, N) -> N', 'difference', '3 - 1')
operator('multiply', '(N, N) -> N', 'product; decimals add their scales', '2 * 3')
operator('divide', '(N, N) -> N', 'quotient; of integers cut towards zero; by zero is an error', '7 / 2')
operator('modulo', '(N, N) -> N', 'remainder with the sign of the first operand', '7 % 3')
operator('negate', '(N) -> N | (interval) -> interval', 'the number with its sign changed', '-amount')
for (const [id, sign] of [
  ['equal', '='],
  ['not_equal', '<>'],
  ['less', '<'],
  ['less_equal', '<='],
  ['greater', '>'],
  ['greater_equal', '>='],
] as const) {
  operator(id, '(T, T) -> boolean', 'comparison; NULL when either side is NULL', `a ${sign} b`)
}
operator('is_distinct', '(T, T) -> boolean', 'not equal, where NULL equals NULL; never NULL', 'a IS DISTINCT FROM b')
operator('is_not_distinct', '(T, T) -> boolean', 'equal, where NULL equals NULL', 'a IS NOT DISTINCT FROM b')
operator('in', '(T, T...) -> boolean', 'true when the first equals one of the rest', "region IN ('eu', 'us')")
operator('like', '(string, string, string?) -> boolean', '% is any text, _ one character', "name LIKE 'a%'")
operator('not_like', '(string, string, string?) -> boolean', 'the opposite of LIKE', "name NOT LIKE 'a%'")
operator('timestamp_add', '(timestamp, interval) -> timestamp', 'later by', "ts + INTERVAL '1' HOUR")
operator('timestamp_subtract', '(timestamp, interval) -> timestamp', 'earlier by', "ts - INTERVAL '5' SECOND")
operator('timestamp_diff', '(timestamp, timestamp) -> interval', 'time from the second to the first', 'arrived - sent')
operator(
  'timestamp_add_months',
  '(timestamp, int) -> timestamp',
  'the same day of another month, or its last day',
  "ts + INTERVAL '1' MONTH",
)
operator('date_subtract', '(date, int) -> date', 'days before', "DATE '2026-01-31' - 1")
operator('date_diff', '(date, date) -> int', 'days from the second to the first', "DATE '2026-01-31' - d")
operator('time_add', '(time, interval) -> time', 'later by, round the clock', "t + INTERVAL '1' HOUR")
operator('time_subtract', '(time, interval) -> time', 'earlier by, round the clock', "t - INTERVAL '1' HOUR")
operator('time_diff', '(time, time) -> interval', 'time from the second to the first', "t - TIME '22:00:00'")
operator('interval_add', '(interval, interval) -> interval', 'sum', "INTERVAL '1' HOUR + INTERVAL '5' MINUTE")
operator('interval_subtract', '(interval, interval) -> interval', 'difference', "waited - INTERVAL '30' MINUTE")
operator('interval_multiply', '(interval, double) -> interval', 'a multiple', "INTERVAL '1' MINUTE * 5")
operator('interval_divide', '(interval, double) -> interval', 'a part', 'waited / 2')
operator(
  'json_get',
  '(json, string) -> json | (json, bigint) -> json',
  'field by name, element from 0',
  "payload -> 'user'",
)
operator('json_get_text', '(json, string) -> string | (json, bigint) -> string', 'the same as text', "payload ->> 'id'")
operator('array_get', '(array<T>, bigint) -> T', 'element from 1; NULL outside', 'tags[1]')
operator('map_get', '(map<K, V>, K) -> V', 'value of a key; NULL when absent', "attributes['colour']")
operator('array', '(T...) -> array<T>', 'an array of its arguments', 'ARRAY[1, 2]')
operator('map', '(any...) -> map<K, V>', 'a map; keys and values in turn', "MAP('a' := 1)")
operator('struct', '(any...) -> any', 'a struct; one argument a field', 'STRUCT(a := 1)')

export const OPERATORS: readonly ScalarFunction[] = all
