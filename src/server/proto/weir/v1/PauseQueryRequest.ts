// Original file: proto/weir/v1/query.proto


/**
 * Which query.
 */
export interface PauseQueryRequestInput {
  /**
   * As in QuerySummary.
   */
  'name'?: (string);
}

/**
 * Which query.
 */
export interface PauseQueryRequest {
  /**
   * As in QuerySummary.
   */
  'name': (string);
}
