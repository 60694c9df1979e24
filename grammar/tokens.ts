// Every token, and the one lexer. Keywords are identifiers that are given their own token type after lexing;
// `Name` and `BareAlias` are categories that non-reserved keywords belong to, so the parser asks for a name and
// gets `orders`, `"Orders"` and `timestamp` alike. Only offsets are tracked: lines are found when a span is made.

import { createToken, type ILexingError, type IToken, Lexer, type TokenType } from 'chevrotain'
import { type Keyword, NO_BARE_ALIAS, NON_RESERVED, RESERVED, TIME_UNITS } from './keywords.ts'

/** Anything that names something. */
export const Name = createToken({ name: 'Name', pattern: Lexer.NA, label: 'a name' })
/** A name that may follow an expression or a relation as its alias, without AS. */
export const BareAlias = createToken({ name: 'BareAlias', pattern: Lexer.NA, categories: Name, label: 'an alias' })
export const TimeUnit = createToken({ name: 'TimeUnit', pattern: Lexer.NA, label: 'a unit of time' })

const WhiteSpace = createToken({ name: 'WhiteSpace', pattern: /[ \t\r\n\f\v\u00a0\ufeff]+/, group: Lexer.SKIPPED })
const LineComment = createToken({ name: 'LineComment', pattern: /--[^\r\n]*/, group: Lexer.SKIPPED })
const BlockComment = createToken({
  name: 'BlockComment',
  pattern: /\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//,
  group: Lexer.SKIPPED,
})

