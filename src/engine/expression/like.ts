import { EvaluationError } from '../../core/evaluation-error.ts'

/**
 * LIKE without regular expressions: time is at most the length of the text times that of the longest piece between
 * two `%`, whatever the pattern. `%` is any text, `_` any one character (code point), the escape takes the next
 * character as it is; an empty escape means there is none.
 */
export function compileLike(pattern: string, mark = '\\'): (text: string) => boolean {
  const pieces = parsePattern(pattern, mark)
  const simple = simpleMatcher(pieces)
  return simple ?? ((text) => matchPieces([...text], pieces))
}

/** Characters between two `%`; undefined stands for `_`. */
type Piece = readonly (string | undefined)[]

function parsePattern(pattern: string, mark: string): readonly Piece[] {
  const pieces: (string | undefined)[][] = [[]]
  let escaped = false
  for (const character of pattern) {
    const piece = pieces[pieces.length - 1] as (string | undefined)[]
    if (escaped) {
      piece.push(character)
      escaped = false
    } else if (character === mark) escaped = true
    else if (character === '%') pieces.push([])
    else piece.push(character === '_' ? undefined : character)
  }
  if (escaped) throw new EvaluationError('pattern of LIKE ends with its escape')
  // The text between two neighbours `%%` is empty and matches anywhere.
  return pieces.filter((piece, i) => piece.length > 0 || i === 0 || i === pieces.length - 1)
}

/** Patterns without `_` and with at most one piece in the middle are what JavaScript searches natively. */
function simpleMatcher(pieces: readonly Piece[]): ((text: string) => boolean) | undefined {
  if (pieces.some((piece) => piece.includes(undefined)) || pieces.length > 3) return undefined
  const texts = pieces.map((piece) => piece.join(''))
  const first = texts[0] as string
  if (texts.length === 1) return (text) => text === first
  const last = texts[texts.length - 1] as string
  if (texts.length === 2) {
    const length = first.length + last.length
    return (text) => text.length >= length && text.startsWith(first) && text.endsWith(last)
  }
  const middle = texts[1] as string
  return (text) => {
    const end = text.length - last.length
    if (!text.startsWith(first) || !text.endsWith(last)) return false
    const at = text.indexOf(middle, first.length)
    return at !== -1 && at + middle.length <= end
  }
}

function matchPieces(text: readonly string[], pieces: readonly Piece[]): boolean {
  const first = pieces[0] as Piece
  if (!matchesAt(text, first, 0)) return false
  if (pieces.length === 1) return text.length === first.length
  const last = pieces[pieces.length - 1] as Piece
  const end = text.length - last.length
  let position = first.length
  // The leftmost place for each piece leaves the most text to the rest, so no place is ever tried again.
  for (const piece of pieces.slice(1, -1)) {
    while (position + piece.length <= end && !matchesAt(text, piece, position)) position++
    if (position + piece.length > end) return false
    position += piece.length
  }
  return position <= end && matchesAt(text, last, end)
}

function matchesAt(text: readonly string[], piece: Piece, position: number): boolean {
  if (position + piece.length > text.length) return false
  for (let i = 0; i < piece.length; i++) {
    const expected = piece[i]
    if (expected !== undefined && expected !== text[position + i]) return false
  }
  return true
}
