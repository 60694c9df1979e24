// Original file: proto/weir/v1/subscription.proto

/**
 * What a subscription begins with when it has no resume token.
 */
export const SnapshotMode = {
  /**
   * As INCLUDE.
   */
  SNAPSHOT_MODE_UNSPECIFIED: 'SNAPSHOT_MODE_UNSPECIFIED',
  /**
   * The rows as they are now, then what changes.
   */
  SNAPSHOT_MODE_INCLUDE: 'SNAPSHOT_MODE_INCLUDE',
  /**
   * Only what changes from now on.
   */
  SNAPSHOT_MODE_SKIP: 'SNAPSHOT_MODE_SKIP',
} as const;

/**
 * What a subscription begins with when it has no resume token.
 */
export type SnapshotModeInput =
  /**
   * As INCLUDE.
   */
  | 'SNAPSHOT_MODE_UNSPECIFIED'
  | 0
  /**
   * The rows as they are now, then what changes.
   */
  | 'SNAPSHOT_MODE_INCLUDE'
  | 1
  /**
   * Only what changes from now on.
   */
  | 'SNAPSHOT_MODE_SKIP'
  | 2

/**
 * What a subscription begins with when it has no resume token.
 */
export type SnapshotMode = typeof SnapshotMode[keyof typeof SnapshotMode]
