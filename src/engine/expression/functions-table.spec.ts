import { describe, expect, test } from 'vitest'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { valueToLiteral } from '../../core/literal.ts'
import { parseValue } from '../../core/parse-value.ts'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DOUBLE,
  decimal,
  INT,
  INTERVAL,
  JSON_TYPE,
  type SqlType,
  STRING,
  TIME,
  TIMESTAMP,
} from '../../core/type.ts'
import type { Value } from '../../core/value.ts'
import type { Expression } from '../../plan/physical/expression.ts'
import { compileScalar } from './compile.ts'

// Each call is evaluated compiled and interpreted, with its arguments as literals and as columns.
// Expected values are PostgreSQL's, where it has the function.

const context = { nowMs: 1_000 }
const MAP: SqlType = { kind: 'map', key: STRING, value: BIGINT }
const JSON_KEYS: SqlType = arrayOf(STRING)

type Argument = readonly [SqlType, Value]

const s = (value: string | null): Argument => [STRING, value]
const i = (value: number | null): Argument => [INT, value]
const b = (value: number | bigint | null): Argument => [BIGINT, value]
const d = (value: number | null): Argument => [DOUBLE, value]
const dec = (text: string, precision = 12, scale = 2): Argument => {
  const type = decimal(precision, scale)
  return [type, parseValue(type, text)]
}
const ts = (text: string): Argument => [TIMESTAMP, parseValue(TIMESTAMP, text)]
const date = (text: string): Argument => [DATE, parseValue(DATE, text)]
const time = (text: string): Argument => [TIME, parseValue(TIME, text)]
const iv = (text: string): Argument => [INTERVAL, parseValue(INTERVAL, text)]
const js = (text: string): Argument => [JSON_TYPE, text]
const bytes = (...values: number[]): Argument => [BYTES, new Uint8Array(values)]
const ints = (...values: (number | null)[]): Argument => [arrayOf(BIGINT), values]
const map: Argument = [
  MAP,
  [
    ['a', 1],
    ['b', null],
  ],
]

/** The call in each of four ways. */
function ways(name: string, type: SqlType, args: readonly Argument[]): (() => Value)[] {
  const literals = args.map(([of, value]): Expression => ({ kind: 'literal', value: valueToLiteral(value), type: of }))
  const columns = args.map(([of], index): Expression => ({ kind: 'column', index, type: of }))
  const row = args.map(([, value]) => value)
  return [literals, columns].flatMap((list) =>
    (['on', 'off'] as const).map((mode) => {
      const expression: Expression = { kind: 'call', function: name, arguments: list, type }
      return () => compileScalar(expression, mode)(row, context)
    }),
  )
}

function evaluate(name: string, type: SqlType, args: readonly Argument[]): Value[] {
  return ways(name, type, args).map((run) => run())
}

type Case = readonly [name: string, args: readonly Argument[], type: SqlType, expected: Value | EvaluationError]

const error = (reason: string): EvaluationError => new EvaluationError(reason)

function table(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    test.each(cases.map((one) => [`${one[0]}(${one[1].map(([, value]) => String(value)).join(', ')})`, one] as const))(
      '%s',
      (_title, [name, args, type, expected]) => {
        for (const run of ways(name, type, args)) {
          if (expected instanceof EvaluationError) expect(run).toThrow(expected)
          else expect(run()).toStrictEqual(expected)
        }
      },
    )
  })
}

const MAX = 2n ** 63n - 1n

