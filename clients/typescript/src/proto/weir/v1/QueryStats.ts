// Original file: proto/weir/v1/query.proto

import type { QueryStateInput as _weir_v1_QueryStateInput, QueryState as _weir_v1_QueryState } from '../../weir/v1/QueryState.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Counters of a query since this process runs it, and where it is.
 */
export interface QueryStatsInput {
  /**
   * Whether it runs.
   */
  'state'?: (_weir_v1_QueryStateInput);
  /**
   * Why it failed; empty otherwise.
   */
  'error'?: (string);
  /**
   * Rows read.
   */
  'rowsIn'?: (number | string | Long);
  /**
   * Rows given, with all kinds of change.
   */
  'rowsOut'?: (number | string | Long);
  /**
   * Rows that came after the allowed lateness.
   */
  'rowsLate'?: (number | string | Long);
  /**
   * Records that could not be decoded or computed.
   */
  'rowsFailed'?: (number | string | Long);
  /**
   * Rows that a deduplication left out.
   */
  'rowsDuplicate'?: (number | string | Long);
  /**
   * Event time of the query, microseconds since the epoch; absent before the first watermark.
   */
  'watermarkMicros'?: (number | string | Long);
  /**
   * Records in the log that are not read yet; absent when unknown.
   */
  'lagRecords'?: (number | string | Long);
  /**
   * Size of its state.
   */
  'stateBytes'?: (number | string | Long);
  /**
   * Number of the last checkpoint.
   */
  'epoch'?: (number | string | Long);
  /**
   * Duration of checkpoints, 95th percentile, milliseconds.
   */
  'checkpointMillisP95'?: (number | string);
  /**
   * How long after their event time rows are read, 95th percentile, milliseconds; absent before the first.
   */
  'lagMillisP95'?: (number | string);
  '_watermarkMicros'?: "watermarkMicros";
  '_lagRecords'?: "lagRecords";
  '_lagMillisP95'?: "lagMillisP95";
}

/**
 * Counters of a query since this process runs it, and where it is.
 */
export interface QueryStats {
  /**
   * Whether it runs.
   */
  'state': (_weir_v1_QueryState);
  /**
   * Why it failed; empty otherwise.
   */
  'error': (string);
  /**
   * Rows read.
   */
  'rowsIn': (string);
  /**
   * Rows given, with all kinds of change.
   */
  'rowsOut': (string);
  /**
   * Rows that came after the allowed lateness.
   */
  'rowsLate': (string);
  /**
   * Records that could not be decoded or computed.
   */
  'rowsFailed': (string);
  /**
   * Rows that a deduplication left out.
   */
  'rowsDuplicate': (string);
  /**
   * Event time of the query, microseconds since the epoch; absent before the first watermark.
   */
  'watermarkMicros'?: (string);
  /**
   * Records in the log that are not read yet; absent when unknown.
   */
  'lagRecords'?: (string);
  /**
   * Size of its state.
   */
  'stateBytes': (string);
  /**
   * Number of the last checkpoint.
   */
  'epoch': (string);
  /**
   * Duration of checkpoints, 95th percentile, milliseconds.
   */
  'checkpointMillisP95': (number);
  /**
   * How long after their event time rows are read, 95th percentile, milliseconds; absent before the first.
   */
  'lagMillisP95'?: (number);
  '_watermarkMicros'?: "watermarkMicros";
  '_lagRecords'?: "lagRecords";
  '_lagMillisP95'?: "lagMillisP95";
}
