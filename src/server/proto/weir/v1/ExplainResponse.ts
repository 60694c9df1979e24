// Original file: proto/weir/v1/query.proto


/**
 * Its plan.
 */
export interface ExplainResponseInput {
  /**
   * Text to print as it is.
   */
  'text'?: (string);
}

/**
 * Its plan.
 */
export interface ExplainResponse {
  /**
   * Text to print as it is.
   */
  'text': (string);
}
