// A place in a text, and how it is shown to its writer. Offsets count UTF-16 units, `end` is exclusive;
// line and column are those of `start` and count from 1. A span never depends on the file it came from.

export interface Span {
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
}

export interface RenderOptions {
  readonly colour?: boolean | undefined
}

const RED = '\u001b[31m'
const BLUE = '\u001b[34m'
const RESET = '\u001b[0m'

/** Longest part of a source line shown around a span: a generated one-line text must not flood a terminal. */
const SHOWN_LINE_MAX = 120

/** The span of `[start, end)` in `text`. */
export function spanAt(text: string, start: number, end: number): Span {
  const from = Math.min(Math.max(start, 0), text.length)
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < from; at = text.indexOf('\n', at + 1)) {
    line += 1
    lineStart = at + 1
  }
  return { start: from, end: Math.max(from, Math.min(end, text.length)), line, column: from - lineStart + 1 }
}

/** Finds lines of one text by binary search: a tree of ten thousand nodes asks that often. */
export class LineTable {
  readonly #lineStarts: number[] = [0]
  readonly #length: number

  constructor(text: string) {
    this.#length = text.length
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
  }

  span(start: number, end: number): Span {
    const from = Math.min(start, this.#length)
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineStarts[middle]! <= from) low = middle
      else high = middle - 1
    }
    return { start: from, end: Math.min(end, this.#length), line: low + 1, column: from - this.#lineStarts[low]! + 1 }
  }
}

/** From the start of the first to the end of the last. */
export function joinSpans(first: Span, last: Span): Span {
  return { start: first.start, end: Math.max(first.end, last.end), line: first.line, column: first.column }
}

/** The source line of a span with carets under it; a span over several lines is marked to the end of its first. */
export function renderSpan(text: string, span: Span, options: RenderOptions = {}): string {
  const paint = (colour: string, shown: string) => (options.colour ? `${colour}${shown}${RESET}` : shown)
  const lineStart = span.start - (span.column - 1)
  const newline = text.indexOf('\n', span.start)
  const lineEnd = newline === -1 ? text.length : newline
  const before = text.slice(lineStart, span.start)
  const after = text.slice(span.start, lineEnd).replace(/\r$/, '')
  const shownBefore = before.length > SHOWN_LINE_MAX / 2 ? `…${before.slice(-SHOWN_LINE_MAX / 2)}` : before
  const room = SHOWN_LINE_MAX - shownBefore.length
  const shownAfter = after.length > room ? `${after.slice(0, room)}…` : after
  const caretCount = Math.max(1, Math.min(span.end - span.start, shownAfter.length))
  const number = String(span.line)
  const margin = ' '.repeat(number.length)
  // Tabs stay tabs in the padding, so that the carets stand under their text at any tab width.
  const padding = shownBefore.replace(/[^\t]/g, ' ')
  return [
    `${margin} ${paint(BLUE, '|')}`,
    `${paint(BLUE, `${number} |`)} ${shownBefore}${shownAfter}`,
    `${margin} ${paint(BLUE, '|')} ${padding}${paint(RED, '^'.repeat(caretCount))}`,
  ].join('\n')
}