table('arithmetic', [
  ['add', [i(2147483647), i(1)], INT, error('INT overflow')],
  ['add', [i(-2147483648), i(-1)], INT, error('INT overflow')],
  ['add', [i(1), i(null)], INT, null],
  ['add', [b(9007199254740991), b(1)], BIGINT, 9007199254740992n],
  ['subtract', [b(9007199254740993n), b(2)], BIGINT, 9007199254740991],
  ['add', [b(MAX), b(1)], BIGINT, error('BIGINT overflow')],
  ['multiply', [b(3037000500), b(3037000500)], BIGINT, error('BIGINT overflow')],
  ['multiply', [b(3037000499), b(3037000499)], BIGINT, 9223372030926249001n],
  ['multiply', [i(0), i(-5)], INT, 0],
  ['divide', [i(-7), i(2)], INT, -3],
  ['divide', [i(-2147483648), i(-1)], INT, error('INT overflow')],
  ['divide', [b(1), b(0)], BIGINT, error('division by zero')],
  ['divide', [d(1), d(0)], DOUBLE, error('division by zero')],
  ['divide', [dec('1'), dec('0')], decimal(20, 6), error('division by zero')],
  ['divide', [dec('1'), dec('3')], decimal(20, 6), 333333],
  ['divide', [dec('-2'), dec('3')], decimal(20, 6), -666667],
  ['modulo', [i(-7), i(3)], INT, -1],
  ['modulo', [i(-6), i(3)], INT, 0],
  ['modulo', [dec('5.5'), dec('2')], decimal(12, 2), 150],
  ['multiply', [dec('1.25'), dec('1.25')], decimal(24, 4), 15625],
  [
    'multiply',
    [dec('99999999999999999999', 20, 0), dec('99999999999999999999', 20, 0)],
    decimal(38, 0),
    error('value does not fit DECIMAL(38, 0)'),
  ],
  ['add', [dec('9.99', 3, 2), dec('0.01', 3, 2)], decimal(3, 2), error('value does not fit DECIMAL(3, 2)')],
  ['add', [d(1e308), d(1e308)], DOUBLE, error('DOUBLE overflow')],
  ['add', [d(Number.POSITIVE_INFINITY), d(Number.NEGATIVE_INFINITY)], DOUBLE, Number.NaN],
  ['negate', [i(-2147483648)], INT, error('INT overflow')],
  ['negate', [b(0)], BIGINT, 0],
  ['abs', [b(-(2n ** 63n))], BIGINT, error('BIGINT overflow')],
  ['abs', [dec('-1.5')], decimal(12, 2), 150],
])

table('comparison', [
  ['equal', [d(Number.NaN), d(Number.NaN)], BOOLEAN, true],
  ['less', [d(Number.POSITIVE_INFINITY), d(Number.NaN)], BOOLEAN, true],
  ['less', [b(9007199254740992n), b(9007199254740993n)], BOOLEAN, true],
  ['less', [b(5), b(9007199254740993n)], BOOLEAN, true],
  ['less', [s('\uffff'), s('\u{10000}')], BOOLEAN, true],
  ['equal', [s(null), s('a')], BOOLEAN, null],
  ['is_distinct', [s(null), s('a')], BOOLEAN, true],
  ['is_not_distinct', [s(null), s(null)], BOOLEAN, true],
  ['equal', [bytes(1, 2), bytes(1, 2)], BOOLEAN, true],
  ['less', [bytes(1, 2), bytes(1, 255)], BOOLEAN, true],
  ['equal', [ints(1, null), ints(1, null)], BOOLEAN, true],
  ['in', [i(1), i(2), i(1)], BOOLEAN, true],
  ['in', [i(1), i(2), i(null)], BOOLEAN, null],
  ['in', [i(1), i(2)], BOOLEAN, false],
  ['in', [i(null), i(2)], BOOLEAN, null],
  ['in', [bytes(1), bytes(2), bytes(1)], BOOLEAN, true],
  ['greatest', [i(1), i(null), i(3)], INT, 3],
  ['least', [i(null), i(null)], INT, null],
  ['nullif', [i(1), i(1)], INT, null],
  ['nullif', [i(1), i(null)], INT, 1],
  ['coalesce', [s(null), s('b')], STRING, 'b'],
])

