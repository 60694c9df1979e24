// Original file: proto/weir/v1/query.proto


/**
 * Which part of the list.
 */
export interface ListQueriesRequestInput {
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
 * Which part of the list.
 */
export interface ListQueriesRequest {
  /**
   * At most this many; 0 asks for 50; more than 1000 are cut to 1000; negative is an error.
   */
  'pageSize': (number);
  /**
   * From the last answer; empty for the first page.
   */
  'pageToken': (string);
}
