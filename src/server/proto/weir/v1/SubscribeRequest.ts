// Original file: proto/weir/v1/subscription.proto

import type { SnapshotModeInput as _weir_v1_SnapshotModeInput, SnapshotMode as _weir_v1_SnapshotMode } from '../../weir/v1/SnapshotMode.ts';

/**
 * What to follow, and from where.
 */
export interface SubscribeRequestInput {
  /**
   * Name of a materialized view, table or stream.
   */
  'name'?: (string);
  /**
   * Continue right after the row that this token came with; empty for a new subscription.
   */
  'resumeToken'?: (string);
  /**
   * Only without a resume token.
   */
  'snapshot'?: (_weir_v1_SnapshotModeInput);
}

/**
 * What to follow, and from where.
 */
export interface SubscribeRequest {
  /**
   * Name of a materialized view, table or stream.
   */
  'name': (string);
  /**
   * Continue right after the row that this token came with; empty for a new subscription.
   */
  'resumeToken': (string);
  /**
   * Only without a resume token.
   */
  'snapshot': (_weir_v1_SnapshotMode);
}
