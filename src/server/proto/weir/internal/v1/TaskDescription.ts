// Original file: proto/weir/internal/v1/peer.proto

import type { TaskActivityInput as _weir_internal_v1_TaskActivityInput, TaskActivity as _weir_internal_v1_TaskActivity } from '../../../weir/internal/v1/TaskActivity.ts';

/**
 * What one task has done so far.
 */
export interface TaskDescriptionInput {
  /**
   * Id of the task.
   */
  'task'?: (string);
  /**
   * running, stopped, failed or finished.
   */
  'state'?: (string);
  /**
   * Why it failed last.
   */
  'error'?: (string);
  /**
   * Rows read.
   */
  'rowsIn'?: (number | string);
  /**
   * Rows given.
   */
  'rowsOut'?: (number | string);
  /**
   * Rows that came after the allowed lateness.
   */
  'rowsLate'?: (number | string);
  /**
   * Records that could not be decoded or computed.
   */
  'rowsFailed'?: (number | string);
  /**
   * Rows that a deduplication left out.
   */
  'rowsDuplicate'?: (number | string);
  /**
   * Records that are no rows.
   */
  'recordsSkipped'?: (number | string);
  /**
   * Event time that it has reached, in milliseconds; infinite before the first and after the last.
   */
  'watermark'?: (number | string);
  /**
   * Records that it has not read yet; absent where nobody knows.
   */
  'lagRecords'?: (number | string);
  /**
   * Size of its state.
   */
  'stateBytes'?: (number | string);
  /**
   * Number of its last checkpoint.
   */
  'epoch'?: (number | string);
  /**
   * Duration of its checkpoints, 95th percentile, milliseconds.
   */
  'checkpointMsP95'?: (number | string);
  /**
   * Records of its changelog that were read to restore its state.
   */
  'restoredRecords'?: (number | string);
  /**
   * Offsets of the changelog that are left to read.
   */
  'restoreRemaining'?: (number | string);
  /**
   * Absent while it is not open.
   */
  'activity'?: (_weir_internal_v1_TaskActivityInput | null);
  /**
   * How long after their event time rows are read, 95th percentile, milliseconds; absent before the first.
   */
  'lagMsP95'?: (number | string);
  '_error'?: "error";
  '_lagRecords'?: "lagRecords";
  '_lagMsP95'?: "lagMsP95";
}

/**
 * What one task has done so far.
 */
export interface TaskDescription {
  /**
   * Id of the task.
   */
  'task': (string);
  /**
   * running, stopped, failed or finished.
   */
  'state': (string);
  /**
   * Why it failed last.
   */
  'error'?: (string);
  /**
   * Rows read.
   */
  'rowsIn': (number);
  /**
   * Rows given.
   */
  'rowsOut': (number);
  /**
   * Rows that came after the allowed lateness.
   */
  'rowsLate': (number);
  /**
   * Records that could not be decoded or computed.
   */
  'rowsFailed': (number);
  /**
   * Rows that a deduplication left out.
   */
  'rowsDuplicate': (number);
  /**
   * Records that are no rows.
   */
  'recordsSkipped': (number);
  /**
   * Event time that it has reached, in milliseconds; infinite before the first and after the last.
   */
  'watermark': (number);
  /**
   * Records that it has not read yet; absent where nobody knows.
   */
  'lagRecords'?: (number);
  /**
   * Size of its state.
   */
  'stateBytes': (number);
  /**
   * Number of its last checkpoint.
   */
  'epoch': (number);
  /**
   * Duration of its checkpoints, 95th percentile, milliseconds.
   */
  'checkpointMsP95': (number);
  /**
   * Records of its changelog that were read to restore its state.
   */
  'restoredRecords': (number);
  /**
   * Offsets of the changelog that are left to read.
   */
  'restoreRemaining': (number);
  /**
   * Absent while it is not open.
   */
  'activity': (_weir_internal_v1_TaskActivity | null);
  /**
   * How long after their event time rows are read, 95th percentile, milliseconds; absent before the first.
   */
  'lagMsP95'?: (number);
  '_error'?: "error";
  '_lagRecords'?: "lagRecords";
  '_lagMsP95'?: "lagMsP95";
}
