// EMIT, ALLOWED LATENESS and LATE ROWS: clauses at the end of a query that are about its windows. They belong to the
// windows of the query itself; where it has none, to those of the derived tables in its FROM.

import type { Identifier, Query, Select } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'
import type { Field, Schema } from '../../core/schema.ts'
import type { DurationMs } from '../../core/time.ts'
import { BIGINT, STRING, TIMESTAMP } from '../../core/type.ts'
import { fail } from '../diagnostics.ts'
import type { EmitMode, EmitSpec, LatePolicy } from '../physical/nodes.ts'
import { aggregateFunction } from './aggregates.ts'
import { notNegative, positive } from './bind-window.ts'
import type { Environment } from './environment.ts'

export interface Clauses {
  readonly emitMode: EmitMode | undefined
  readonly emitSpan: Span | undefined
  readonly everyMs: DurationMs | undefined
  readonly allowedLatenessMs: DurationMs | undefined
  readonly latenessSpan: Span | undefined
  readonly lateInto: Identifier | undefined
  readonly lateSpan: Span | undefined
  /** Set by the window that takes the clauses: a second one, or none, is an error. */
  readonly used: { late: boolean; emit: boolean }
}

export const NO_CLAUSES: Clauses = {
  emitMode: undefined,
  emitSpan: undefined,
  everyMs: undefined,
  allowedLatenessMs: undefined,
  latenessSpan: undefined,
  lateInto: undefined,
  lateSpan: undefined,
  used: { late: false, emit: false },
}

/** The query's own clauses, else those from outside. */
export function bindClauses(query: Query, outer: Clauses): Clauses {
  const { emit, lateness, late } = query
  const own = emit !== undefined || lateness !== undefined || late !== undefined
  if (!own) return outer
  return {
    emitMode: emit === undefined ? outer.emitMode : emit.mode,
    emitSpan: emit?.span ?? outer.emitSpan,
    everyMs: emit?.every === undefined ? outer.everyMs : positive(emit.every, 'interval of EVERY'),
    allowedLatenessMs: lateness === undefined ? outer.allowedLatenessMs : notNegative(lateness, 'allowed lateness'),
    latenessSpan: lateness?.span ?? outer.latenessSpan,
    lateInto: late === undefined ? outer.lateInto : late.into,
    lateSpan: late?.span ?? outer.lateSpan,
    used: { late: false, emit: false },
  }
}

/** Whether the select has windows or groups of its own, which take the clauses from those in its FROM. */
export function takesClauses(select: Select): boolean {
  return (
    select.groupBy.length > 0 ||
    select.having !== undefined ||
    select.window !== undefined ||
    select.from?.kind === 'window-relation' ||
    select.from?.kind === 'deduplicate-relation' ||
    select.from?.kind === 'match-recognize' ||
    select.items.some((item) => item.kind === 'select-item' && hasAggregate(item.expression))
  )
}

/** Whether an expression has an aggregate, not counting those in subqueries. */
export function hasAggregate(node: { readonly kind: string }): boolean {
  if (node.kind === 'call' && 'name' in node) {
    const name = node.name as Identifier
    if (aggregateFunction(name.name) !== undefined && !('over' in node && node.over !== undefined)) return true
  }
  return Object.values(node).some((part) => {
    if (Array.isArray(part)) return part.some((one) => isNode(one) && hasAggregate(one))
    return isNode(part) && hasAggregate(part)
  })
}

function isNode(part: unknown): part is { readonly kind: string } {
  return typeof part === 'object' && part !== null && 'kind' in part && (part as { kind: unknown }).kind !== 'query'
}

/** When a window gives its rows: at its close, unless said otherwise. */
export function windowEmit(clauses: Clauses): EmitSpec {
  clauses.used.emit = true
  return { mode: clauses.emitMode ?? 'on-window-close', everyMs: clauses.everyMs }
}

/** When a group without windows gives its rows: at each change, or, over bounded input, at the end. */
export function groupEmit(clauses: Clauses, environment: Environment): EmitSpec {
  clauses.used.emit = true
  if (environment.bounded) return { mode: 'final', everyMs: undefined }
  if (clauses.emitMode === 'final' || clauses.emitMode === 'on-window-close') {
    const mode = clauses.emitMode === 'final' ? 'EMIT FINAL' : 'EMIT ON WINDOW CLOSE'
    fail(clauses.emitSpan as Span, 'INVALID_EMIT', `${mode} needs a window: without one no row is ever final`, {
      hint: "Group by a window, such as TUMBLE(ts, INTERVAL '1' MINUTE), or write EMIT CHANGES.",
    })
  }
  return { mode: 'changes', everyMs: clauses.everyMs }
}

const LATE_FIELDS: readonly Field[] = [
  { name: '_late_by', type: BIGINT, nullable: false },
  { name: '_watermark', type: TIMESTAMP, nullable: false },
  { name: '_window_start', type: TIMESTAMP, nullable: true },
  { name: '_window_end', type: TIMESTAMP, nullable: true },
  { name: '_query', type: STRING, nullable: false },
]

/** What happens to late rows of a step whose input begins with the columns of `relation`. */
export function latePolicy(
  clauses: Clauses,
  time: 'event' | 'processing',
  relation: Schema,
  environment: Environment,
): LatePolicy {
  const { lateInto, latenessSpan, lateSpan, used } = clauses
  const span = latenessSpan ?? lateSpan
  if (span !== undefined && time === 'processing') {
    fail(span, 'INVALID_LATENESS', 'nothing is late by processing time', {
      hint: 'Leave ALLOWED LATENESS and LATE ROWS out, or use the event time.',
    })
  }
  if (used.late && lateInto !== undefined) {
    fail(lateInto.span, 'INVALID_LATENESS', `LATE ROWS INTO "${lateInto.name}" would take rows of two windows`, {
      hint: 'Write the clause at the end of the query of the window that is meant.',
    })
  }
  used.late = true
  const allowedLatenessMs = clauses.allowedLatenessMs ?? 0
  if (lateInto === undefined) return { allowedLatenessMs, into: undefined, columns: [] }
  environment.lateStreams.push({ name: lateInto.name, schema: lateSchema(relation), span: lateInto.span })
  return { allowedLatenessMs, into: lateInto.name, columns: relation.fields.map((_, i) => i) }
}

function lateSchema(relation: Schema): Schema {
  return { fields: [...relation.fields, ...LATE_FIELDS], key: [], timeColumn: relation.timeColumn, mode: 'append' }
}

/** Clauses that no window took are a misunderstanding, which must not pass in silence. */
export function checkClausesUsed(clauses: Clauses): void {
  const span = clauses.latenessSpan ?? clauses.lateSpan
  if (span !== undefined && !clauses.used.late) {
    fail(span, 'INVALID_LATENESS', 'the query has no window, so no row is late', {
      hint: 'ALLOWED LATENESS and LATE ROWS belong to windows, DEDUPLICATE and joins of streams; LATE ROWS to OVER and patterns too.',
    })
  }
  const windowed = clauses.emitMode === 'final' || clauses.emitMode === 'on-window-close'
  if (windowed && !clauses.used.emit) {
    const mode = clauses.emitMode === 'final' ? 'EMIT FINAL' : 'EMIT ON WINDOW CLOSE'
    fail(clauses.emitSpan as Span, 'INVALID_EMIT', `${mode} needs a window, and the query has none`, {
      hint: 'Write EMIT CHANGES, or leave it out.',
    })
  }
}
