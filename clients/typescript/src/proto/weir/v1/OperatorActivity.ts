// Original file: proto/weir/v1/query.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One step of a running plan, in all tasks together, measured for a moment.
 */
export interface OperatorActivityInput {
  /**
   * Of the step, as EXPLAIN has it: its kind and a number.
   */
  'id'?: (string);
  /**
   * The steps whose rows it takes.
   */
  'inputs'?: (string)[];
  /**
   * Rows that it took in a second.
   */
  'rowsInPerSecond'?: (number | string);
  /**
   * Rows that it gave in a second.
   */
  'rowsOutPerSecond'?: (number | string);
  /**
   * Share of the time that it worked, 0 to 1; of a scan, with decoding.
   */
  'busyShare'?: (number | string);
  /**
   * Rows taken since the tasks run.
   */
  'rowsIn'?: (number | string | Long);
  /**
   * Rows given since then.
   */
  'rowsOut'?: (number | string | Long);
  /**
   * Entries of its state.
   */
  'stateEntries'?: (number | string | Long);
  /**
   * Event time that it has reached, microseconds since the epoch; absent before the first, the largest number at the end.
   */
  'watermarkMicros'?: (number | string | Long);
  /**
   * Of a join of a stream with a table: how far the table is behind the stream in event time, ms.
   */
  'tableDelayMillis'?: (number | string);
  /**
   * Rows of a stream that wait for the watermark of a table.
   */
  'rowsWaiting'?: (number | string | Long);
  '_watermarkMicros'?: "watermarkMicros";
  '_tableDelayMillis'?: "tableDelayMillis";
}

/**
 * One step of a running plan, in all tasks together, measured for a moment.
 */
export interface OperatorActivity {
  /**
   * Of the step, as EXPLAIN has it: its kind and a number.
   */
  'id': (string);
  /**
   * The steps whose rows it takes.
   */
  'inputs': (string)[];
  /**
   * Rows that it took in a second.
   */
  'rowsInPerSecond': (number);
  /**
   * Rows that it gave in a second.
   */
  'rowsOutPerSecond': (number);
  /**
   * Share of the time that it worked, 0 to 1; of a scan, with decoding.
   */
  'busyShare': (number);
  /**
   * Rows taken since the tasks run.
   */
  'rowsIn': (string);
  /**
   * Rows given since then.
   */
  'rowsOut': (string);
  /**
   * Entries of its state.
   */
  'stateEntries': (string);
  /**
   * Event time that it has reached, microseconds since the epoch; absent before the first, the largest number at the end.
   */
  'watermarkMicros'?: (string);
  /**
   * Of a join of a stream with a table: how far the table is behind the stream in event time, ms.
   */
  'tableDelayMillis'?: (number);
  /**
   * Rows of a stream that wait for the watermark of a table.
   */
  'rowsWaiting': (string);
  '_watermarkMicros'?: "watermarkMicros";
  '_tableDelayMillis'?: "tableDelayMillis";
}
