// Original file: proto/weir/v1/types.proto

import type { RowInput as _weir_v1_RowInput, Row as _weir_v1_Row } from '../../weir/v1/Row.ts';
import type { ChangeKindInput as _weir_v1_ChangeKindInput, ChangeKind as _weir_v1_ChangeKind } from '../../weir/v1/ChangeKind.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Rows, in order.
 */
export interface RowBatchInput {
  /**
   * The rows.
   */
  'rows'?: (_weir_v1_RowInput)[];
  /**
   * One a row; empty when every row is an insert.
   */
  'changes'?: (_weir_v1_ChangeKindInput)[];
  /**
   * Event times, microseconds since the epoch, one a row; -2^63 for a row without one. Empty when none has one.
   */
  'eventTimeMicros'?: (number | string | Long)[];
  /**
   * Resuming with this token continues right after the last of these rows. Empty when the query can't be resumed,
   * and while `partial` is true.
   */
  'resumeToken'?: (string);
  /**
   * The rows belong to the snapshot that a subscription begins with.
   */
  'snapshot'?: (boolean);
  /**
   * The batch was too large for one message and goes on in the next. A reader that resumes must treat the parts as
   * one: the rows count as received when the part with `partial = false` has come.
   */
  'partial'?: (boolean);
}

/**
 * Rows, in order.
 */
export interface RowBatch {
  /**
   * The rows.
   */
  'rows': (_weir_v1_Row)[];
  /**
   * One a row; empty when every row is an insert.
   */
  'changes': (_weir_v1_ChangeKind)[];
  /**
   * Event times, microseconds since the epoch, one a row; -2^63 for a row without one. Empty when none has one.
   */
  'eventTimeMicros': (string)[];
  /**
   * Resuming with this token continues right after the last of these rows. Empty when the query can't be resumed,
   * and while `partial` is true.
   */
  'resumeToken': (string);
  /**
   * The rows belong to the snapshot that a subscription begins with.
   */
  'snapshot': (boolean);
  /**
   * The batch was too large for one message and goes on in the next. A reader that resumes must treat the parts as
   * one: the rows count as received when the part with `partial = false` has come.
   */
  'partial': (boolean);
}
