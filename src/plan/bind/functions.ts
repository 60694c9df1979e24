// Every scalar function and operator: name, id, signatures, one line of documentation and an example. Signatures only:
// the bodies are in engine/expression, under the same ids, and a test there compares the two lists. The binder,
// SHOW FUNCTIONS and the documentation read this table; signature.ts has the notation.

import type { SqlType } from '../../core/type.ts'
import { DECIMAL_PRECISION_MAX, decimal } from '../../core/type.ts'
import { OPERATORS } from './operators.ts'
import { inGroup, type ScalarFunction } from './scalar-function.ts'

const all: ScalarFunction[] = [...OPERATORS]

/** Digits before the point after rounding: one more than before, 9.9 gives 10. */
function roundedDecimal(types: readonly SqlType[]): SqlType | undefined {
  const type = types[0]
  if (type?.kind !== 'decimal') return undefined
  return decimal(Math.min(type.precision + 1, DECIMAL_PRECISION_MAX), type.scale)
}

function integralDecimal(types: readonly SqlType[]): SqlType | undefined {
  const type = types[0]
  if (type?.kind !== 'decimal') return undefined
  return decimal(Math.min(type.precision - type.scale + 1, DECIMAL_PRECISION_MAX), 0)
}

// ---- strings -----------------------------------------------------------------------------------------------------

const string = inGroup(all, 'string')
string(
  'concat',
  '(text...) -> string | (bytes, bytes) -> bytes',
  'joined text; NULL counts as empty, unlike with ||',
  "concat('a', 1)",
)
string(
  'concat_ws',
  '(string, text...) -> string',
  'joined with a separator; NULLs are left out',
  "concat_ws('-', a, b)",
)
string('upper', '(string) -> string', 'upper case', "upper('weir')", { aliases: ['ucase'] })
string('lower', '(string) -> string', 'lower case', "lower('WEIR')", { aliases: ['lcase'] })
string('initcap', '(string) -> string', 'each word with a capital', "initcap('hello world')")
string('trim', '(string, string?) -> string', 'without these characters (spaces) at both ends', "trim('  a ')", {
  aliases: ['btrim'],
})
string('ltrim', '(string, string?) -> string', 'without these characters at the start', "ltrim('xxa', 'x')")
string('rtrim', '(string, string?) -> string', 'without these characters at the end', "rtrim('axx', 'x')")
string('length', '(string) -> int | (bytes) -> int', 'number of characters, or of bytes', "length('weir')", {
  aliases: ['char_length', 'character_length', 'len'],
})
string('octet_length', '(string) -> int | (bytes) -> int', 'number of bytes in UTF-8', "octet_length('é')")
string(
  'substring',
  '(string, bigint, bigint?) -> string',
  'from a position (1 is the first), at most so many characters',
  "substring('weir', 2, 2)",
  { aliases: ['substr'] },
)
string('left', '(string, bigint) -> string', 'first characters; negative: all but the last', "left('weir', 2)")
string('right', '(string, bigint) -> string', 'last characters; negative: all but the first', "right('weir', 2)")
string('lpad', '(string, bigint, string?) -> string', 'filled at the start, or cut, to a length', "lpad('7', 3, '0')")
string('rpad', '(string, bigint, string?) -> string', 'filled at the end, or cut, to a length', "rpad('7', 3, '.')")
string(
  'replace',
  '(string, string, string) -> string',
  'each occurrence of the second by the third',
  "replace('a-b', '-', '+')",
)
string(
  'translate',
  '(string, string, string) -> string',
  'characters of the second by those of the third',
  "translate('12', '1', 'a')",
)
string('reverse', '(string) -> string', 'characters from the end', "reverse('abc')")
string('repeat', '(string, bigint) -> string', 'so many times', "repeat('ab', 2)")
string(
  'position',
  '(string, string) -> int',
  'where the first begins in the second, from 1; 0 when it does not',
  "position('i', 'weir')",
  { aliases: ['locate'] },
)
string(
  'strpos',
  '(string, string) -> int',
  'where the second begins in the first, from 1; 0 when it does not',
  "strpos('weir', 'i')",
  { aliases: ['instr'] },
)
string('starts_with', '(string, string) -> boolean', 'begins with', "starts_with(name, 'a')", {
  aliases: ['startswith'],
})
string('ends_with', '(string, string) -> boolean', 'ends with', "ends_with(name, 'a')", { aliases: ['endswith'] })
string('contains', '(string, string) -> boolean', 'has as a part', "contains(name, 'nn')")
string(
  'split_part',
  '(string, string, bigint) -> string',
  'one part of a separated text, from 1',
  "split_part('a,b', ',', 2)",
  { aliases: ['split_index'] },
)
string('split', '(string, string) -> array<string>', 'parts of a separated text', "split('a,b', ',')", {
  aliases: ['string_to_array'],
})
string('ascii', '(string) -> int', 'code point of the first character', "ascii('a')")
string('chr', '(bigint) -> string', 'character of a code point', 'chr(97)')
string('md5', '(string) -> string | (bytes) -> string', 'MD5 in hexadecimal digits', "md5('a')")
string('sha1', '(string) -> string | (bytes) -> string', 'SHA-1 in hexadecimal digits', "sha1('a')")
string('sha256', '(string) -> string | (bytes) -> string', 'SHA-256 in hexadecimal digits', "sha256('a')")
string('sha512', '(string) -> string | (bytes) -> string', 'SHA-512 in hexadecimal digits', "sha512('a')")
string('to_hex', '(bigint) -> string | (bytes) -> string', 'hexadecimal digits', 'to_hex(255)')
string('from_hex', '(string) -> bytes', 'bytes of hexadecimal digits', "from_hex('ff')")
string('encode', '(bytes, string) -> string', "as text: 'hex', 'base64' or 'utf-8'", "encode(body, 'base64')")
string('decode', '(string, string) -> bytes', "from text: 'hex', 'base64' or 'utf-8'", "decode('YQ==', 'base64')")
string(
  'format',
  '(string, text...) -> string',
  '%s stands for the next argument, %% for a percent sign',
  "format('%s of %s', a, b)",
)

