// Text to statements. The tokens are cut at their semicolons and each piece is parsed for itself, so an error in one
// statement cannot reach another: that is the only error recovery, and each bad statement has one diagnostic of it.

import type { IToken } from 'chevrotain'
import type { Expression, Statement } from './ast.ts'
import { buildStatement } from './build-ast.ts'
import { BuildContext } from './build-context.ts'
import { buildExpression } from './build-expression.ts'
import type { ExpressionCstNode, StatementCstNode } from './cst.gen.ts'
import { diagnoseCharacters, diagnoseSyntax } from './diagnose.ts'
import { type Diagnostic, errorAt } from './diagnostic.ts'
import { checkTree, DIAGNOSTICS_MAX, NESTING_MAX, TEXT_BYTES_MAX, TOKENS_MAX } from './limits.ts'
import { firstTooDeep } from './nesting.ts'
import { parser } from './parser.ts'
import { LineTable, type Span } from './span.ts'
import { Semicolon, tokenize } from './tokens.ts'

export interface ParseResult {
  /** The statements that are well formed; a bad one leaves a diagnostic and does not take the others with it. */
  readonly statements: readonly Statement[]
  readonly diagnostics: readonly Diagnostic[]
}

export interface ParseExpressionResult {
  readonly expression: Expression | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** Parses a script: statements that end with `;` (the last one may go without). */
export function parse(text: string): ParseResult {
  const { results, diagnostics } = parsePieces(text, 'statement', (context) => {
    const node = parser.statement() as StatementCstNode | undefined
    return () => buildStatement(context, node!)
  })
  return { statements: results, diagnostics }
}

/** Parses one expression, as in a filter that a client sends. */
export function parseExpression(text: string): ParseExpressionResult {
  const { results, diagnostics } = parsePieces(text, 'expression', (context) => {
    const node = parser.expression() as ExpressionCstNode | undefined
    return () => buildExpression(context, node!)
  })
  if (results.length === 1 || diagnostics.length > 0) return { expression: results[0], diagnostics }
  const found = results.length === 0 ? 'nothing' : 'several'
  const span = new LineTable(text).span(0, text.length)
  return { expression: undefined, diagnostics: [errorAt(span, 'SYNTAX', `expected one expression, found ${found}`)] }
}

type StartRule = 'statement' | 'expression'

function parsePieces<T extends { readonly span: Span }>(
  text: string,
  rule: StartRule,
  parseInput: (context: BuildContext) => () => T,
): { results: T[]; diagnostics: Diagnostic[] } {
  const lines = new LineTable(text)
  const tooLong = checkLength(text, lines)
  if (tooLong) return { results: [], diagnostics: [tooLong] }
  const { tokens, errors } = tokenize(text)
  const diagnostics = diagnoseCharacters(text, tokens, errors, lines)
  const results: T[] = []
  for (const piece of splitAtSemicolons(tokens)) {
    if (diagnostics.length >= DIAGNOSTICS_MAX) {
      const span = lines.span(piece[0]!.startOffset, text.length)
      diagnostics.push(errorAt(span, 'TOO_MANY_ERRORS', 'too many errors, the rest of the text was not read'))
      break
    }
    const spoiled = diagnostics.some(({ span }) => isWithin(span, piece))
    const result = spoiled ? undefined : parsePiece(piece, rule, lines, parseInput, diagnostics)
    if (result !== undefined) results.push(result)
  }
  return { results, diagnostics: diagnostics.sort((a, b) => a.span.start - b.span.start) }
}

function parsePiece<T extends { readonly span: Span }>(
  piece: readonly IToken[],
  rule: StartRule,
  lines: LineTable,
  parseInput: (context: BuildContext) => () => T,
  diagnostics: Diagnostic[],
): T | undefined {
  const context = new BuildContext(lines)
  const beyond = checkTokens(piece, context)
  if (beyond) {
    diagnostics.push(beyond)
    return undefined
  }
  parser.input = [...piece]
  const build = parseInput(context)
  const error = parser.errors[0]
  // The parser outlives the text and must not keep it.
  parser.input = []
  if (error) {
    diagnostics.push(diagnoseSyntax(error, piece, rule, lines))
    return undefined
  }
  const result = build()
  const tooMuch = context.diagnostics.length === 0 ? checkTree(result) : undefined
  if (tooMuch) context.diagnostics.push(tooMuch)
  diagnostics.push(...context.diagnostics.slice(0, DIAGNOSTICS_MAX))
  return context.diagnostics.length === 0 ? result : undefined
}

/** UTF-8 bytes, counted only when the number of UTF-16 units leaves it open. */
function checkLength(text: string, lines: LineTable): Diagnostic | undefined {
  const fits =
    text.length * 3 <= TEXT_BYTES_MAX || (text.length <= TEXT_BYTES_MAX && utf8Length(text) <= TEXT_BYTES_MAX)
  if (fits) return undefined
  const hint = 'send the statements one by one'
  return errorAt(lines.span(0, 1), 'TEXT_TOO_LONG', `the text is longer than ${TEXT_BYTES_MAX / 1024} KiB`, { hint })
}

function utf8Length(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    // Each half of a surrogate pair counts two, which makes the four bytes of the whole.
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes += 2
    else if (unit >= 0x80) bytes += 1
  }
  return bytes
}

function checkTokens(piece: readonly IToken[], context: BuildContext): Diagnostic | undefined {
  const excess = piece[TOKENS_MAX]
  if (excess) {
    return errorAt(
      context.span(excess),
      'TOO_MANY_NODES',
      `the statement has more than ${TOKENS_MAX} words and symbols`,
    )
  }
  const deep = firstTooDeep(piece)
  return deep && errorAt(context.span(deep), 'NESTING_TOO_DEEP', `nested more than ${NESTING_MAX} levels deep`)
}

function splitAtSemicolons(tokens: readonly IToken[]): readonly (readonly IToken[])[] {
  const pieces: IToken[][] = [[]]
  for (const token of tokens) {
    if (token.tokenType === Semicolon) pieces.push([])
    else pieces.at(-1)!.push(token)
  }
  return pieces.filter((piece) => piece.length > 0)
}

function isWithin(span: Span, piece: readonly IToken[]): boolean {
  const last = piece.at(-1)!
  return span.start >= piece[0]!.startOffset && span.start < last.startOffset + last.image.length
}
