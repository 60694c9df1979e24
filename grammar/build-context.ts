// What every build function needs: places in the text, and somewhere to put diagnostics.

import type { CstNode, IToken } from 'chevrotain'
import type { Identifier } from './ast.ts'
import { type Diagnostic, type DiagnosticExtra, errorAt, type GrammarCode } from './diagnostic.ts'
import type { LineTable, Span } from './span.ts'
import { QuotedIdentifier } from './tokens.ts'

export class BuildContext {
  readonly diagnostics: Diagnostic[] = []
  readonly #lines: LineTable

  constructor(lines: LineTable) {
    this.#lines = lines
  }

  span(place: CstNode | IToken): Span {
    return this.between(place, place)
  }

  between(first: CstNode | IToken, last: CstNode | IToken): Span {
    return this.#lines.span(startOf(first), endOf(last))
  }

  error(span: Span, code: GrammarCode, message: string, extra: DiagnosticExtra = {}): void {
    this.diagnostics.push(errorAt(span, code, message, extra))
  }

  /** Folds to lower case unless quoted, so that Orders and orders are one name, as in PostgreSQL. */
  identifier(token: IToken): Identifier {
    const span = this.span(token)
    if (token.tokenType !== QuotedIdentifier) return { kind: 'identifier', name: token.image.toLowerCase(), span }
    const quote = token.image.charAt(0)
    const name = token.image.slice(1, -1).replaceAll(quote + quote, quote)
    if (name === '') this.error(span, 'INVALID_LITERAL', 'a name cannot be empty')
    return { kind: 'identifier', name, span }
  }

  /** The name in one of the rules that consist of a name only. */
  name(node: CstNode & { readonly children: { readonly Name: IToken[] } }): Identifier {
    return this.identifier(only(node.children.Name))
  }
}

function startOf(place: CstNode | IToken): number {
  return 'image' in place ? place.startOffset : (place.location?.startOffset ?? 0)
}

function endOf(place: CstNode | IToken): number {
  const end = 'image' in place ? place.endOffset : place.location?.endOffset
  return (end ?? 0) + 1
}

/** The first child of that name, which the rule just matched requires. */
export function only<T>(children: readonly T[] | undefined): T {
  const child = children?.[0]
  if (child === undefined) throw new Error('the rule that was matched has no such child')
  return child
}

/** The value of a string token, quotes taken off. */
export function stringValue(token: IToken): string {
  return token.image.slice(1, -1).replaceAll("''", "'")
}