// ---- numbers -----------------------------------------------------------------------------------------------------

const number = inGroup(all, 'number')
number('abs', '(N) -> N', 'without sign', 'abs(-1)')
number('ceil', '(N) -> N', 'next whole number above', 'ceil(1.2)', {
  aliases: ['ceiling'],
  resultType: integralDecimal,
})
number('floor', '(N) -> N', 'next whole number below', 'floor(1.8)', { resultType: integralDecimal })
number('round', '(N, int?) -> N', 'nearest, halves away from zero, to so many digits', 'round(1.256, 2)', {
  resultType: roundedDecimal,
})
number('trunc', '(N, int?) -> N', 'cut towards zero, to so many digits', 'trunc(1.256, 2)', { aliases: ['truncate'] })
number('sign', '(N) -> int', '-1, 0 or 1', 'sign(-5)')
number('greatest', '(T, T...) -> T', 'the greatest argument that is not NULL', 'greatest(a, b)')
number('least', '(T, T...) -> T', 'the least argument that is not NULL', 'least(a, b)')
for (const [id, doc, example, aliases] of [
  ['sqrt', 'square root', 'sqrt(2)', []],
  ['cbrt', 'cube root', 'cbrt(8)', []],
  ['exp', 'e to the power of', 'exp(1)', []],
  ['ln', 'natural logarithm', 'ln(10)', []],
  ['log2', 'logarithm to base 2', 'log2(8)', []],
  ['log10', 'logarithm to base 10', 'log10(100)', []],
  ['sin', 'sine of radians', 'sin(1)', []],
  ['cos', 'cosine of radians', 'cos(1)', []],
  ['tan', 'tangent of radians', 'tan(1)', []],
  ['cot', 'cotangent of radians', 'cot(1)', []],
  ['asin', 'arc sine in radians', 'asin(1)', []],
  ['acos', 'arc cosine in radians', 'acos(1)', []],
  ['atan', 'arc tangent in radians', 'atan(1)', []],
  ['sinh', 'hyperbolic sine', 'sinh(1)', []],
  ['cosh', 'hyperbolic cosine', 'cosh(1)', []],
  ['tanh', 'hyperbolic tangent', 'tanh(1)', []],
  ['radians', 'radians of degrees', 'radians(180)', []],
  ['degrees', 'degrees of radians', 'degrees(pi())', []],
] as const) {
  number(id, '(double) -> double', doc, example, { aliases })
}
number('power', '(double, double) -> double', 'the first to the power of the second', 'power(2, 10)', {
  aliases: ['pow'],
})
number(
  'log',
  '(double, double?) -> double',
  'logarithm to base 10; of two arguments, the first is the base',
  'log(2, 8)',
)
number('atan2', '(double, double) -> double', 'angle of the point (x, y) given as y, x', 'atan2(1, 1)')
number('pi', '() -> double', 'the number pi', 'pi()')
number(
  'width_bucket',
  '(double, double, double, int) -> int',
  'which of n equal parts of [low, high) a number is in',
  'width_bucket(x, 0, 10, 5)',
)
number('bitand', '(bigint, bigint) -> bigint', 'bits set in both', 'bitand(6, 3)', { aliases: ['bit_and'] })
number('bitor', '(bigint, bigint) -> bigint', 'bits set in either', 'bitor(6, 3)', { aliases: ['bit_or'] })
number('bitxor', '(bigint, bigint) -> bigint', 'bits set in one of both', 'bitxor(6, 3)', { aliases: ['bit_xor'] })
number('bitnot', '(bigint) -> bigint', 'bits the other way round', 'bitnot(6)', { aliases: ['bit_not'] })
number('shiftleft', '(bigint, int) -> bigint', 'bits moved up', 'shiftleft(1, 3)', { aliases: ['shift_left'] })
number('shiftright', '(bigint, int) -> bigint', 'bits moved down, the sign kept', 'shiftright(8, 3)', {
  aliases: ['shift_right'],
})

