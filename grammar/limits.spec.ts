import { describe, expect, it } from 'vitest'
import {
  DEPTH_MAX,
  DIAGNOSTICS_MAX,
  JOINS_MAX,
  NESTING_MAX,
  NODES_MAX,
  parse,
  TEXT_BYTES_MAX,
  TOKENS_MAX,
} from './index.ts'

const codes = (text: string) => parse(text).diagnostics.map(({ code }) => code)

describe('each limit, and one past it', () => {
  it.each<[string, (size: number) => string, number, string]>([
    ['bytes of text', (size) => `SELECT 1 --${'x'.repeat(size - 11)}`, TEXT_BYTES_MAX, 'TEXT_TOO_LONG'],
    ['parentheses', (size) => `SELECT ${'('.repeat(size)}1${')'.repeat(size)}`, NESTING_MAX, 'NESTING_TOO_DEEP'],
    ['brackets', (size) => `SELECT a${'[a'.repeat(size)}${']'.repeat(size)}`, NESTING_MAX, 'NESTING_TOO_DEEP'],
    [
      'CASE',
      (size) => `SELECT ${'CASE WHEN a THEN '.repeat(size)}1${' END'.repeat(size)}`,
      NESTING_MAX,
      'NESTING_TOO_DEEP',
    ],
    ['NOT', (size) => `SELECT ${'NOT '.repeat(size)}a`, NESTING_MAX, 'NESTING_TOO_DEEP'],
    ['minus', (size) => `SELECT ${'- '.repeat(size)}a`, NESTING_MAX, 'NESTING_TOO_DEEP'],
    ['types', (size) => `SELECT a::${'ARRAY<'.repeat(size)}INT${'>'.repeat(size)}`, NESTING_MAX, 'NESTING_TOO_DEEP'],
    ['subqueries', (size) => `SELECT ${'(SELECT '.repeat(size)}1${')'.repeat(size)}`, NESTING_MAX, 'NESTING_TOO_DEEP'],
    ['joins', (size) => `SELECT 1 FROM a${' JOIN b ON c'.repeat(size)}`, JOINS_MAX, 'TOO_MANY_JOINS'],
    // The query, its SELECT, its item and the last operand are above the chain.
    ['operators in a chain', (size) => `SELECT 1${' + 1'.repeat(size - 4)}`, DEPTH_MAX, 'NESTING_TOO_DEEP'],
  ])('%s', (_title, textOf, limit, code) => {
    expect(codes(textOf(limit))).toEqual([])
    expect(codes(textOf(limit + 1))).toEqual([code])
  })

  it('bytes are counted as UTF-8', () => {
    const text = `SELECT 1 --${'я'.repeat((TEXT_BYTES_MAX - 12) / 2)}x`
    expect(Buffer.byteLength(text)).toBe(TEXT_BYTES_MAX)
    expect(codes(text)).toEqual([])
    expect(codes(`${text}x`)).toEqual(['TEXT_TOO_LONG'])
  })

  it('nodes of the tree', () => {
    // A query and a SELECT; four nodes an item; two for the last one.
    const text = `SELECT ${'a+a,'.repeat((NODES_MAX - 4) / 4)}a`
    expect(codes(text)).toEqual([])
    expect(codes(`${text} IS NULL`)).toEqual(['TOO_MANY_NODES'])
  })

  it('tokens of a statement', () => {
    const text = `INSERT INTO t VALUES (${'1,'.repeat((TOKENS_MAX - 8) / 2)}1)`
    expect(codes(`EXPLAIN ${text}`)).toEqual([])
    expect(codes(`EXPLAIN ANALYZE ${text}`)).toEqual(['TOO_MANY_NODES'])
  })

  it('diagnostics of a text', () => {
    expect(codes('x;'.repeat(DIAGNOSTICS_MAX))).toHaveLength(DIAGNOSTICS_MAX)
    expect(codes('x;'.repeat(DIAGNOSTICS_MAX + 1)).at(-1)).toBe('TOO_MANY_ERRORS')
    expect(codes('x;'.repeat(DIAGNOSTICS_MAX + 9))).toHaveLength(DIAGNOSTICS_MAX + 1)
  })

  it('nesting starts anew with each statement, and NOT counts inside parentheses', () => {
    const deep = `SELECT ${'('.repeat(40)}1${')'.repeat(40)};`
    expect(codes(deep + deep)).toEqual([])
    expect(codes(`SELECT ${'('.repeat(40)}${'NOT '.repeat(25)}a${')'.repeat(40)}`)).toEqual(['NESTING_TOO_DEEP'])
    expect(codes(`SELECT ${'a < b AND '.repeat(100)}c > d`)).toEqual([])
  })
})
