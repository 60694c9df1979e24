// Counts nesting on tokens, before the parser recurses once: a parser that overflows its stack cannot say where.

import type { IToken } from 'chevrotain'
import { NESTING_MAX } from './limits.ts'
import { Greater, KW, LBracket, Less, LParen, Minus, Plus, RBracket, RParen } from './tokens.ts'

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
