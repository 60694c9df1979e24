// Content assist: what may stand at a place in a text. Derived from the grammar's own rules by expected.ts, so a new
// rule is completed from the day it is written.

import { EOF, type IToken } from 'chevrotain'
import { ExpectedTokens } from './expected.ts'
import { TIME_UNITS } from './keywords.ts'
import { TEXT_BYTES_MAX } from './limits.ts'
import { type Span, spanAt } from './span.ts'
import { accepts, isCategory, isKeyword, Name, Semicolon, TimeUnit, tokenize, Unterminated } from './tokens.ts'

/** A kind of name that may stand there; whoever knows the catalog fills in which ones there are. */
export type Expectation = 'stream' | 'table' | 'view' | 'column' | 'function' | 'type' | 'query' | 'topic' | 'name'

export interface Completion {
  /** Upper case, sorted, and matching the prefix. */
  readonly keywords: readonly string[]
  readonly expects: readonly Expectation[]
  /** What is already written of the word at the offset. */
  readonly prefix: string
  /** What a choice replaces: the word at the offset, or nothing. */
  readonly replaceSpan: Span
}

const EXPECTED_OF_RULE: Readonly<Record<string, readonly Expectation[]>> = {
  columnName: ['column'],
  functionName: ['function'],
  namedType: ['type'],
  newName: ['name'],
  alias: ['name'],
  print: ['topic'],
  queryName: ['query'],
  relationName: ['stream', 'table', 'view'],
}

/** A statement longer than this is not completed: the answer must come before the next key. */
const COMPLETED_TOKENS_MAX = 1_000

export function complete(text: string, offset: number): Completion {
  const at = Math.min(Math.max(offset, 0), text.length)
  const { before, prefix } = tokensBefore(text, at)
  const replaceSpan = spanAt(text, at - prefix.length, at)
  const nothing: Completion = { keywords: [], expects: [], prefix, replaceSpan }
  if (before === undefined) return nothing
  const run = new ExpectedTokens('statement')
  if (!before.every((token) => run.advance(token))) return nothing
  const keywords = new Set<string>()
  const expects = new Set<Expectation>()
  for (const { type, rule } of run.expected) {
    if (isKeyword(type)) keywords.add(type.name)
    else if (type === TimeUnit) for (const unit of TIME_UNITS) keywords.add(unit.toUpperCase())
    else if (isCategory(type)) for (const expectation of EXPECTED_OF_RULE[rule] ?? []) expects.add(expectation)
  }
  const wanted = prefix.toUpperCase()
  const matching = [...keywords].filter((keyword) => keyword.startsWith(wanted)).sort()
  return { keywords: matching, expects: [...expects].sort(), prefix, replaceSpan }
}

interface Beginning {
  /** The tokens of the statement up to the word being written; undefined inside a string or a comment. */
  readonly before: readonly IToken[] | undefined
  readonly prefix: string
}

function tokensBefore(text: string, at: number): Beginning {
  if (at > TEXT_BYTES_MAX) return { before: undefined, prefix: '' }
  const beginning = text.slice(0, at)
  const { tokens } = tokenize(beginning)
  const last = tokens.at(-1)
  if (last?.tokenType === Unterminated || isInLineComment(beginning, last)) return { before: undefined, prefix: '' }
  const isOpenWord = last !== undefined && last.startOffset + last.image.length === at && isWord(last)
  const statementStart = tokens.findLastIndex((token) => token.tokenType === Semicolon) + 1
  const before = tokens.slice(statementStart, isOpenWord ? -1 : undefined)
  const prefix = isOpenWord ? last.image : ''
  return { before: before.length > COMPLETED_TOKENS_MAX ? undefined : before, prefix }
}

function isWord(token: IToken): boolean {
  return isKeyword(token.tokenType) || (accepts(Name, token.tokenType) && !/["`]/.test(token.image))
}

function isInLineComment(beginning: string, last: IToken | undefined): boolean {
  const gap = beginning.slice(last && last.tokenType !== EOF ? last.startOffset + last.image.length : 0)
  const line = gap.slice(gap.lastIndexOf('\n') + 1)
  return /--/.test(line.replace(/\/\*.*?\*\//g, ''))
}
