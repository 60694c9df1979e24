// Original file: proto/weir/v1/query.proto


/**
 * Which query.
 */
export interface AnalyzeQueryRequestInput {
  /**
   * As in QuerySummary.
   */
  'name'?: (string);
}

/**
 * Which query.
 */
export interface AnalyzeQueryRequest {
  /**
   * As in QuerySummary.
   */
  'name': (string);
}