// Surrogates are letters here, so that a name in any script is one token.
export const Identifier = createToken({
  name: 'Identifier',
  pattern: /[a-zA-Z_\u00aa-\u1fff\u2c00-\u2fff\u3001-\ufefe][a-zA-Z0-9_$\u00aa-\u1fff\u2c00-\u2fff\u3001-\ufefe]*/,
  categories: BareAlias,
})
export const QuotedIdentifier = createToken({
  name: 'QuotedIdentifier',
  pattern: /"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`/,
  categories: BareAlias,
})
export const StringLiteral = createToken({
  name: 'StringLiteral',
  pattern: /'[^']*(?:''[^']*)*'/,
  label: 'a string',
})
/** A quote or a comment that never ends takes the rest of the text; it is always an error. */
export const Unterminated = createToken({ name: 'Unterminated', pattern: /['"`][\s\S]*|\/\*[\s\S]*/ })

export const DoubleLiteral = createToken({
  name: 'DoubleLiteral',
  pattern: /(?:\d+(?:\.\d*)?|\.\d+)[eE][+-]?\d+/,
  label: 'a number',
})
export const DecimalLiteral = createToken({ name: 'DecimalLiteral', pattern: /\d+\.\d*|\.\d+/, label: 'a number' })
export const IntegerLiteral = createToken({ name: 'IntegerLiteral', pattern: /\d+/, label: 'a number' })
export const Parameter = createToken({
  name: 'Parameter',
  pattern: /\$\d+|:[a-zA-Z_][a-zA-Z0-9_]*/,
  label: 'a parameter',
})

const symbol = (name: string, pattern: string): TokenType => createToken({ name, pattern, label: `'${pattern}'` })
export const DoubleColon = symbol('DoubleColon', '::')
export const Assign = symbol('Assign', ':=')
export const NamedArrow = symbol('NamedArrow', '=>')
export const LongArrow = symbol('LongArrow', '->>')
export const Arrow = symbol('Arrow', '->')
export const LessOrEqual = symbol('LessOrEqual', '<=')
export const GreaterOrEqual = symbol('GreaterOrEqual', '>=')
export const NotEqual = createToken({ name: 'NotEqual', pattern: /<>|!=/, label: "'<>'" })
export const Less = symbol('Less', '<')
export const Greater = symbol('Greater', '>')
export const Equal = symbol('Equal', '=')
export const Concat = symbol('Concat', '||')
export const Bar = symbol('Bar', '|')
export const Plus = symbol('Plus', '+')
export const Minus = symbol('Minus', '-')
export const Star = symbol('Star', '*')
export const Slash = symbol('Slash', '/')
export const Percent = symbol('Percent', '%')
export const Question = symbol('Question', '?')
export const LParen = symbol('LParen', '(')
export const RParen = symbol('RParen', ')')
export const LBracket = symbol('LBracket', '[')
export const RBracket = symbol('RBracket', ']')
export const LBrace = symbol('LBrace', '{')
export const RBrace = symbol('RBrace', '}')
export const Comma = symbol('Comma', ',')
export const Dot = symbol('Dot', '.')
export const Semicolon = symbol('Semicolon', ';')

const keywordBySpelling = new Map<string, TokenType>()

function makeKeywords(words: readonly Keyword[], categories: TokenType[]): [Keyword, TokenType][] {
  return words.map((word) => {
    const name = word.toUpperCase()
    const type = createToken({ name, pattern: Lexer.NA, categories, label: name })
    keywordBySpelling.set(word, type)
    if (categories.includes(TimeUnit)) keywordBySpelling.set(`${word}s`, type)
    return [word, type]
  })
}

/** The token type of each keyword: `KW.select`. */
export const KW = Object.fromEntries([
  ...makeKeywords(RESERVED, []),
  ...makeKeywords(NO_BARE_ALIAS, [Name]),
  ...makeKeywords(NON_RESERVED, [BareAlias]),
  ...makeKeywords(TIME_UNITS, [BareAlias, TimeUnit]),
]) as Readonly<Record<Keyword, TokenType>>

// Order matters: the first pattern that matches wins, so a longer symbol stands before its own beginning.
const LEXED = [
  WhiteSpace,
  Identifier,
  Comma,
  LParen,
  RParen,
  LineComment,
  BlockComment,
  StringLiteral,
  QuotedIdentifier,
  Unterminated,
  DoubleLiteral,
  DecimalLiteral,
  IntegerLiteral,
  Dot,
  DoubleColon,
  Assign,
  Parameter,
  NamedArrow,
  LongArrow,
  Arrow,
  NotEqual,
  LessOrEqual,
  GreaterOrEqual,
  Less,
  Greater,
  Equal,
  Concat,
  Bar,
  Plus,
  Minus,
  Star,
  Slash,
  Percent,
  Question,
  LBracket,
  RBracket,
  LBrace,
  RBrace,
  Semicolon,
]

export const ALL_TOKENS: readonly TokenType[] = [Name, BareAlias, TimeUnit, ...LEXED, ...Object.values(KW)]

const lexer = new Lexer([Name, BareAlias, TimeUnit, ...LEXED, ...Object.values(KW)], {
  ensureOptimizations: true,
  positionTracking: 'onlyOffset',
  skipValidations: true,
})

export interface Lexed {
  readonly tokens: readonly IToken[]
  readonly errors: readonly ILexingError[]
}

export function tokenize(text: string): Lexed {
  const { tokens, errors } = lexer.tokenize(text)
  for (const token of tokens) {
    // Places of nodes are made of it, and the lexer leaves it out when it tracks offsets only.
    token.endOffset = token.startOffset + token.image.length - 1
    if (token.tokenType !== Identifier) continue
    const keyword = keywordBySpelling.get(token.image.toLowerCase())
    if (keyword === undefined) continue
    token.tokenType = keyword
    token.tokenTypeIdx = keyword.tokenTypeIdx!
  }
  return { tokens, errors }
}

export function isKeyword(type: TokenType): boolean {
  return keywordBySpelling.has(type.name.toLowerCase())
}

/** The keyword of that spelling, in lower case. */
export function keywordOf(spelling: string): TokenType | undefined {
  return keywordBySpelling.get(spelling)
}

export function isCategory(type: TokenType): boolean {
  return type === Name || type === BareAlias || type === TimeUnit
}

/** Whether a token of type `actual` is accepted where `expected` stands. */
export function accepts(expected: TokenType, actual: TokenType): boolean {
  return expected === actual || expected.categoryMatchesMap?.[actual.tokenTypeIdx!] === true
}
