// Original file: proto/grpc/health/v1/health.proto


/**
 * Which service.
 */
export interface HealthCheckRequestInput {
  /**
   * Full name such as "weir.v1.QueryService"; empty: the server as a whole.
   */
  'service'?: (string);
}

/**
 * Which service.
 */
export interface HealthCheckRequest {
  /**
   * Full name such as "weir.v1.QueryService"; empty: the server as a whole.
   */
  'service': (string);
}
