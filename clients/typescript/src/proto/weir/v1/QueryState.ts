// Original file: proto/weir/v1/query.proto

/**
 * Whether a query runs.
 */
export const QueryState = {
  /**
   * Not set.
   */
  QUERY_STATE_UNSPECIFIED: 'QUERY_STATE_UNSPECIFIED',
  /**
   * Reads and writes.
   */
  QUERY_STATE_RUNNING: 'QUERY_STATE_RUNNING',
  /**
   * Stopped by PauseQuery.
   */
  QUERY_STATE_PAUSED: 'QUERY_STATE_PAUSED',
  /**
   * Stopped by an error; see QueryStats.error.
   */
  QUERY_STATE_FAILED: 'QUERY_STATE_FAILED',
  /**
   * Its input was bounded and is read.
   */
  QUERY_STATE_FINISHED: 'QUERY_STATE_FINISHED',
} as const;

/**
 * Whether a query runs.
 */
export type QueryStateInput =
  /**
   * Not set.
   */
  | 'QUERY_STATE_UNSPECIFIED'
  | 0
  /**
   * Reads and writes.
   */
  | 'QUERY_STATE_RUNNING'
  | 1
  /**
   * Stopped by PauseQuery.
   */
  | 'QUERY_STATE_PAUSED'
  | 2
  /**
   * Stopped by an error; see QueryStats.error.
   */
  | 'QUERY_STATE_FAILED'
  | 3
  /**
   * Its input was bounded and is read.
   */
  | 'QUERY_STATE_FINISHED'
  | 4

/**
 * Whether a query runs.
 */
export type QueryState = typeof QueryState[keyof typeof QueryState]
