// Original file: proto/grpc/health/v1/health.proto


// Original file: proto/grpc/health/v1/health.proto

/**
 * Whether it takes calls.
 */
export const _grpc_health_v1_HealthCheckResponse_ServingStatus = {
  /**
   * Not known.
   */
  UNKNOWN: 'UNKNOWN',
  /**
   * Takes calls.
   */
  SERVING: 'SERVING',
  /**
   * Restores state, or drains.
   */
  NOT_SERVING: 'NOT_SERVING',
  /**
   * There is no such service; only from Watch.
   */
  SERVICE_UNKNOWN: 'SERVICE_UNKNOWN',
} as const;

/**
 * Whether it takes calls.
 */
export type _grpc_health_v1_HealthCheckResponse_ServingStatusInput =
  /**
   * Not known.
   */
  | 'UNKNOWN'
  | 0
  /**
   * Takes calls.
   */
  | 'SERVING'
  | 1
  /**
   * Restores state, or drains.
   */
  | 'NOT_SERVING'
  | 2
  /**
   * There is no such service; only from Watch.
   */
  | 'SERVICE_UNKNOWN'
  | 3

/**
 * Whether it takes calls.
 */
export type _grpc_health_v1_HealthCheckResponse_ServingStatus = typeof _grpc_health_v1_HealthCheckResponse_ServingStatus[keyof typeof _grpc_health_v1_HealthCheckResponse_ServingStatus]

/**
 * Its health.
 */
export interface HealthCheckResponseInput {
  /**
   * Whether it takes calls.
   */
  'status'?: (_grpc_health_v1_HealthCheckResponse_ServingStatusInput);
}

/**
 * Its health.
 */
export interface HealthCheckResponse {
  /**
   * Whether it takes calls.
   */
  'status': (_grpc_health_v1_HealthCheckResponse_ServingStatus);
}
