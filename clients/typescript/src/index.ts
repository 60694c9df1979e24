// The public face of the package.

export type { PartitionLag, QueryAnalysis } from './analysis.ts'
export {
  type CallOptions,
  type Diagnostic,
  type ObjectDescription,
  type ObjectKind,
  type ObjectSummary,
  type QueryOptions,
  type StatementResult,
  WeirClient,
} from './client.ts'
export type { ConnectOptions, TlsOptions, Token } from './connection.ts'
export { type ErrorDiagnostic, WeirError } from './errors.ts'
export { type IngestOptions, type IngestRecordOptions, type IngestValue, IngestWriter } from './ingest.ts'
export type { Objective } from './objectives.ts'
export type { QueryDescription, QueryState, QuerySummary } from './query-description.ts'
export { type Change, type ChangeKind, QueryResult, type ResultEvent } from './results.ts'
export { type SubscribeOptions, Subscription } from './subscribe.ts'
export {
  type Column,
  Decimal,
  type Parameter,
  type RowObject,
  type Schema,
  type SqlValue,
  type TimestampMode,
} from './values.ts'
