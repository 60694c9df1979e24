// What a text may cost. Each limit is checked before the work that it bounds: size before lexing, nesting on tokens
// before the parser recurses, joins and nodes before a caller walks the tree.

import { type Diagnostic, errorAt } from './diagnostic.ts'
import type { Span } from './span.ts'

/** A statement written by hand is below 10 KiB; a generated one of this size still parses in a few ms. */
export const TEXT_BYTES_MAX = 64 * 1024
/** Each level is about ten rules deep, and the parser overflows the stack at some 400 levels. */
export const NESTING_MAX = 64
/** Bounds the planner's work on one text. */
export const NODES_MAX = 10_000
/** Chains such as 1 + 1 + 1 nest to the left without a parenthesis: a recursive visitor must survive them. */
export const DEPTH_MAX = 1_000
export const JOINS_MAX = 16
/** Words and symbols of one statement, counted before it is parsed: that costs some 5 µs for each. */
export const TOKENS_MAX = 12_000
/** A text that is wrong throughout is not worth more lines than a screen has. */
export const DIAGNOSTICS_MAX = 20

interface Visited {
  readonly node: object
  readonly depth: number
}

/** Nodes, depth and joins of a built statement, counted without recursion. Names are not counted as nodes. */
export function checkTree(root: object & { readonly span: Span }): Diagnostic | undefined {
  const work: Visited[] = [{ node: root, depth: 1 }]
  let nodeCount = 0
  let joinCount = 0
  for (let top = work.pop(); top !== undefined; top = work.pop()) {
    const { node } = top
    const kind = 'kind' in node ? node.kind : undefined
    const depth = kind === undefined ? top.depth : top.depth + 1
    if (kind !== undefined && kind !== 'identifier') nodeCount += 1
    if (kind === 'join') joinCount += 1
    const span = 'span' in node ? (node.span as Span) : root.span
    if (depth > DEPTH_MAX + 1) return tooDeep(span)
    if (nodeCount > NODES_MAX) return errorAt(span, 'TOO_MANY_NODES', `the statement has more than ${NODES_MAX} parts`)
    if (joinCount > JOINS_MAX) return tooManyJoins(span)
    for (const value of Object.values(node)) {
      if (typeof value === 'object' && value !== null && 'start' in value === false) work.push({ node: value, depth })
    }
  }
  return undefined
}

function tooDeep(span: Span): Diagnostic {
  const hint = 'shorten the chain of operators, or compute it in steps with WITH'
  return errorAt(span, 'NESTING_TOO_DEEP', `the expression is more than ${DEPTH_MAX} levels deep`, { hint })
}

function tooManyJoins(span: Span): Diagnostic {
  const hint = 'split the statement with a materialized view'
  return errorAt(span, 'TOO_MANY_JOINS', `the statement has more than ${JOINS_MAX} joins`, { hint })
}
