// Original file: proto/weir/internal/v1/peer.proto


/**
 * One step of a task.
 */
export interface OperatorDescriptionInput {
  /**
   * Id of the step.
   */
  'id'?: (string);
  /**
   * Rows that came in.
   */
  'rowsIn'?: (number | string);
  /**
   * Rows that went out.
   */
  'rowsOut'?: (number | string);
  /**
   * Milliseconds that it has worked.
   */
  'busyMs'?: (number | string);
  /**
   * Entries of state.
   */
  'stateEntries'?: (number | string);
  /**
   * Event time that it has reached, in milliseconds; infinite before the first and after the last.
   */
  'watermark'?: (number | string);
  /**
   * Rows of a stream that wait for the watermark of a table.
   */
  'rowsWaiting'?: (number | string);
  /**
   * Rows that went on without it.
   */
  'rowsOverdue'?: (number | string);
  /**
   * Of a join of a stream with a table: how far the table is behind in event time, in milliseconds.
   */
  'tableDelayMs'?: (number | string);
  '_tableDelayMs'?: "tableDelayMs";
}

/**
 * One step of a task.
 */
export interface OperatorDescription {
  /**
   * Id of the step.
   */
  'id': (string);
  /**
   * Rows that came in.
   */
  'rowsIn': (number);
  /**
   * Rows that went out.
   */
  'rowsOut': (number);
  /**
   * Milliseconds that it has worked.
   */
  'busyMs': (number);
  /**
   * Entries of state.
   */
  'stateEntries': (number);
  /**
   * Event time that it has reached, in milliseconds; infinite before the first and after the last.
   */
  'watermark': (number);
  /**
   * Rows of a stream that wait for the watermark of a table.
   */
  'rowsWaiting': (number);
  /**
   * Rows that went on without it.
   */
  'rowsOverdue': (number);
  /**
   * Of a join of a stream with a table: how far the table is behind in event time, in milliseconds.
   */
  'tableDelayMs'?: (number);
  '_tableDelayMs'?: "tableDelayMs";
}
