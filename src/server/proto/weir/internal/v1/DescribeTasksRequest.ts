// Original file: proto/weir/internal/v1/peer.proto


/**
 * Which query.
 */
export interface DescribeTasksRequestInput {
  /**
   * Identity of the deployment that the caller belongs to.
   */
  'deployment'?: (string);
  /**
   * Name of the query.
   */
  'query'?: (string);
}

/**
 * Which query.
 */
export interface DescribeTasksRequest {
  /**
   * Identity of the deployment that the caller belongs to.
   */
  'deployment': (string);
  /**
   * Name of the query.
   */
  'query': (string);
}
