import { describe, expect, it } from 'vitest'
import { parse, parseExpression, renderDiagnostic, renderDiagnostics, renderSpan, spanAt } from './index.ts'

function rendered(text: string): string {
  return renderDiagnostics(text, parse(text).diagnostics)
}

/** Code, place, message and hint in one line. */
function brief(text: string): string[] {
  return parse(text).diagnostics.map(({ code, span, message, hint }) => {
    const place = `${span.line}:${span.column}`
    return `${code} ${place} ${message}${hint === undefined ? '' : ` (${hint})`}`
  })
}

describe('a rendered diagnostic', () => {
  it('shows the place, the line and carets', () => {
    expect(rendered('SELECT a\nFROM t\nEMIT  FINNAL')).toBe(
      [
        "error[SYNTAX]: expected CHANGES, FINAL, ON WINDOW CLOSE or EVERY, found 'FINNAL'",
        ' --> line 3, column 7',
        '  |',
        '3 | EMIT  FINNAL',
        '  |       ^^^^^^',
        'hint: did you mean FINAL?',
      ].join('\n'),
    )
  })

  it('stands under its text behind tabs', () => {
    const text = '\tSELECT\t1 2'
    expect(renderSpan(text, spanAt(text, 10, 11))).toBe('  |\n1 | \tSELECT\t1 2\n  | \t      \t  ^')
  })

  it('shows a part of a very long line', () => {
    const text = `SELECT ${'a, '.repeat(500)}b b b`
    for (const line of rendered(text).split('\n')) expect(line.length).toBeLessThan(140)
    expect(rendered(text)).toContain('^')
  })

  it('marks a span over several lines up to the end of its first', () => {
    const text = "SELECT INTERVAL\n'5 lightyears'"
    expect(rendered(text)).toContain('1 | SELECT INTERVAL\n  |        ^^^^^^^^\n')
  })

  it('has colour on demand', () => {
    const [diagnostic] = parse('SELEC 1').diagnostics
    expect(renderDiagnostic('SELEC 1', diagnostic!, { colour: true })).toContain('\u001b[31merror[SYNTAX]\u001b[0m')
    expect(renderDiagnostic('SELEC 1', diagnostic!)).not.toContain('\u001b')
  })
})

describe('messages', () => {
  it.each([
    ['SELCT 1', "SYNTAX 1:1 expected a statement, found 'SELCT' (did you mean SELECT?)"],
    [
      'SELECT a FORM t',
      'SYNTAX 1:15 expected the end of the statement, found \'t\' (did you mean FROM instead of "FORM"?)',
    ],
    [
      'SELECT a FROM t WHER b',
      'SYNTAX 1:22 expected the end of the statement, found \'b\' (did you mean WHERE instead of "WHER"?)',
    ],
    ['SELECT a, FROM t', 'SYNTAX 1:11 expected an expression, found FROM'],
    [
      'SELECT order FROM t',
      'SYNTAX 1:8 expected an expression, found ORDER (ORDER is a reserved word; write "order" to use it as a name)',
    ],
    ['SELECT (a FROM t', "SYNTAX 1:11 expected ')', found FROM"],
    ['SELECT a FROM t ALLOWED LATENESS )', "SYNTAX 1:34 expected a duration, found ')'"],
    ['SELECT a FROM', 'SYNTAX 1:14 expected a stream, table, view or subquery, found the end of the statement'],
    ['SELECT a FROM t JOIN u', 'SYNTAX 1:23 expected ON or USING, found the end of the statement'],
    ['CREATE SINK s AS SELECT a FROM t', 'SYNTAX 1:33 expected WITH or FORMAT, found the end of the statement'],
    ['SELECT a FROM t LIMIT x', "SYNTAX 1:23 expected a number, found 'x'"],
    ["SELECT a 'secret'", 'SYNTAX 1:10 expected the end of the statement, found a string'],
    [
      'SELECT * FROM (SELECT 1)',
      'SYNTAX 1:15 a subquery in FROM needs an alias (write AS and a name after the closing parenthesis)',
    ],
    ['SELECT a EMIT FINAL EMIT CHANGES', 'DUPLICATE_CLAUSE 1:21 EMIT is given twice'],
    ['CREATE STREAM s (a INTT) WITH (a=1)', 'UNKNOWN_TYPE 1:20 unknown type "intt" (did you mean INT?)'],
    ["CREATE STREAM s (a INT) WITH (a=1, 'a'=2)", 'DUPLICATE_CLAUSE 1:36 property "a" is given twice'],
    [
      'CREATE OR REPLACE VIEW IF NOT EXISTS v AS SELECT 1',
      'SYNTAX 1:24 OR REPLACE and IF NOT EXISTS exclude each other ' +
        '(OR REPLACE changes what exists, IF NOT EXISTS leaves it: choose one)',
    ],
    [
      "SELECT a FROM t GROUP BY HOP(ts, INTERVAL '1' MINUTE)",
      'INVALID_ARGUMENT 1:26 HOP needs a size ' +
        "(write HOP(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE), the slide before the size)",
    ],
    [
      "SELECT a FROM t GROUP BY TUMBLE(ts, GAP => INTERVAL '1' DAY, SIZE => 1 DAY)",
      'INVALID_ARGUMENT 1:37 TUMBLE has no argument "gap"',
    ],
    ["SELECT DATE '2026-02-30'", "INVALID_LITERAL 1:8 not a date (write it as DATE '2026-01-31')"],
    [
      "SELECT INTERVAL '5'",
      'INVALID_INTERVAL 1:8 interval has no unit ' +
        "(write it as INTERVAL '5' MINUTE or INTERVAL '5 minutes'; the smallest unit is a millisecond)",
    ],
    ['SELECT ""', 'INVALID_LITERAL 1:8 a name cannot be empty'],
    ['SELECT a # b', "UNKNOWN_CHARACTER 1:10 unexpected character '#'"],
    [
      'SELECT \u2018a\u2019',
      "UNKNOWN_CHARACTER 1:8 unexpected character '\u2018' (use the straight quote ' for a string and \" for a name)",
    ],
    ["SELECT 'abc; SELECT 1", "UNTERMINATED 1:8 the string is never closed (close it with ')"],
    ['SELECT 1 /* abc', 'UNTERMINATED 1:10 the comment is never closed (close it with */)'],
  ])('%s', (text, expected) => expect(brief(text)[0]).toBe(expected))

  it('one diagnostic for each bad statement, and the good ones survive', () => {
    const text = 'SELECT FROM; SELECT 1;\nSELCT 2; SELECT 3'
    expect(brief(text)).toEqual([
      'SYNTAX 1:8 expected an expression, found FROM',
      "SYNTAX 2:1 expected a statement, found 'SELCT' (did you mean SELECT?)",
    ])
    expect(parse(text).statements).toHaveLength(2)
  })

  it('a statement reports all that building it finds', () => {
    expect(
      brief("CREATE STREAM s (a INTT, b STRNG, c DATE) WITH (x = DATE '1')").map((line) => line.split(' ')[0]),
    ).toEqual(['UNKNOWN_TYPE', 'UNKNOWN_TYPE', 'INVALID_LITERAL'])
  })

  it('an expression alone', () => {
    expect(parseExpression('').diagnostics[0]?.message).toBe('expected one expression, found nothing')
    expect(parseExpression('a b').diagnostics[0]?.message).toBe("expected the end of the statement, found 'b'")
    expect(parseExpression('a; b').expression).toBeUndefined()
  })
})
