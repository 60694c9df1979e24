import { describe, expect, it } from 'vitest'
import { pad, printable, textWidth, truncate } from './text-width.ts'

describe('textWidth', () => {
  it.each([
    ['abc', 3],
    ['né', 2],
    ['e\u0301', 1],
    ['日本', 4],
    ['👩‍👩‍👧', 2],
    ['', 0],
  ])('%j takes %i cells', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })
})

describe('printable', () => {
  it('shows control characters instead of sending them', () => {
    expect(printable('a\tb\nc\r\u001b[2Jd\u202ee')).toBe('a\\tb\\nc\\r\\x1b[2Jd\\u202ee')
  })

  it('leaves letters of any script as they are', () => {
    expect(printable('Zürich 日本 👩‍👩‍👧')).toBe('Zürich 日本 👩‍👩‍👧')
  })
})

describe('truncate', () => {
  it('cuts what is wider, at a whole character', () => {
    expect(truncate('abcdef', 6)).toBe('abcdef')
    expect(truncate('abcdef', 5)).toBe('abcd…')
    expect(truncate('日本語', 4)).toBe('日…')
    expect(truncate('日本語', 5)).toBe('日本…')
    expect(truncate('abc', 0)).toBe('')
  })
})

describe('pad', () => {
  it('fills by cells, not by characters', () => {
    expect(pad('日', 4, 'left')).toBe('日  ')
    expect(pad('12', 4, 'right')).toBe('  12')
  })
})
