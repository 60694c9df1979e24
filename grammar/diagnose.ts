// Makes diagnostics of what the lexer and the parser report: where, in which words, and what may have been meant.

import { EOF, type ILexingError, type IRecognitionException, type IToken, type TokenType } from 'chevrotain'
import { type Diagnostic, errorAt } from './diagnostic.ts'
import { type ExpectedToken, ExpectedTokens } from './expected.ts'
import { RESERVED } from './keywords.ts'
import { DIAGNOSTICS_MAX } from './limits.ts'
import { mostSimilar } from './similar.ts'
import type { LineTable } from './span.ts'
import { BareAlias, Comma, Dot, Equal, Identifier, isKeyword, KW, Name, RParen, Unterminated } from './tokens.ts'

/** Longest beginning of a statement that is followed for a hint; the automaton takes some 20 µs a token. */
const FOLLOWED_TOKENS_MAX = 1_000

// ---- characters ----------------------------------------------------------------------------------------------

const TYPOGRAPHIC_QUOTES = /[\u2018\u2019\u201c\u201d\u00b4]/

export function diagnoseCharacters(
  text: string,
  tokens: readonly IToken[],
  errors: readonly ILexingError[],
  lines: LineTable,
): Diagnostic[] {
  const diagnostics = errors.slice(0, DIAGNOSTICS_MAX).map((error) => {
    const span = lines.span(error.offset, error.offset + error.length)
    const isQuote = TYPOGRAPHIC_QUOTES.test(text.slice(error.offset, error.offset + error.length))
    const hint = isQuote ? 'use the straight quote \' for a string and " for a name' : undefined
    const code = text.codePointAt(error.offset) ?? 0
    const shown =
      code > 0x20 && code !== 0x7f ? `'${String.fromCodePoint(code)}'` : `U+${code.toString(16).padStart(4, '0')}`
    return errorAt(span, 'UNKNOWN_CHARACTER', `unexpected character ${shown}`, { hint })
  })
  const last = tokens.at(-1)
  if (last?.tokenType === Unterminated) diagnostics.push(diagnoseUnterminated(last, lines))
  return diagnostics
}

function diagnoseUnterminated(token: IToken, lines: LineTable): Diagnostic {
  const opening = token.image.startsWith('/*') ? '/*' : token.image.charAt(0)
  const closing = opening === '/*' ? '*/' : opening
  const what = opening === '/*' ? 'comment' : opening === "'" ? 'string' : 'quoted name'
  const span = lines.span(token.startOffset, token.startOffset + opening.length)
  return errorAt(span, 'UNTERMINATED', `the ${what} is never closed`, { hint: `close it with ${closing}` })
}

// ---- syntax --------------------------------------------------------------------------------------------------

export function diagnoseSyntax(
  error: IRecognitionException,
  piece: readonly IToken[],
  rule: string,
  lines: LineTable,
): Diagnostic {
  const token = error.token
  const index = token.tokenType === EOF ? piece.length : piece.indexOf(token)
  const previous = piece[index - 1]
  const end = previous ? previous.startOffset + previous.image.length : 0
  const span =
    token.tokenType === EOF
      ? lines.span(end, end)
      : lines.span(token.startOffset, token.startOffset + token.image.length)
  return errorAt(span, 'SYNTAX', error.message, { hint: hintFor(piece, index, rule) })
}

function hintFor(piece: readonly IToken[], index: number, rule: string): string | undefined {
  if (index > FOLLOWED_TOKENS_MAX) return undefined
  const found = piece[index]
  const previous = piece[index - 1]
  const run = new ExpectedTokens(rule)
  let beforePrevious = run.expected
  for (const token of piece.slice(0, index)) {
    beforePrevious = run.expected
    if (!run.advance(token)) return undefined
  }
  const meant = found && misspelt(found, run.expected)
  if (meant !== undefined) return `did you mean ${meant}?`
  // `FROM t WHER a`: the slip was taken for an alias, and the error shows only at the word after it.
  const meantBefore = previous?.tokenType === Identifier ? misspelt(previous, beforePrevious) : undefined
  if (meantBefore !== undefined) return `did you mean ${meantBefore} instead of "${previous?.image}"?`
  return found && reservedHint(found, piece[index + 1], run.expected)
}

function misspelt(token: IToken, expected: readonly ExpectedToken[]): string | undefined {
  if (token.tokenType !== Identifier && !isKeyword(token.tokenType)) return undefined
  const keywords = new Set(expected.filter(({ type }) => isKeyword(type)).map(({ type }) => type.name))
  const similar = mostSimilar(token.image.toUpperCase(), keywords)
  return token.image.length < 2 ? undefined : similar
}

const AFTER_A_NAME: readonly TokenType[] = [Comma, Dot, RParen, Equal, KW.from, KW.as]

function reservedHint(token: IToken, next: IToken | undefined, expected: readonly ExpectedToken[]): string | undefined {
  const isReserved = RESERVED.some((word) => KW[word] === token.tokenType)
  const isNewName = expected.some(({ rule }) => rule === 'newName')
  const isName = expected.some(({ type }) => type === Name || type === BareAlias)
  // `SELECT a, FROM t` has a comma too many; `SELECT order FROM t` means a column.
  const looksLikeName = isNewName || (isName && next !== undefined && AFTER_A_NAME.includes(next.tokenType))
  if (!isReserved || !looksLikeName) return undefined
  const word = token.image.toLowerCase()
  return `${word.toUpperCase()} is a reserved word; write "${word}" to use it as a name`
}
