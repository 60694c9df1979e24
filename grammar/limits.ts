// What a text may cost. Each limit is checked before the work that it bounds: size before lexing, nesting on tokens
// before the parser recurses, joins and nodes before a caller walks the tree.

import type { IToken } from 'chevrotain'
import { Greater, KW, LBracket, Less, LParen, Minus, Plus, RBracket, RParen } from './tokens.ts'

/** A statement written by hand is below 10 KiB; a generated one of this size still parses in a few ms. */
export const TEXT_BYTES_MAX = 64 * 1024
/** Each level is about ten rules deep, and the parser overflows the stack at some 400 levels. */
export const NESTING_MAX = 64
/** Bounds the planner's work on one text. */
export const NODES_MAX = 10_000
/** Chains such as 1 + 1 + 1 nest to the left without a parenthesis: a recursive visitor must survive them. */
export const DEPTH_MAX = 1_000
export const JOINS_MAX = 16
/** A text that is wrong throughout is not worth more lines than a screen has. */
export const DIAGNOSTICS_MAX = 20

/** The first token that is nested deeper than allowed: parentheses, brackets, CASE, types, NOT and sign chains. */
export function firstTooDeep(tokens: readonly IToken[]): IToken | undefined {
  const open: ('group' | 'case' | 'type')[] = []
  let prefixes = 0
  for (const [index, token] of tokens.entries()) {
    const type = token.tokenType
    prefixes = type === KW.not || type === Minus || type === Plus ? prefixes + 1 : 0
    if (type === LParen || type === LBracket) open.push('group')
    else if (type === KW.case) open.push('case')
    else if (type === Less && isTypeConstructor(tokens[index - 1])) open.push('type')
    else if (type === Greater && open.at(-1) === 'type') open.pop()
    else if (type === KW.end && open.at(-1) === 'case') open.pop()
    else if (type === RParen || type === RBracket) open.length = Math.max(0, open.lastIndexOf('group'))
    if (open.length + prefixes > NESTING_MAX) return token
  }
  return undefined
}

function isTypeConstructor(token: IToken | undefined): boolean {
  const type = token?.tokenType
  return type === KW.array || type === KW.map || type === KW.struct || type === KW.row
}
