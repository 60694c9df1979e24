// What binding of a statement shares: the catalog it sees, its session, what it has found on the way.

import type { Query } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'
import type { ParameterValue } from '../../core/parameter.ts'
import type { Schema } from '../../core/schema.ts'
import type { Catalog } from '../catalog.ts'
import type { Diagnostics } from '../diagnostics.ts'
import type { Expression } from '../physical/expression.ts'
import type { StartupSpec } from '../physical/nodes.ts'
import type { SessionOptions } from './session.ts'

/** A stream of late rows that the statement asks for. */
export interface LateStream {
  readonly name: string
  readonly schema: Schema
  readonly span: Span
}

/**
 * Values of $1, $2 …; undefined when the statement was given none. `unknown` where a statement is looked at before its
 * values are there: each may then be of any type.
 */
export type Parameters = readonly ParameterValue[] | 'unknown' | undefined

export interface Environment {
  readonly catalog: Catalog
  readonly diagnostics: Diagnostics
  readonly session: SessionOptions
  readonly parameters: Parameters
  /** True for pull queries: sources are read as they are now, and end. */
  readonly bounded: boolean
  /** Where streams are read from when neither checkpoint nor session says. */
  readonly startup: StartupSpec
  readonly lateStreams: LateStream[]
  /** Relations that are read, in order of first use. */
  readonly reads: Set<string>
  /** Queries of WITH that are in sight. */
  readonly commonTables: ReadonlyMap<string, CommonTableEntry>
  /** Names of views that are being expanded, to find a view that contains itself. */
  readonly expanding: readonly string[]
  /** Where columns were written, for messages about them later. */
  readonly spans: WeakMap<Expression, Span>
  /** Shared by all environments of a statement. */
  readonly found: { nondeterministic: Span | undefined }
}

export interface CommonTableEntry {
  readonly query: Query
  /** The WITH names that this one may use: those before it. */
  readonly environment: Environment
}
