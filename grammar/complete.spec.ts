import { describe, expect, it } from 'vitest'
import { complete } from './index.ts'

/** The cursor stands at the bar. */
function at(marked: string) {
  return complete(marked.replace('|', ''), marked.indexOf('|'))
}

describe('complete', () => {
  it('the start of a statement', () => {
    const { keywords, expects, prefix } = at('|')
    expect(keywords).toEqual(expect.arrayContaining(['CREATE', 'SELECT', 'SHOW', 'WITH', 'EXPLAIN', 'ADVANCE']))
    expect(keywords).not.toContain('FROM')
    expect(expects).toEqual([])
    expect(prefix).toBe('')
  })

  it('replaces the word that is being written', () => {
    const { keywords, prefix, replaceSpan } = at('SELECT a FROM t wh| ')
    expect(keywords).toEqual(['WHERE'])
    expect(prefix).toBe('wh')
    expect(replaceSpan).toEqual({ start: 16, end: 18, line: 1, column: 17 })
  })

  it.each([
    ['SELECT |', ['column', 'function']],
    ['SELECT a FROM |', ['stream', 'table', 'view']],
    ['SELECT a FROM t JOIN |', ['stream', 'table', 'view']],
    ['SELECT a FROM t WHERE |', ['column', 'function']],
    ['SELECT a::|', ['type']],
    ['CREATE STREAM s (a |', ['type']],
    ['CREATE STREAM |', ['name']],
    ['PAUSE QUERY |', ['query']],
    ['PRINT |', ['topic']],
    ['DESCRIBE |', ['stream', 'table', 'view']],
  ])('%s expects names', (marked, expected) => {
    expect(at(marked).expects).toEqual(expect.arrayContaining(expected))
  })

  it.each([
    ['SELECT a FROM t EMIT |', ['CHANGES', 'EVERY', 'FINAL', 'ON']],
    ['SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A) |', ['DEFINE', 'WITHIN']],
    ['SELECT * FROM t MATCH_RECOGNIZE (AFTER MATCH SKIP |', ['PAST', 'TO']],
    ['SHOW |', ['FUNCTIONS', 'MATERIALIZED', 'QUERIES', 'SINKS', 'STREAMS', 'TABLES', 'TOPICS', 'VIEWS']],
    ['CREATE SINK s FROM v WITH (a=1) FORMAT |', ['DEBEZIUM', 'PLAIN', 'UPSERT']],
    ['SELECT 1; DROP MATERIALIZED |', ['VIEW']],
    ['EMIT |', []],
    ["SELECT 'a|", []],
    ['SELECT 1 -- co|', []],
  ])('%s continues with keywords', (marked, expected) => {
    expect(at(marked).keywords).toEqual(expected)
  })

  it('offers what follows a complete query', () => {
    const { keywords } = at('SELECT a FROM t |')
    expect(keywords).toEqual(
      expect.arrayContaining(['WHERE', 'GROUP', 'EMIT', 'LIMIT', 'JOIN', 'LEFT', 'UNION', 'ALLOWED']),
    )
  })

  it('answers before the next key is pressed', () => {
    at('SELECT |')
    const text = `SELECT ${'a + b * (c - 1), '.repeat(20)}x FROM t WHERE a IN (1, 2, 3) AND `
    const begin = performance.now()
    for (let run = 0; run < 10; run++) complete(text, text.length)
    expect((performance.now() - begin) / 10).toBeLessThan(20)
  })
})
