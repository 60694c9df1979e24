// Original file: proto/weir/v1/query.proto


/**
 * A script to check.
 */
export interface ValidateRequestInput {
  /**
   * Statements that end with ";".
   */
  'sql'?: (string);
}

/**
 * A script to check.
 */
export interface ValidateRequest {
  /**
   * Statements that end with ";".
   */
  'sql': (string);
}
