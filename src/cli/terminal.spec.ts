import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type ProcessLike, paint, terminalOf } from './terminal.ts'

function processWith(env: Record<string, string>, tty: boolean): ProcessLike {
  const stream = () => Object.assign(new PassThrough(), { isTTY: tty, columns: 100, rows: 30 })
  return { stdin: stream(), stdout: stream(), stderr: stream(), env }
}

const colourOf = (env: Record<string, string>, tty: boolean, color?: boolean) =>
  terminalOf(processWith(env, tty), { color }).colour.out

describe('terminalOf', () => {
  it('colours a terminal and nothing else', () => {
    expect(colourOf({}, true)).toBe(true)
    expect(colourOf({}, false)).toBe(false)
  })

  it('obeys NO_COLOR when it is not empty, TERM=dumb and --no-color', () => {
    expect(colourOf({ NO_COLOR: '1' }, true)).toBe(false)
    expect(colourOf({ NO_COLOR: '' }, true)).toBe(true)
    expect(colourOf({ TERM: 'dumb' }, true)).toBe(false)
    expect(colourOf({}, true, false)).toBe(false)
    expect(colourOf({ FORCE_COLOR: '1' }, false)).toBe(true)
    expect(colourOf({ FORCE_COLOR: '1' }, false, false)).toBe(false)
    expect(colourOf({ FORCE_COLOR: '1', NO_COLOR: '1' }, true)).toBe(false)
  })

  it('knows the size of a terminal, and that a pipe has none', () => {
    expect(terminalOf(processWith({}, true)).size()).toEqual({ columns: 100, rows: 30 })
    expect(terminalOf(processWith({}, false)).size()).toBeUndefined()
  })

  it('repaints no dumb terminal', () => {
    expect(terminalOf(processWith({ TERM: 'dumb' }, true)).interactive).toBe(false)
  })
})

describe('paint', () => {
  it('leaves plain text plain', () => {
    expect(paint('a', 'red', false)).toBe('a')
    expect(paint('a', 'red', true)).toBe('\u001b[31ma\u001b[0m')
  })
})
