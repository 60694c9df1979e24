// Original file: proto/weir/v1/types.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Everything before this event time has been sent.
 */
export interface WatermarkInput {
  /**
   * Microseconds since the epoch.
   */
  'timeMicros'?: (number | string | Long);
  /**
   * The input is finished; `time_micros` has no meaning.
   */
  'endOfTime'?: (boolean);
  /**
   * As in RowBatch; empty when the query can't be resumed.
   */
  'resumeToken'?: (string);
}

/**
 * Everything before this event time has been sent.
 */
export interface Watermark {
  /**
   * Microseconds since the epoch.
   */
  'timeMicros': (string);
  /**
   * The input is finished; `time_micros` has no meaning.
   */
  'endOfTime': (boolean);
  /**
   * As in RowBatch; empty when the query can't be resumed.
   */
  'resumeToken': (string);
}
