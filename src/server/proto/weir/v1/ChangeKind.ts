// Original file: proto/weir/v1/types.proto

/**
 * What a row does to the result.
 */
export const ChangeKind = {
  /**
   * Not set: read it as an insert.
   */
  CHANGE_KIND_UNSPECIFIED: 'CHANGE_KIND_UNSPECIFIED',
  /**
   * A new row: +I.
   */
  CHANGE_KIND_INSERT: 'CHANGE_KIND_INSERT',
  /**
   * The row that an update replaces: -U.
   */
  CHANGE_KIND_UPDATE_BEFORE: 'CHANGE_KIND_UPDATE_BEFORE',
  /**
   * The row that an update leaves: +U.
   */
  CHANGE_KIND_UPDATE_AFTER: 'CHANGE_KIND_UPDATE_AFTER',
  /**
   * The row is gone: -D.
   */
  CHANGE_KIND_DELETE: 'CHANGE_KIND_DELETE',
} as const;

/**
 * What a row does to the result.
 */
export type ChangeKindInput =
  /**
   * Not set: read it as an insert.
   */
  | 'CHANGE_KIND_UNSPECIFIED'
  | 0
  /**
   * A new row: +I.
   */
  | 'CHANGE_KIND_INSERT'
  | 1
  /**
   * The row that an update replaces: -U.
   */
  | 'CHANGE_KIND_UPDATE_BEFORE'
  | 2
  /**
   * The row that an update leaves: +U.
   */
  | 'CHANGE_KIND_UPDATE_AFTER'
  | 3
  /**
   * The row is gone: -D.
   */
  | 'CHANGE_KIND_DELETE'
  | 4

/**
 * What a row does to the result.
 */
export type ChangeKind = typeof ChangeKind[keyof typeof ChangeKind]
