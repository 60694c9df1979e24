import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  complete,
  DIAGNOSTICS_MAX,
  parse,
  parseExpression,
  print,
  printExpression,
  renderDiagnostics,
  type Span,
  TOKENS_MAX,
} from '../../grammar/index.ts'
import { NO_BARE_ALIAS, NON_RESERVED, RESERVED } from '../../grammar/keywords.ts'
import { expression, withoutSpans } from './grammar-arbitrary.ts'
import { statement } from './grammar-statements.ts'

const EXAMPLES = readFileSync(new URL('../golden/parse/dialect-examples.sql', import.meta.url), 'utf8')

function expectNestedSpans(node: object, parent: { readonly start: number; readonly end: number }): void {
  const span = 'span' in node ? (node.span as Span) : parent
  if (!(span.start >= parent.start && span.start < span.end && span.end <= parent.end)) {
    expect.fail(`span ${JSON.stringify(span)} of ${'kind' in node ? node.kind : 'a list'} leaves its parent`)
  }
  for (const [key, part] of Object.entries(node)) {
    if (typeof part === 'object' && part !== null && key !== 'span' && key !== 'keySpan') expectNestedSpans(part, span)
  }
}

describe('print and parse', () => {
  it('parse(print(statement)) is the statement', () => {
    fc.assert(
      fc.property(statement, (ast) => {
        const text = print(ast)
        const { statements, diagnostics } = parse(text)
        // The limits have tests of their own.
        fc.pre(
          !diagnostics.some(
            ({ code }) => code.startsWith('TOO_') || code.startsWith('NESTING') || code === 'TEXT_TOO_LONG',
          ),
        )
        expect(renderDiagnostics(text, diagnostics)).toBe('')
        expect(withoutSpans(statements)).toStrictEqual([withoutSpans(ast)])
        expectNestedSpans(statements, { start: 0, end: text.length })
      }),
      { numRuns: 600 },
    )
  })

  it('parse(print(expression)) is the expression', () => {
    fc.assert(
      fc.property(expression, (ast) => {
        const text = printExpression(ast)
        const { expression: again, diagnostics } = parseExpression(text)
        expect(renderDiagnostics(text, diagnostics)).toBe('')
        expect(withoutSpans(again)).toStrictEqual(withoutSpans(ast))
      }),
      { numRuns: 1500 },
    )
  })
})

/**
 * Time of the processor for one text: what else the machine is doing does not count. Slow machines with busy siblings
 * have taken 120; what is not linear takes seconds.
 */
const HOSTILE_MS_MAX = 300

function cpuMs(start?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

function survives(text: string): void {
  const begin = process.cpuUsage()
  const { statements, diagnostics } = parse(text)
  let ms = cpuMs(begin)
  if (ms > HOSTILE_MS_MAX) {
    // Once more: the first time includes compiling the parser itself, on another thread.
    const again = process.cpuUsage()
    parse(text)
    ms = cpuMs(again)
  }
  expect(diagnostics.length).toBeLessThanOrEqual(2 * DIAGNOSTICS_MAX + 1)
  for (const { span, message } of diagnostics) {
    expect(span.start).toBeGreaterThanOrEqual(0)
    expect(span.end).toBeLessThanOrEqual(text.length)
    expect(message).not.toMatch(/\.$|undefined|NaN|object Object/)
  }
  renderDiagnostics(text, diagnostics)
  for (const one of statements) print(one)
  expect(ms).toBeLessThan(HOSTILE_MS_MAX)
}

const words = fc.constantFrom<string>(
  ...[...RESERVED, ...NO_BARE_ALIAS, ...NON_RESERVED],
  ...'( ) [ ] , . ; :: := => -> ->> < > <= >= <> = + - * / % || | ? { } $1 :p 1 1.5 1e3'.split(' '),
  ...["'s'", 'x', 'orders', '"q"', "'1 minute'", "INTERVAL '5' MINUTE", 'é', '\u0000', '#', "'", '/*', '--\n'],
)

describe('hostile texts', () => {
  it('token soup never throws and ends quickly', () => {
    parse(EXAMPLES)
    fc.assert(
      fc.property(fc.array(words, { maxLength: 60 }), (soup) => survives(soup.join(' '))),
      { numRuns: 1500 },
    )
  })

  it('mutations of valid texts never throw and end quickly', () => {
    const pieces = EXAMPLES.split(';').flatMap((text) => text.match(/\s+|\w+|'[^']*'|./g) ?? [])
    const edit = fc.record({ at: fc.nat(pieces.length - 1), drop: fc.nat(4), put: fc.array(words, { maxLength: 3 }) })
    fc.assert(
      fc.property(
        fc.nat(pieces.length - 1),
        fc.integer({ min: 1, max: 400 }),
        fc.array(edit, { maxLength: 4 }),
        (from, length, edits) => {
          const text = [...pieces.slice(from, from + length)]
          for (const { at, drop, put } of edits) text.splice(at % (text.length + 1), drop, ...put)
          survives(text.join(''))
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('any characters never throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        survives(text)
        parseExpression(text)
      }),
      { numRuns: 500 },
    )
  })

  it('completion never throws, at any place of any text', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), fc.nat(300), (soup, offset) => {
        const text = soup.join(' ')
        const { replaceSpan, prefix } = complete(text, offset)
        expect(text.slice(replaceSpan.start, replaceSpan.end)).toBe(prefix)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['open parentheses', 'SELECT '.padEnd(60_000, '(')],
    ['NOT chain', `SELECT ${'NOT '.repeat(15_000)}a`],
    ['minus chain', `SELECT ${'- '.repeat(30_000)}1`],
    ['open brackets', `SELECT a${'['.repeat(60_000)}`],
    ['CASE chain', `SELECT ${'CASE '.repeat(12_000)}`],
    ['array types', `SELECT CAST(a AS ${'ARRAY<'.repeat(10_000)}INT)`],
    ['AND chain', `SELECT ${'a AND '.repeat(10_000)}a`],
    ['plus chain', `SELECT ${'1+'.repeat(32_000)}1`],
    ['plus chain below the limit of tokens', `SELECT ${'1+'.repeat(TOKENS_MAX / 2 - 2)}1`],
    ['casts', `SELECT a${'::int'.repeat(13_000)}`],
    ['path', `SELECT a${'.a'.repeat(30_000)}`],
    ['UNION ALL chain', `SELECT 1${' UNION ALL SELECT 1'.repeat(3_300)}`],
    ['semicolons', ';'.repeat(65_000)],
    ['bad statements', 'x;'.repeat(32_000)],
    ['bad characters', '#'.repeat(65_000)],
    ['commas', `SELECT ${'a,'.repeat(32_000)}`],
    ['late error', `SELECT ${'a,'.repeat(5_900)} FORM`],
    ['digits', `SELECT ${'9'.repeat(65_000)}`],
    ['quotes', `SELECT ${"'".repeat(65_001)}`],
    ['comment openers', '/*'.repeat(32_000)],
    ['EXPLAIN chain', 'EXPLAIN '.repeat(8_000)],
    ['CTE chain', `${'WITH a AS ('.repeat(5_000)}SELECT 1`],
    ['IN list', `SELECT a IN (${'1,'.repeat(5_900)}1)`],
  ])('%s', (_title, text) => survives(text))
})
