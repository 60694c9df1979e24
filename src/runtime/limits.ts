/** What one process holds at most. */
export interface RuntimeLimits {
  /** Continuous queries at once. */
  readonly queriesMax: number
  /** SELECTs of readers at once. */
  readonly transientQueriesMax: number
  /** Records that one ingest call may bring. */
  readonly ingestRecordsMax: number
  /** Bytes of one record. */
  readonly recordBytesMax: number
  /** State entries that one operator keeps in memory before the rest stays on disk. */
  readonly memoryEntriesMax: number
}

export const DEFAULT_LIMITS: RuntimeLimits = {
  queriesMax: 200,
  transientQueriesMax: 200,
  ingestRecordsMax: 10_000,
  recordBytesMax: 1_048_576,
  memoryEntriesMax: 250_000,
}
