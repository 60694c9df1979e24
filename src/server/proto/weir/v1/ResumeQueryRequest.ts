// Original file: proto/weir/v1/query.proto


/**
 * Which query.
 */
export interface ResumeQueryRequestInput {
  /**
   * As in QuerySummary.
   */
  'name'?: (string);
}

/**
 * Which query.
 */
export interface ResumeQueryRequest {
  /**
   * As in QuerySummary.
   */
  'name': (string);
}
