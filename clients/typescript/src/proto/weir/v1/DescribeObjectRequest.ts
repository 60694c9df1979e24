// Original file: proto/weir/v1/catalog.proto


/**
 * Which object.
 */
export interface DescribeObjectRequestInput {
  /**
   * As in ObjectSummary.
   */
  'name'?: (string);
}

/**
 * Which object.
 */
export interface DescribeObjectRequest {
  /**
   * As in ObjectSummary.
   */
  'name': (string);
}