// ---- conditional -------------------------------------------------------------------------------------------------

const conditional = inGroup(all, 'conditional')
conditional(
  'coalesce',
  '(T, T...) -> T',
  'the first that is not NULL; the rest is not evaluated',
  'coalesce(nick, name)',
  { aliases: ['ifnull', 'nvl'] },
)
conditional('nullif', '(T, T) -> T', 'NULL when both are equal, else the first', 'nullif(a, 0)')

// ---- time --------------------------------------------------------------------------------------------------------

const time = inGroup(all, 'time')
time('now', '() -> timestamp', 'processing time: the clock when the row is worked on', 'now()', {
  aliases: ['current_timestamp', 'localtimestamp', 'proctime'],
  nondeterministic: true,
})
time(
  'extract',
  '(unit, timestamp) -> bigint | (unit, date) -> bigint | (unit, time) -> bigint | (unit, interval) -> bigint',
  'one part: YEAR, QUARTER, MONTH, WEEK, DAY, HOUR … MILLISECOND, DOW (0 is Sunday), ISODOW, DOY, EPOCH',
  'extract(HOUR FROM ts)',
  { aliases: ['date_part'] },
)
time('date_trunc', '(unit, timestamp) -> timestamp', 'start of the unit that a time is in', "date_trunc('hour', ts)")
time(
  'date_bin',
  '(interval, timestamp, timestamp?) -> timestamp',
  'start of the interval that a time is in, counted from an origin (the epoch)',
  "date_bin(INTERVAL '15' MINUTE, ts)",
)
time('timestampadd', '(unit, bigint, timestamp) -> timestamp', 'later by so many units', 'timestampadd(DAY, 1, ts)', {
  aliases: ['dateadd'],
})
time(
  'timestampdiff',
  '(unit, timestamp, timestamp) -> bigint',
  'whole units from the first to the second',
  'timestampdiff(MINUTE, sent, arrived)',
  { aliases: ['datediff'] },
)
time(
  'date_add',
  '(date, int) -> date | (timestamp, interval) -> timestamp',
  'days after, or later by',
  'date_add(d, 7)',
)
time('age', '(timestamp, timestamp) -> interval', 'time from the second to the first', 'age(arrived, sent)')
time('last_day', '(date) -> date', 'last day of the month', 'last_day(d)')
time(
  'to_timestamp',
  '(string, string?) -> timestamp | (double) -> timestamp | (bigint) -> timestamp',
  'from text (with a pattern such as yyyy-MM-dd HH:mm:ss), or from seconds since 1970',
  "to_timestamp('2026-01-01 00:00:00')",
)
time('to_timestamp_ms', '(bigint) -> timestamp', 'from milliseconds since 1970', 'to_timestamp_ms(0)', {
  aliases: ['timestamp_ms', 'timestamp_millis'],
})
time(
  'to_timestamp_ltz',
  '(bigint, int) -> timestamp',
  'from seconds (0), milliseconds (3) or microseconds (6) since 1970',
  'to_timestamp_ltz(1500, 3)',
)
time('to_date', '(string, string?) -> date', 'from text, with a pattern such as yyyy-MM-dd', "to_date('2026-01-01')")
time('epoch_ms', '(timestamp) -> bigint', 'milliseconds since 1970', 'epoch_ms(ts)', { aliases: ['unix_millis'] })
time('unix_timestamp', '(timestamp) -> bigint', 'seconds since 1970, cut', 'unix_timestamp(ts)', {
  aliases: ['unix_seconds'],
})
time(
  'from_unixtime',
  '(bigint, string?) -> string',
  'seconds since 1970 as text (yyyy-MM-dd HH:mm:ss), as in Flink',
  'from_unixtime(0)',
)
time(
  'date_format',
  '(timestamp, string) -> string',
  'text by a pattern with the letters of Java: yyyy-MM-dd HH:mm:ss.SSS',
  "date_format(ts, 'yyyy-MM-dd')",
  { aliases: ['format_timestamp'] },
)
time(
  'to_char',
  '(timestamp, string) -> string',
  'text by a pattern with the letters of PostgreSQL: YYYY-MM-DD HH24:MI:SS.MS',
  "to_char(ts, 'YYYY-MM-DD')",
)
time('make_date', '(int, int, int) -> date', 'from year, month, day', 'make_date(2026, 1, 31)')
time(
  'make_timestamp',
  '(int, int, int, int, int, double) -> timestamp',
  'from year, month, day, hour, minute, seconds',
  'make_timestamp(2026, 1, 31, 12, 0, 0)',
)

