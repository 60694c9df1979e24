// Original file: proto/weir/v1/query.proto


/**
 * Which query.
 */
export interface DropQueryRequestInput {
  /**
   * As in QuerySummary.
   */
  'name'?: (string);
}

/**
 * Which query.
 */
export interface DropQueryRequest {
  /**
   * As in QuerySummary.
   */
  'name': (string);
}
