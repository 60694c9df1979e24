// Original file: proto/google/rpc/error_details.proto


/**
 * Why it failed, for programs.
 */
export interface ErrorInfoInput {
  /**
   * Stable, upper case, at most 63 characters; unique in its domain.
   */
  'reason'?: (string);
  /**
   * "weir".
   */
  'domain'?: (string);
  /**
   * The variable parts of the message.
   */
  'metadata'?: ({[key: string]: string});
}

/**
 * Why it failed, for programs.
 */
export interface ErrorInfo {
  /**
   * Stable, upper case, at most 63 characters; unique in its domain.
   */
  'reason': (string);
  /**
   * "weir".
   */
  'domain': (string);
  /**
   * The variable parts of the message.
   */
  'metadata': ({[key: string]: string});
}