// ---- JSON --------------------------------------------------------------------------------------------------------

const json = inGroup(all, 'json')
json(
  'json_value',
  '(json, string) -> string',
  'the scalar at a path as text; NULL for none, objects and arrays',
  "json_value(payload, '$.user.id')",
  { aliases: ['get_json_object', 'extractjsonfield'] },
)
json('json_query', '(json, string) -> json', 'the JSON at a path', "json_query(payload, '$.items')")
json('json_exists', '(json, string) -> boolean', 'there is something at a path', "json_exists(payload, '$.user')")
json('json_object', '(any...) -> json', 'an object; names and values in turn', "json_object('a', 1)", {
  aliases: ['json_build_object'],
})
json('json_array', '(any...) -> json', 'an array of the arguments', 'json_array(1, 2)', {
  aliases: ['json_build_array'],
})
json('is_json', '(string) -> boolean', 'the text is JSON', "is_json('{}')", { aliases: ['is_json_string'] })
json('to_json', '(any) -> json', 'any value as JSON', 'to_json(tags)', { aliases: ['to_json_string'] })
json('json_typeof', '(json) -> string', 'object, array, string, number, boolean or null', 'json_typeof(payload)')
json('json_array_length', '(json) -> int', 'number of elements; NULL when it is no array', "json_array_length('[1]')")
json('json_keys', '(json) -> array<string>', 'names of the fields; NULL when it is no object', "json_keys('{}')")

// ---- arrays and maps ---------------------------------------------------------------------------------------------

const array = inGroup(all, 'array')
array('cardinality', '(array<T>) -> int | (map<K, V>) -> int', 'number of elements or entries', 'cardinality(tags)', {
  aliases: ['array_length', 'array_size'],
})
array('array_contains', '(array<T>, T) -> boolean', 'has this element', "array_contains(tags, 'new')")
array(
  'array_position',
  '(array<T>, T) -> int',
  'where an element is, from 1; 0 when it is not there',
  "array_position(tags, 'new')",
)
array('array_append', '(array<T>, T) -> array<T>', 'with one more element at the end', "array_append(tags, 'x')")
array('array_prepend', '(array<T>, T) -> array<T>', 'with one more element at the start', "array_prepend(tags, 'x')")
array('array_remove', '(array<T>, T) -> array<T>', 'without an element', "array_remove(tags, 'new')")
array('array_concat', '(array<T>, array<T>...) -> array<T>', 'one after the other', "array_concat(tags, ARRAY['x'])", {
  aliases: ['array_cat'],
})
array(
  'array_distinct',
  '(array<T>) -> array<T>',
  'each element once, where it came first',
  'array_distinct(ARRAY[1, 2, 1])',
)
array(
  'array_union',
  '(array<T>, array<T>) -> array<T>',
  'elements of either, each once',
  "array_union(tags, ARRAY['new', 'x'])",
)
array(
  'array_intersect',
  '(array<T>, array<T>) -> array<T>',
  'elements of both, each once',
  "array_intersect(tags, ARRAY['new', 'x'])",
)
array(
  'array_except',
  '(array<T>, array<T>) -> array<T>',
  'elements of the first that the second has not, each once',
  "array_except(tags, ARRAY['new', 'x'])",
)
array(
  'array_join',
  '(array<string>, string, string?) -> string',
  'joined text; NULLs are left out or shown as the third',
  "array_join(tags, ',')",
  { aliases: ['array_to_string'] },
)
array(
  'array_slice',
  '(array<T>, bigint, bigint?) -> array<T>',
  'from a position to a position, both included, from 1; negative ones count from the end',
  'array_slice(ARRAY[1, 2, 3], 2, -1)',
)
array('array_sort', '(array<T>) -> array<T>', 'in ascending order, NULLs last', 'array_sort(tags)')
array('array_reverse', '(array<T>) -> array<T>', 'from the end', 'array_reverse(tags)')
array('array_min', '(array<T>) -> T', 'the least element', 'array_min(tags)')
array('array_max', '(array<T>) -> T', 'the greatest element', 'array_max(tags)')
array('element', '(array<T>) -> T', 'the only element; more than one is an error', 'element(ARRAY[7])')