table('LIKE', [
  ['like', [s('abc'), s('a%')], BOOLEAN, true],
  ['like', [s('abc'), s('_b_')], BOOLEAN, true],
  ['like', [s('abc'), s('b')], BOOLEAN, false],
  ['like', [s('a%c'), s('a\\%c')], BOOLEAN, true],
  ['like', [s('abc'), s('a\\%c')], BOOLEAN, false],
  ['like', [s('a%c'), s('a!%c'), s('!')], BOOLEAN, true],
  ['like', [s('a\\c'), s('a\\c'), s('')], BOOLEAN, true],
  ['like', [s('😀x'), s('_x')], BOOLEAN, true],
  ['like', [s('aXbXc'), s('a%X%c')], BOOLEAN, true],
  ['like', [s('aa'), s('a%a%a')], BOOLEAN, false],
  ['like', [s('ab'), s('%_b')], BOOLEAN, true],
  ['like', [s(''), s('%')], BOOLEAN, true],
  ['like', [s(''), s('_')], BOOLEAN, false],
  ['not_like', [s('abc'), s('x%')], BOOLEAN, true],
  ['like', [s(null), s('x%')], BOOLEAN, null],
  ['like', [s('a'), s('a\\')], BOOLEAN, error('pattern of LIKE ends with its escape')],
  ['like', [s('a'.repeat(100_000)), s(`${'%a'.repeat(50)}%b`)], BOOLEAN, false],
])

