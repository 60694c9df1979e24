import { describe, expect, it } from 'vitest'
import { ExpectedTokens } from './expected.ts'
import { SqlParser } from './parser.ts'
import { KW, tokenize } from './tokens.ts'

describe('the parser', () => {
  it('passes the checks of the grammar that a start skips, and starts in no time', () => {
    const begin = performance.now()
    expect(() => new SqlParser({ validate: true })).not.toThrow()
    expect(performance.now() - begin).toBeLessThan(1_500)
  })

  it('keywords are their own tokens in any case, units also in the plural', () => {
    const types = tokenize('select SELECT Minutes minute selects').tokens.map(({ tokenType }) => tokenType.name)
    expect(types).toEqual(['SELECT', 'SELECT', 'MINUTE', 'MINUTE', 'Identifier'])
  })

  it('what may follow agrees with what is parsed', () => {
    const run = new ExpectedTokens('statement')
    expect(run.mayEnd).toBe(false)
    for (const token of tokenize('SELECT a FROM t').tokens) expect(run.advance(token)).toBe(true)
    expect(run.mayEnd).toBe(true)
    expect(run.expected.map(({ type }) => type)).toContain(KW.where)
  })
})