const map = inGroup(all, 'map')
map('map_keys', '(map<K, V>) -> array<K>', 'keys', 'map_keys(attributes)')
map('map_values', '(map<K, V>) -> array<V>', 'values', 'map_values(attributes)')
map('map_contains_key', '(map<K, V>, K) -> boolean', 'has this key', "map_contains_key(attributes, 'colour')")
map(
  'map_from_arrays',
  '(array<K>, array<V>) -> map<K, V>',
  'from keys and values',
  'map_from_arrays(tags, ARRAY[1, 2])',
)

const other = inGroup(all, 'other')
other('hash', '(any, any...) -> bigint', '64-bit hash of the arguments, the same in every version', 'hash(user_id)')

export const SCALAR_FUNCTIONS: readonly ScalarFunction[] = all

const PART_DOCS: Readonly<Record<string, string>> = {
  week: 'the ISO week, 1 to 53',
  dayofmonth: 'the day of the month',
  dayofweek: 'the day of the week, 0 is Sunday',
  dayofyear: 'the day of the year',
}

/** Functions that the binder writes as others, so that the engine has no body for them; listed for SHOW FUNCTIONS. */
export const REWRITTEN_FUNCTIONS: readonly {
  readonly name: string
  readonly signature: string
  readonly doc: string
}[] = [
  { name: 'if', signature: '(boolean, T, T?) -> T', doc: 'the second when the first is true, else the third (NULL)' },
  { name: 'mod', signature: '(N, N) -> N', doc: 'the operator %' },
  { name: 'typeof', signature: '(any) -> string', doc: 'name of the type' },
  { name: 'current_date', signature: '() -> date', doc: 'date of now()' },
  { name: 'date', signature: '(timestamp) -> date', doc: 'CAST(… AS DATE)' },
  ...['year', 'quarter', 'month', 'week', 'dayofmonth', 'dayofweek', 'dayofyear', 'hour', 'minute', 'second'].map(
    (name) => ({
      name,
      signature: '(timestamp) -> bigint',
      doc: `as extract: ${PART_DOCS[name] ?? `the ${name}`}`,
    }),
  ),
]

/** Known to users of other systems and not here: why, instead of "unknown function". */
export const MISSING_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ...[
    'regexp_like',
    'regexp_replace',
    'regexp_extract',
    'regexp_matches',
    'regexp_match',
    'regexp',
    'regexp_substr',
  ].map((name) => [name, 'Regular expressions are to come; LIKE, split_part, replace and contains may do.'] as const),
  ...['uuid', 'random', 'rand', 'gen_random_uuid', 'rand_integer'].map(
    (name) => [name, 'A replay after a restart would give other rows; hash(…) of a column may do.'] as const,
  ),
])

const byName = new Map<string, ScalarFunction>()
for (const entry of all) {
  if (!entry.callable) continue
  for (const name of [entry.id, ...entry.aliases]) byName.set(name, entry)
}
const byId = new Map(all.map((entry) => [entry.id, entry]))

/** A function by the name or alias that a user wrote, lower case. */
export function scalarFunction(name: string): ScalarFunction | undefined {
  return byName.get(name)
}

/** An operator or function by its id in plans. */
export function scalarById(id: string): ScalarFunction | undefined {
  return byId.get(id)
}

export function scalarNames(): readonly string[] {
  return [...byName.keys(), ...REWRITTEN_FUNCTIONS.map((entry) => entry.name)]
}
