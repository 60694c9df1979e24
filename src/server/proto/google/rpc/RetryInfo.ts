// Original file: proto/google/rpc/error_details.proto

import type { DurationInput as _google_protobuf_DurationInput, Duration as _google_protobuf_Duration } from '../../google/protobuf/Duration.ts';

/**
 * When the same call may succeed.
 */
export interface RetryInfoInput {
  /**
   * Not before so much time has passed.
   */
  'retryDelay'?: (_google_protobuf_DurationInput | null);
}

/**
 * When the same call may succeed.
 */
export interface RetryInfo {
  /**
   * Not before so much time has passed.
   */
  'retryDelay': (_google_protobuf_Duration | null);
}
