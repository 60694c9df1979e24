// Text in terminal cells. Data may hold anything, so control characters are shown, never sent: a row must not be able
// to move the cursor, change the title or hide what follows.

import stringWidth from 'string-width'

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })
const PLAIN = /^[\x20-\x7e]*$/
// C0 and C1 controls, and the marks that reorder or hide text (bidirectional overrides, zero-width joins excepted).
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Width in cells; wide East Asian characters and emoji take two. */
export function textWidth(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text)
}

/** The text with control characters written as escapes: `\n`, `\x1b`. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return '\\n'
    if (character === '\t') return '\\t'
    if (character === '\r') return '\\r'
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** At most `width` cells; what is cut is shown by `…`. Never cuts through a character of two cells. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  if (width <= 0) return ''
  let shown = ''
  let used = 0
  for (const { segment } of GRAPHEMES.segment(text)) {
    const cells = textWidth(segment)
    if (used + cells > width - 1) break
    shown += segment
    used += cells
  }
  return `${shown}…`
}

export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const missing = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'right' ? `${missing}${text}` : `${text}${missing}`
}
