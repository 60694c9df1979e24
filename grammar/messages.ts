// Plain words for Chevrotain's four kinds of error: "expected a duration, found ')'". A rule with many
// alternatives says what they are together in its ERR_MSG; otherwise a handful of tokens is listed.

import { EOF, type IParserErrorMessageProvider, type IToken, type TokenType, tokenLabel } from 'chevrotain'
import * as T from './tokens.ts'

/** More than this many possible tokens are no help to a reader. */
const LISTED_MAX = 6

/** What a name stands for in the rules that consist of one. */
const NAME_OF_RULE: Readonly<Record<string, string>> = {
  columnName: 'a column',
  functionName: 'a function',
  namedType: 'a type',
  newName: 'a name',
  queryName: 'the name of a query',
  relationName: 'the name of a stream, table or view',
}

export const messageProvider: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual, ruleName }) =>
    `expected ${describeExpected(expected, ruleName)}, found ${describeFound(actual)}`,

  buildNotAllInputParsedMessage: ({ firstRedundant }) =>
    `expected the end of the statement, found ${describeFound(firstRedundant)}`,

  buildNoViableAltMessage: ({ expectedPathsPerAlt, actual, customUserDescription, ruleName }) =>
    expectedOneOf(customUserDescription, expectedPathsPerAlt.flat(), actual, ruleName),

  buildEarlyExitMessage: ({ expectedIterationPaths, actual, customUserDescription, ruleName }) =>
    expectedOneOf(customUserDescription, expectedIterationPaths, actual, ruleName),
}

function expectedOneOf(
  description: string | undefined,
  paths: readonly TokenType[][],
  actual: readonly IToken[],
  ruleName: string,
): string {
  const firsts = paths.flatMap((path) => path.slice(0, 1))
  const isExpression = firsts.includes(T.KW.case)
  const expected =
    description ??
    (isExpression ? 'an expression' : undefined) ??
    listOf(firsts.map((type) => describeExpected(type, ruleName)))
  const found = actual[0]
  return found === undefined ? `expected ${expected}` : `expected ${expected}, found ${describeFound(found)}`
}

export function describeExpected(type: TokenType, ruleName: string): string {
  return (type === T.Name ? NAME_OF_RULE[ruleName] : undefined) ?? tokenLabel(type)
}

/** A literal is named by its kind and never quoted: messages are logged, and literals are the user's data. */
export function describeFound(token: IToken): string {
  const type = token.tokenType
  if (type === EOF) return 'the end of the statement'
  if (type === T.StringLiteral) return 'a string'
  if (type === T.IntegerLiteral || type === T.DecimalLiteral || type === T.DoubleLiteral) return 'a number'
  if (T.isKeyword(type)) return token.image.toUpperCase()
  return token.image.startsWith('"') ? token.image : `'${token.image}'`
}

function listOf(words: readonly string[]): string {
  const unique = [...new Set(words)]
  const shown = unique.slice(0, LISTED_MAX)
  if (unique.length > LISTED_MAX) return `${shown.join(', ')} or another keyword`
  const last = shown.pop()
  return shown.length === 0 ? `${last}` : `${shown.join(', ')} or ${last}`
}
