import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { onOneLine, placedText, splitStatements } from './split-statements.ts'

const texts = (script: string) => splitStatements(script).statements.map(({ text }) => text)

describe('splitStatements', () => {
  it('ends a statement at its semicolon and keeps what follows', () => {
    expect(splitStatements('SELECT 1; SELECT 2;\n SELECT')).toEqual({
      statements: [
        { text: 'SELECT 1;', start: 0 },
        { text: 'SELECT 2;', start: 10 },
      ],
      rest: '\n SELECT',
      pending: 'statement',
    })
  })

  it('does not end at a semicolon in a string, a quoted name or a comment', () => {
    const script = `SELECT 'a;''b;' AS "c;""d", \`e;\` -- f;\n /* g; * ; */ FROM h;`
    expect(texts(script)).toEqual([script])
  })

  it.each([
    ["SELECT 'a;", 'string'],
    ["SELECT 'a'';", 'string'],
    ['SELECT "a;', 'quoted-name'],
    ['SELECT `a;', 'backquoted-name'],
    ['SELECT 1 /* ; ', 'comment'],
    ['/* ; ', 'comment'],
    ['SELECT 1 -- ;', 'statement'],
    ['-- nothing;', 'nothing'],
    ['  \n ', 'nothing'],
    ['SELECT 1;  ', 'nothing'],
  ])('%j waits for %s', (script, pending) => {
    expect(splitStatements(script).pending).toBe(pending)
  })

  it('takes no statement from semicolons and comments alone', () => {
    expect(texts(';; /* a */ ; -- b\n;')).toEqual([])
  })

  it('reads operators that begin like a comment', () => {
    expect(texts('SELECT a - b / c ->> d;')).toEqual(['SELECT a - b / c ->> d;'])
  })

  it('loses and doubles nothing of any text', () => {
    const piece = fc.constantFrom(';', "'", '"', '`', '--', '/*', '*/', '\n', ' ', 'a', '-', '/', '1')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const script = pieces.join('')
        const { statements, rest } = splitStatements(script)
        for (const { text, start } of statements) {
          expect(script.slice(start, start + text.length)).toBe(text)
          expect(text.endsWith(';')).toBe(true)
        }
        expect(script.endsWith(rest)).toBe(true)
        // Typed line by line, the same statements come out.
        const again = splitStatements(statements.map(({ text }) => text).join('\n'))
        expect(again.statements.map(({ text }) => text)).toEqual(statements.map(({ text }) => text))
      }),
    )
  })
})

describe('placedText', () => {
  it('keeps offset, line and column of the part', () => {
    const script = 'SELECT 1;\nSELECT é;\r\n SELECT 3;'
    const start = script.indexOf('SELECT 3')
    const placed = placedText(script, start, script.length)
    expect(placed.indexOf('SELECT 3')).toBe(start)
    expect(placed.slice(0, start)).toBe('         \n         \r\n ')
  })
})

describe('onOneLine', () => {
  it('takes out comments and line breaks, and leaves strings as they are', () => {
    expect(onOneLine("SELECT a, -- the first\n  'x  --y',\n\tb /* last */\nFROM t;")).toBe(
      "SELECT a, 'x  --y', b FROM t;",
    )
  })
})
