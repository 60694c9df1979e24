// The only door of the grammar: text in, syntax tree and diagnostics out. Nothing here throws on any text.

import type { Expression, Statement } from './ast.ts'
import type { Diagnostic } from './diagnostic.ts'

export type * from './ast.ts'
export * from './diagnostic.ts'
export * from './span.ts'

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
export function parse(_text: string): ParseResult {
  return { statements: [], diagnostics: [] }
}

export function parseExpression(_text: string): ParseExpressionResult {
  return { expression: undefined, diagnostics: [] }
}
