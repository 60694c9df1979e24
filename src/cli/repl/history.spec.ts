import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HISTORY_ENTRIES_MAX, HISTORY_ENTRY_CHARACTERS_MAX, History, historyEntry, historyPath } from './history.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-history-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

describe('History', () => {
  it('keeps whole statements over sessions, in a file for its owner alone', () => {
    const path = join(directory, 'deep', 'history')
    const history = new History(path)
    history.add('SELECT 1;')
    history.add('SELECT a\n  FROM b;')
    expect(history.save()).toBe(true)
    expect(readFileSync(path, 'utf8')).toBe('SELECT 1;\nSELECT a FROM b;\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(new History(path).newestFirst).toEqual(['SELECT a FROM b;', 'SELECT 1;'])
  })

  it('narrows the mode of a file that others could read', () => {
    const path = join(directory, 'history')
    writeFileSync(path, '', { mode: 0o644 })
    const history = new History(path)
    history.add('SELECT 1;')
    history.save()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('holds the newest entries up to its limit', () => {
    const history = new History(undefined)
    for (let n = 1; n <= HISTORY_ENTRIES_MAX + 1; n++) history.add(`SELECT ${n};`)
    expect(history.newestFirst).toHaveLength(HISTORY_ENTRIES_MAX)
    expect(history.newestFirst.at(0)).toBe(`SELECT ${HISTORY_ENTRIES_MAX + 1};`)
    expect(history.newestFirst.at(-1)).toBe('SELECT 2;')
  })

  it('says that it could not save, and does not fail', () => {
    writeFileSync(join(directory, 'file'), '')
    expect(new History(join(directory, 'file', 'history')).save()).toBe(false)
  })

  it('leaves out the same statement again', () => {
    const history = new History(undefined)
    history.add('SELECT 1;')
    history.add('SELECT  1;')
    expect(history.newestFirst).toEqual(['SELECT 1;'])
  })
})

describe('historyEntry', () => {
  it.each([
    [' SELECT 1;', 'begins with a space'],
    ["CREATE STREAM s (a INT) WITH ('sasl.password' = 'x');", 'holds a credential'],
    ["SELECT 'one\ntwo';", 'has a string over two lines'],
    ['', 'is empty'],
  ])('%j is left out: it %s', (typed) => {
    expect(historyEntry(typed)).toBeUndefined()
  })

  it('takes a statement up to the limit of its length', () => {
    const longest = `SELECT ${'1'.repeat(HISTORY_ENTRY_CHARACTERS_MAX - 8)};`
    expect(historyEntry(longest)).toBe(longest)
    expect(historyEntry(`${longest};`)).toBeUndefined()
  })
})

describe('historyPath', () => {
  it('is WEIR_HISTORY, else under the state directory', () => {
    expect(historyPath({ WEIR_HISTORY: '/a/b' })).toBe('/a/b')
    expect(historyPath({ XDG_STATE_HOME: '/state' })).toBe('/state/weir/history')
    expect(historyPath({})).toMatch(/\.local\/state\/weir\/history$/)
  })
})