table('strings', [
  ['concat', [s('a'), s('b'), s('c')], STRING, 'abc'],
  ['concat', [s('a'), s(null)], STRING, null],
  ['concat', [bytes(1), bytes(2)], BYTES, new Uint8Array([1, 2])],
  ['concat_ws', [s('-'), s('a'), s(null), s('b')], STRING, 'a-b'],
  ['upper', [s('aé')], STRING, 'AÉ'],
  ['initcap', [s("hello wORLD, o'neil")], STRING, "Hello World, O'Neil"],
  ['trim', [s('  a b ')], STRING, 'a b'],
  ['trim', [s('xyaxy'), s('xy')], STRING, 'a'],
  ['ltrim', [s('xxa'), s('x')], STRING, 'a'],
  ['rtrim', [s('a😀😀'), s('😀')], STRING, 'a'],
  ['length', [s('a😀b')], INT, 3],
  ['length', [bytes(1, 2)], INT, 2],
  ['octet_length', [s('é')], INT, 2],
  ['substring', [s('alphabet'), b(3), b(2)], STRING, 'ph'],
  ['substring', [s('alphabet'), b(-1), b(4)], STRING, 'al'],
  ['substring', [s('alphabet'), b(7)], STRING, 'et'],
  ['substring', [s('a😀b'), b(2), b(1)], STRING, '😀'],
  ['substring', [s('a'), b(1), b(-1)], STRING, error('length of a substring is negative')],
  ['substring', [s('abc'), b(2n ** 62n), b(2n ** 62n)], STRING, ''],
  ['left', [s('abcde'), b(-2)], STRING, 'abc'],
  ['right', [s('abcde'), b(-2)], STRING, 'cde'],
  ['right', [s('abcde'), b(2)], STRING, 'de'],
  ['left', [s('ab'), b(9)], STRING, 'ab'],
  ['lpad', [s('hi'), b(5), s('xy')], STRING, 'xyxhi'],
  ['rpad', [s('hi'), b(5), s('xy')], STRING, 'hixyx'],
  ['lpad', [s('hello'), b(2)], STRING, 'he'],
  ['lpad', [s('a'), b(10n ** 12n)], STRING, error('text is longer than 16777216 characters')],
  ['replace', [s('abcabc'), s('b'), s('$&')], STRING, 'a$&ca$&c'],
  ['replace', [s('abc'), s(''), s('x')], STRING, 'abc'],
  ['translate', [s('12345'), s('143'), s('ax')], STRING, 'a2x5'],
  ['reverse', [s('a😀b')], STRING, 'b😀a'],
  ['repeat', [s('ab'), b(3)], STRING, 'ababab'],
  ['repeat', [s('ab'), b(-3)], STRING, ''],
  ['repeat', [s('a'), b(2 ** 24)], STRING, 'a'.repeat(2 ** 24)],
  ['repeat', [s('a'), b(2 ** 24 + 1)], STRING, error('text is longer than 16777216 characters')],
  ['position', [s('b'), s('😀b')], INT, 2],
  ['strpos', [s('abc'), s('x')], INT, 0],
  ['starts_with', [s('abc'), s('ab')], BOOLEAN, true],
  ['split_part', [s('a,b,c'), s(','), b(2)], STRING, 'b'],
  ['split_part', [s('a,b,c'), s(','), b(-1)], STRING, 'c'],
  ['split_part', [s('a,b,c'), s(','), b(9)], STRING, ''],
  ['split', [s('a,b'), s(',')], arrayOf(STRING), ['a', 'b']],
  ['ascii', [s('😀')], INT, 128512],
  ['chr', [b(65)], STRING, 'A'],
  ['chr', [b(0xd800)], STRING, error('number is no code point of a character')],
  ['format', [s('%s of 100%% %s'), s('a'), s(null)], STRING, 'a of 100% '],
  ['format', [s('%s')], STRING, error('format has fewer arguments than %s')],
  ['md5', [s('a')], STRING, '0cc175b9c0f1b6a831c399e269772661'],
  ['sha256', [bytes(97)], STRING, 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
  ['to_hex', [b(255)], STRING, 'ff'],
  ['to_hex', [b(-1)], STRING, 'ffffffffffffffff'],
  ['from_hex', [s('0Aff')], BYTES, new Uint8Array([10, 255])],
  ['from_hex', [s('0')], BYTES, error('text is not valid hexadecimal digits')],
  ['encode', [bytes(97), s('base64')], STRING, 'YQ=='],
  ['decode', [s('YQ=='), s('base64')], BYTES, new Uint8Array([97])],
  ['encode', [bytes(255), s('utf-8')], STRING, error('bytes are not valid UTF-8')],
])

table('numbers', [
  ['ceil', [d(-1.5)], DOUBLE, -1],
  ['ceil', [d(-0.5)], DOUBLE, 0],
  ['ceil', [dec('1.01')], decimal(11, 0), 2],
  ['ceil', [dec('-1.99')], decimal(11, 0), -1],
  ['floor', [dec('-1.01')], decimal(11, 0), -2],
  ['floor', [dec('1.99')], decimal(11, 0), 1],
  ['floor', [dec('-2.00')], decimal(11, 0), -2],
  ['round', [d(2.5)], DOUBLE, 3],
  ['round', [d(-2.5)], DOUBLE, -3],
  ['round', [d(0.49999999999999994)], DOUBLE, 0],
  ['round', [d(1.005), i(2)], DOUBLE, 1.01],
  ['round', [d(1234.5), i(-2)], DOUBLE, 1200],
  ['round', [d(1e300), i(2)], DOUBLE, 1e300],
  ['round', [d(5e-324), i(3)], DOUBLE, 0],
  ['round', [dec('2.345', 12, 3), i(2)], decimal(13, 3), 2350],
  ['round', [dec('-2.345', 12, 3), i(2)], decimal(13, 3), -2350],
  ['round', [dec('9.99', 3, 2)], decimal(4, 2), 1000],
  ['round', [b(1250), i(-2)], BIGINT, 1300],
  ['trunc', [dec('-2.345', 12, 3), i(2)], decimal(12, 3), -2340],
  ['trunc', [d(-2.7)], DOUBLE, -2],
  ['trunc', [d(1.999), i(2)], DOUBLE, 1.99],
  ['sign', [d(-0.5)], INT, -1],
  ['sqrt', [d(-1)], DOUBLE, error('argument is outside of what the function is defined for')],
  ['ln', [d(0)], DOUBLE, error('DOUBLE overflow')],
  ['log', [d(2), d(8)], DOUBLE, 3],
  ['log10', [d(1000)], DOUBLE, 3],
  ['exp', [d(1000)], DOUBLE, error('DOUBLE overflow')],
  ['power', [d(2), d(10)], DOUBLE, 1024],
  ['degrees', [d(Math.PI)], DOUBLE, 180],
  ['width_bucket', [d(5.35), d(0.024), d(10.06), i(5)], INT, 3],
  ['width_bucket', [d(10), d(0), d(10), i(5)], INT, 6],
  ['width_bucket', [d(-1), d(0), d(10), i(5)], INT, 0],
  ['bitand', [b(-1), b(MAX)], BIGINT, MAX],
  ['bitnot', [b(6)], BIGINT, -7],
  ['shiftleft', [b(1), i(63)], BIGINT, -(2n ** 63n)],
  ['shiftright', [b(-8), i(1)], BIGINT, -4],
])

const T = '2026-03-31 13:14:15.123456'

table('time', [
  ['now', [], TIMESTAMP, 1_000],
  ['extract', [s('year'), ts(T)], BIGINT, 2026],
  ['extract', [s('quarter'), ts(T)], BIGINT, 1],
  ['extract', [s('week'), ts('2027-01-01')], BIGINT, 53],
  ['extract', [s('week'), ts('2026-01-01')], BIGINT, 1],
  ['extract', [s('dow'), ts('2026-03-29')], BIGINT, 0],
  ['extract', [s('isodow'), ts('2026-03-29')], BIGINT, 7],
  ['extract', [s('doy'), ts('2024-12-31')], BIGINT, 366],
  ['extract', [s('second'), ts(T)], BIGINT, 15],
  ['extract', [s('millisecond'), ts(T)], BIGINT, 15123],
  ['extract', [s('microsecond'), ts(T)], BIGINT, 15123456],
  ['extract', [s('epoch'), ts('1969-12-31 23:59:59.5')], BIGINT, -1],
  ['extract', [s('hour'), time('13:14:15')], BIGINT, 13],
  ['extract', [s('day'), iv('-50 hours')], BIGINT, -2],
  ['extract', [s('hour'), iv('50 hours')], BIGINT, 2],
  ['extract', [s('month'), date('2026-03-31')], BIGINT, 3],
  ['extract', [s('month'), iv('1 day')], BIGINT, error('unit of time is not one that this function takes')],
  ['date_trunc', [s('month'), ts(T)], TIMESTAMP, Date.UTC(2026, 2, 1)],
  ['date_trunc', [s('quarter'), ts('2026-05-31')], TIMESTAMP, Date.UTC(2026, 3, 1)],
  ['date_trunc', [s('week'), ts('2026-03-29')], TIMESTAMP, Date.UTC(2026, 2, 23)],
  ['date_trunc', [s('hour'), ts('1969-12-31 23:30:00')], TIMESTAMP, -3_600_000],
  ['date_trunc', [s('millisecond'), ts(T)], TIMESTAMP, Date.UTC(2026, 2, 31, 13, 14, 15, 123)],
  ['date_trunc', [s('decade'), ts(T)], TIMESTAMP, Date.UTC(2020, 0, 1)],
  ['date_trunc', [s('century'), ts('2000-06-01')], TIMESTAMP, Date.UTC(1901, 0, 1)],
  ['date_bin', [iv('15 minutes'), ts(T)], TIMESTAMP, Date.UTC(2026, 2, 31, 13, 0)],
  [
    'date_bin',
    [iv('15 minutes'), ts('2020-02-11 15:44:17'), ts('2001-01-01 00:02:30')],
    TIMESTAMP,
    Date.UTC(2020, 1, 11, 15, 32, 30),
  ],
  ['date_bin', [iv('0 minutes'), ts(T)], TIMESTAMP, error('interval of date_bin is not positive')],
  ['timestamp_add_months', [ts('2024-01-31'), i(1)], TIMESTAMP, Date.UTC(2024, 1, 29)],
  ['timestamp_add_months', [ts('2024-02-29'), i(12)], TIMESTAMP, Date.UTC(2025, 1, 28)],
  ['timestamp_add_months', [ts('2024-01-15'), i(-13)], TIMESTAMP, Date.UTC(2022, 11, 15)],
  ['timestamp_add', [ts(T), iv('1 us')], TIMESTAMP, Date.UTC(2026, 2, 31, 13, 14, 15, 123) + 0.457],
  ['timestamp_add', [ts('+275760-09-13'), iv('1 ms')], TIMESTAMP, error('TIMESTAMP overflow')],
  ['timestamp_diff', [ts('2026-01-02'), ts('2026-01-01')], INTERVAL, 86_400_000],
  ['timestampadd', [s('day'), b(1), ts('2024-02-28')], TIMESTAMP, Date.UTC(2024, 1, 29)],
  ['timestampadd', [s('quarter'), b(-1), ts('2024-05-31')], TIMESTAMP, Date.UTC(2024, 1, 29)],
  ['timestampdiff', [s('month'), ts('2024-01-31'), ts('2024-02-29')], BIGINT, 1],
  ['timestampdiff', [s('month'), ts('2024-01-30'), ts('2024-02-28')], BIGINT, 0],
  ['timestampdiff', [s('minute'), ts('2024-01-01 00:01:30'), ts('2024-01-01')], BIGINT, -1],
  ['timestampdiff', [s('year'), ts('2024-02-29'), ts('2025-02-28')], BIGINT, 1],
  ['date_add', [date('2024-02-28'), i(2)], DATE, 19783],
  ['date_subtract', [date('1970-01-01'), i(1)], DATE, -1],
  ['date_diff', [date('2024-03-01'), date('2024-02-28')], INT, 2],
  ['time_add', [time('23:00'), iv('2 hours')], TIME, 3_600_000],
  ['time_subtract', [time('01:00'), iv('2 hours')], TIME, 82_800_000],
  ['interval_multiply', [iv('1 minute'), d(1.5)], INTERVAL, 90_000],
  ['interval_divide', [iv('1 minute'), d(0)], INTERVAL, error('division by zero')],
  ['last_day', [date('2024-02-01')], DATE, 19782],
  ['to_timestamp', [s('2026-01-01 00:00:00')], TIMESTAMP, Date.UTC(2026, 0, 1)],
  ['to_timestamp', [s('31/12/2025 23.59'), s('dd/MM/yyyy HH.mm')], TIMESTAMP, Date.UTC(2025, 11, 31, 23, 59)],
  [
    'to_timestamp',
    [s('20260228T102030.5+0100'), s("yyyyMMdd'T'HHmmss.SSSZ")],
    TIMESTAMP,
    Date.UTC(2026, 1, 28, 9, 20, 30, 500),
  ],
  ['to_timestamp', [s('Feb 3, 2026 1 PM'), s('MMM d, yyyy h a')], TIMESTAMP, Date.UTC(2026, 1, 3, 13)],
  ['to_timestamp', [s('2026-02-30'), s('yyyy-MM-dd')], TIMESTAMP, error('there is no such time')],
  ['to_timestamp', [s('2026'), s('yyyy-MM-dd')], TIMESTAMP, error('text does not follow the time pattern')],
  ['to_timestamp', [d(1.5)], TIMESTAMP, 1_500],
  ['to_timestamp', [b(2)], TIMESTAMP, 2_000],
  ['to_timestamp_ltz', [b(1500), i(3)], TIMESTAMP, 1_500],
  ['to_date', [s('2026-01-02')], DATE, 20455],
  ['to_date', [s('02.01.26'), s('dd.MM.yy')], DATE, 20455],
  ['epoch_ms', [ts(T)], BIGINT, Date.UTC(2026, 2, 31, 13, 14, 15, 123)],
  ['unix_timestamp', [ts('1969-12-31 23:59:59.5')], BIGINT, -1],
  ['from_unixtime', [b(44)], STRING, '1970-01-01 00:00:44'],
  [
    'date_format',
    [ts(T), s("EEE, d MMM yyyy HH:mm:ss.SSSSSS 'o''clock' X")],
    STRING,
    "Tue, 31 Mar 2026 13:14:15.123456 o'clock Z",
  ],
  ['date_format', [ts(T), s('hh a D Q yy')], STRING, '01 PM 90 1 26'],
  ['date_format', [ts(T), s('nope')], STRING, error('time pattern has the unknown letter "n"')],
  [
    'to_char',
    [ts(T), s('YYYY-MM-DD HH24:MI:SS.MS US "at" HH12 AM Day Mon')],
    STRING,
    '2026-03-31 13:14:15.123 123456 at 01 PM Tuesday Mar',
  ],
  ['make_date', [i(2024), i(2), i(29)], DATE, 19782],
  ['make_date', [i(2023), i(2), i(29)], DATE, error('there is no such date')],
  ['make_timestamp', [i(2026), i(1), i(31), i(12), i(0), d(1.5)], TIMESTAMP, Date.UTC(2026, 0, 31, 12, 0, 1, 500)],
])

const DOC = '{"user":{"id":9007199254740993,"tags":["a","b"],"__proto__":{"x":1}},"n":null,"first name":"é"}'

table('JSON', [
  ['json_get', [js(DOC), s('user')], JSON_TYPE, '{"id":9007199254740993,"tags":["a","b"],"__proto__":{"x":1}}'],
  ['json_get', [js(DOC), s('constructor')], JSON_TYPE, null],
  ['json_get', [js('{"a":1}'), s('__proto__')], JSON_TYPE, null],
  ['json_get', [js(DOC), s('n')], JSON_TYPE, 'null'],
  ['json_get_text', [js(DOC), s('n')], STRING, null],
  ['json_get_text', [js('[1,"a"]'), b(-1)], STRING, 'a'],
  ['json_get', [js('[1,"a"]'), b(1)], JSON_TYPE, '"a"'],
  ['json_get', [js('[1]'), b(5)], JSON_TYPE, null],
  ['json_value', [js(DOC), s('$.user.id')], STRING, '9007199254740993'],
  ['json_value', [js(DOC), s('$.user.tags[1]')], STRING, 'b'],
  ['json_value', [js(DOC), s("$['first name']")], STRING, 'é'],
  ['json_value', [js(DOC), s('$.user.tags')], STRING, null],
  ['json_value', [js(DOC), s('$.user.__proto__.x')], STRING, '1'],
  ['json_value', [js(DOC), s('$.user.toString')], STRING, null],
  ['json_value', [js(DOC), s('user')], STRING, error('JSON path does not start with $')],
  ['json_value', [js(DOC), s('$.*')], STRING, error("JSON path has a step that is not .name, [position] or ['name']")],
  ['json_query', [js(DOC), s('$.user.tags')], JSON_TYPE, '["a","b"]'],
  ['json_exists', [js(DOC), s('$.n')], BOOLEAN, true],
  ['json_exists', [js(DOC), s('$.m')], BOOLEAN, false],
  ['json_object', [s('a"'), b(9007199254740993n), s('b'), s(null)], JSON_TYPE, '{"a\\"":9007199254740993,"b":null}'],
  ['json_object', [s(null), b(1)], JSON_TYPE, error('name in json_object is NULL')],
  ['json_array', [s('a'), ts('1970-01-01'), dec('1.50')], JSON_TYPE, '["a","1970-01-01T00:00:00.000Z",1.50]'],
  ['is_json', [s('{}')], BOOLEAN, true],
  ['is_json', [s('{')], BOOLEAN, false],
  ['to_json', [ints(1, null)], JSON_TYPE, '[1,null]'],
  ['json_typeof', [js('9007199254740993')], STRING, 'number'],
  ['json_typeof', [js('null')], STRING, 'null'],
  ['json_array_length', [js('[1,2]')], INT, 2],
  ['json_array_length', [js('{}')], INT, null],
  ['json_keys', [js('{"__proto__":1,"a":2}')], JSON_KEYS, ['__proto__', 'a']],
])

table('arrays and maps', [
  ['array', [b(1), b(null)], arrayOf(BIGINT), [1, null]],
  ['array_get', [ints(5, 6), b(1)], BIGINT, 5],
  ['array_get', [ints(5, 6), b(0)], BIGINT, null],
  ['array_get', [ints(5, 6), b(3)], BIGINT, null],
  ['map_get', [map, s('a')], BIGINT, 1],
  ['map_get', [map, s('x')], BIGINT, null],
  ['map', [s('a'), b(1), s('a'), b(2)], MAP, [['a', 2]]],
  ['map', [s(null), b(1)], MAP, error('key of a map is NULL')],
  ['cardinality', [ints(1, 2, 3)], INT, 3],
  ['array_contains', [ints(1, 2), b(2)], BOOLEAN, true],
  ['array_position', [ints(1, 2), b(2)], INT, 2],
  ['array_position', [ints(1, 2), b(3)], INT, 0],
  ['array_append', [ints(1), b(null)], arrayOf(BIGINT), [1, null]],
  ['array_prepend', [ints(1), b(0)], arrayOf(BIGINT), [0, 1]],
  ['array_remove', [ints(1, 2, 1, null), b(1)], arrayOf(BIGINT), [2, null]],
  ['array_concat', [ints(1), ints(2)], arrayOf(BIGINT), [1, 2]],
  ['array_distinct', [ints(2, 1, 2, null, null)], arrayOf(BIGINT), [2, 1, null]],
  ['array_union', [ints(1, 2), ints(2, 3)], arrayOf(BIGINT), [1, 2, 3]],
  ['array_intersect', [ints(1, 2, 2), ints(2, 3)], arrayOf(BIGINT), [2]],
  ['array_except', [ints(1, 1, 2), ints(2)], arrayOf(BIGINT), [1]],
  ['array_join', [[arrayOf(STRING), ['a', null, 'b']], s(',')], STRING, 'a,b'],
  ['array_join', [[arrayOf(STRING), ['a', null]], s(','), s('-')], STRING, 'a,-'],
  ['array_slice', [ints(1, 2, 3, 4), b(2), b(3)], arrayOf(BIGINT), [2, 3]],
  ['array_slice', [ints(1, 2, 3, 4), b(-2)], arrayOf(BIGINT), [3, 4]],
  ['array_slice', [ints(1, 2, 3, 4), b(2), b(-1)], arrayOf(BIGINT), [2, 3, 4]],
  ['array_slice', [ints(1, 2), b(5), b(9)], arrayOf(BIGINT), []],
  ['array_sort', [ints(3, null, 1)], arrayOf(BIGINT), [1, 3, null]],
  ['array_reverse', [ints(1, 2)], arrayOf(BIGINT), [2, 1]],
  ['array_min', [ints(3, null, 1)], BIGINT, 1],
  ['array_max', [ints()], BIGINT, null],
  ['element', [ints(7)], BIGINT, 7],
  ['element', [ints(7, 8)], BIGINT, error('array has more than one element')],
  ['map_keys', [map], arrayOf(STRING), ['a', 'b']],
  ['map_values', [map], arrayOf(BIGINT), [1, null]],
  ['map_contains_key', [map, s('b')], BOOLEAN, true],
  ['map_from_arrays', [[arrayOf(STRING), ['x']], ints(1)], MAP, [['x', 1]]],
  ['map_from_arrays', [[arrayOf(STRING), ['x']], ints()], MAP, error('arrays of keys and values differ in length')],
])

describe('hash', () => {
  test('is the same in every version, tells arguments apart, and is never NULL', () => {
    expect(evaluate('hash', BIGINT, [s('a'), b(1)])[0]).toBe(evaluate('hash', BIGINT, [s('a'), b(1)])[3])
    const values = [
      [s('a'), b(1)],
      [s('a'), b(2)],
      [s(''), b(1)],
      [s(null), b(1)],
      [s(null), b(null)],
    ] as const
    expect(new Set(values.map((args) => evaluate('hash', BIGINT, args)[0])).size).toBe(values.length)
    expect(evaluate('hash', BIGINT, [s('a')])).toMatchInlineSnapshot(`
      [
        792069441597376499n,
        792069441597376499n,
        792069441597376499n,
        792069441597376499n,
      ]
    `)
  })
})

describe('arguments', () => {
  test('are never changed', () => {
    const frozen = Object.freeze([3, 1, 2])
    for (const name of ['array_sort', 'array_reverse', 'array_distinct']) {
      evaluate(name, arrayOf(BIGINT), [[arrayOf(BIGINT), frozen]])
    }
    expect(frozen).toEqual([3, 1, 2])
  })
})
