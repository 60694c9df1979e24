// What a statement needs the right for. Whoever runs statements for others says by an `Access` who they are; without
// one all is allowed, as it is in a process of one's own.

import type { ObjectKind } from './api.ts'

export type Right = 'read' | 'write' | 'manage'

/**
 * A relation is a stream, table, view, sink or query. A topic is named where it is not the one of the relation's own
 * name. A connector reaches beyond the log (`file`, `schema-registry`); a secret is `env:NAME` or `file:PATH`.
 */
export type Resource = 'relation' | 'topic' | 'connector' | 'secret'

export interface Need {
  /** Any of the rights is enough to know that something is there and what it looks like. */
  readonly right: Right | 'any'
  readonly resource: Resource
  readonly name: string
}

export function resourceOf(kind: ObjectKind): Resource {
  return kind === 'topic' ? 'topic' : 'relation'
}

export interface StatementNeeds {
  /** `CREATE STREAM`, `SELECT` …. */
  readonly statement: string
  /** Whether something is different after it. */
  readonly changes: boolean
  readonly needs: readonly Need[]
}

export interface Access {
  /** Called with each statement before anything of it is bound. Throws PERMISSION_DENIED. */
  admit(statement: StatementNeeds): void
  /** Whether a list shows it. */
  sees(resource: Resource, name: string): boolean
}
