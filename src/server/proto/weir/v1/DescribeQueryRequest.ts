// Original file: proto/weir/v1/query.proto


/**
 * Which query.
 */
export interface DescribeQueryRequestInput {
  /**
   * As in QuerySummary.
   */
  'name'?: (string);
}

/**
 * Which query.
 */
export interface DescribeQueryRequest {
  /**
   * As in QuerySummary.
   */
  'name': (string);
}
