// Original file: proto/weir/v1/query.proto


/**
 * Which page.
 */
export interface ListObjectivesRequestInput {
  /**
   * At most this many; 0 asks for 50; more than 1000 are cut to 1000; negative is an error.
   */
  'pageSize'?: (number);
  /**
   * From the last answer; empty for the first page.
   */
  'pageToken'?: (string);
}

/**
 * Which page.
 */
export interface ListObjectivesRequest {
  /**
   * At most this many; 0 asks for 50; more than 1000 are cut to 1000; negative is an error.
   */
  'pageSize': (number);
  /**
   * From the last answer; empty for the first page.
   */
  'pageToken': (string);
}
