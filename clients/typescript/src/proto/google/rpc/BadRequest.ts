// Original file: proto/google/rpc/error_details.proto


/**
 * One wrong field.
 */
export interface _google_rpc_BadRequest_FieldViolationInput {
  /**
   * Path of the field in the request.
   */
  'field'?: (string);
  /**
   * Why it is wrong.
   */
  'description'?: (string);
}

/**
 * One wrong field.
 */
export interface _google_rpc_BadRequest_FieldViolation {
  /**
   * Path of the field in the request.
   */
  'field': (string);
  /**
   * Why it is wrong.
   */
  'description': (string);
}

/**
 * What is wrong with the request.
 */
export interface BadRequestInput {
  /**
   * All that is wrong.
   */
  'fieldViolations'?: (_google_rpc_BadRequest_FieldViolationInput)[];
}

/**
 * What is wrong with the request.
 */
export interface BadRequest {
  /**
   * All that is wrong.
   */
  'fieldViolations': (_google_rpc_BadRequest_FieldViolation)[];
}
