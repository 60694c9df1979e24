// What Weir has and Flink SQL has not. Where results would differ it ends the export; where they are the same in the
// end, or differ only in what goes beside them, it is a note in the script.

import type { Call, Over } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'

/** Finds the construct in the syntax tree that was written. */
export type FindNode = (node: { readonly kind: string }) => boolean

/** A call with OVER, in the text that was written. */
export function findOver(is: (call: Call & { readonly over: Over }) => boolean): FindNode {
  return (node) => {
    if (node.kind !== 'call') return false
    const { over, ...call } = node as Call
    return over !== undefined && is({ ...call, over })
  }
}

interface GapExtra {
  readonly hint?: string | undefined
  readonly find?: FindNode | undefined
}

/** Thrown where it is seen; `Places` knows the text that it stands in. Never leaves this folder. */
export class Gap extends Error {
  override readonly name = 'Gap'
  readonly hint: string | undefined
  readonly find: FindNode | undefined
  /** Set on the way out of the innermost text. */
  place: Place | undefined

  /** `construct` in a sentence: `function "hash"`. */
  constructor(construct: string, { hint, find }: GapExtra = {}) {
    super(construct)
    this.hint = hint
    this.find = find
  }
}

export interface Note {
  readonly text: string
  readonly find: FindNode | undefined
}

/** A text that a construct is in: the statement itself, or that of something it reads. */
export interface Place {
  /** `stream "orders"`; undefined for the statement that the user sees. */
  readonly of: string | undefined
  readonly sql: string
  readonly tree: { readonly kind: string; readonly span: Span } | undefined
}

/** Where in the text it is: the first node that is found, or undefined. */
export function spanIn({ tree }: Place, find: FindNode | undefined): Span | undefined {
  return find === undefined || tree === undefined ? undefined : firstSpan(tree, find)
}

function firstSpan(node: object, find: FindNode): Span | undefined {
  if (isNode(node) && find(node)) return node.span
  for (const part of Object.values(node)) {
    const parts: readonly unknown[] = Array.isArray(part) ? part : [part]
    for (const one of parts) {
      if (typeof one !== 'object' || one === null) continue
      const span = firstSpan(one, find)
      if (span !== undefined) return span
    }
  }
  return undefined
}

function isNode(node: object): node is { readonly kind: string; readonly span: Span } {
  return 'kind' in node && typeof node.kind === 'string' && 'span' in node
}

/** Characters of a construct that are shown with its place. */
const SHOWN_MAX = 60

/** `, line 1, column 20 of view "v": HOP(…)` */
export function placeText(place: Place, find: FindNode | undefined): string {
  const span = spanIn(place, find)
  const of = place.of === undefined ? '' : ` of ${place.of}`
  if (span === undefined) return of === '' || find === undefined ? '' : `, in the text${of}`
  if (place.sql === '') return `, line ${span.line}, column ${span.column}`
  const written = place.sql.slice(span.start, span.end).replaceAll(/\s+/g, ' ')
  const shown = written.length > SHOWN_MAX ? `${written.slice(0, SHOWN_MAX)}…` : written
  return `, line ${span.line}, column ${span.column}${of}: ${shown}`
}
