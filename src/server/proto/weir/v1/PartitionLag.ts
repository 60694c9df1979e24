// Original file: proto/weir/v1/query.proto

import type { Long } from '@grpc/proto-loader';

/**
 * How far one partition is behind.
 */
export interface PartitionLagInput {
  /**
   * Name of the stream, table or view; of rows that the tasks of the query exchange the step that reads them.
   */
  'source'?: (string);
  /**
   * Its number.
   */
  'partition'?: (number);
  /**
   * Records that are not read yet; absent when unknown.
   */
  'records'?: (number | string | Long);
  /**
   * How far its rows have come in event time, microseconds since the epoch; absent before the first.
   */
  'eventTimeMicros'?: (number | string | Long);
  /**
   * The watermark of its source waits for it.
   */
  'holdsWatermark'?: (boolean);
  '_records'?: "records";
  '_eventTimeMicros'?: "eventTimeMicros";
}

/**
 * How far one partition is behind.
 */
export interface PartitionLag {
  /**
   * Name of the stream, table or view; of rows that the tasks of the query exchange the step that reads them.
   */
  'source': (string);
  /**
   * Its number.
   */
  'partition': (number);
  /**
   * Records that are not read yet; absent when unknown.
   */
  'records'?: (string);
  /**
   * How far its rows have come in event time, microseconds since the epoch; absent before the first.
   */
  'eventTimeMicros'?: (string);
  /**
   * The watermark of its source waits for it.
   */
  'holdsWatermark': (boolean);
  '_records'?: "records";
  '_eventTimeMicros'?: "eventTimeMicros";
}
