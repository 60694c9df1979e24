// Where statements go: an engine in this process or a server over gRPC. The commands and the REPL see this alone, so
// that both look the same to the person who types. Errors are AppErrors on either side.

import type { ObjectDescription, ObjectKind, ObjectSummary, StatementResult } from '../runtime/api.ts'

export interface Session {
  /** Runs one statement; a SELECT gives `rows`, whose stream the caller closes. */
  execute(sql: string, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<StatementResult>
  list(kind: ObjectKind): Promise<readonly ObjectSummary[]>
  describe(name: string): Promise<ObjectDescription>
  close(): Promise<void>
}
