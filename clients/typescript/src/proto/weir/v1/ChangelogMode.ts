// Original file: proto/weir/v1/types.proto

/**
 * How the rows of a result change over time.
 */
export const ChangelogMode = {
  /**
   * Not set.
   */
  CHANGELOG_MODE_UNSPECIFIED: 'CHANGELOG_MODE_UNSPECIFIED',
  /**
   * Only inserts.
   */
  CHANGELOG_MODE_APPEND: 'CHANGELOG_MODE_APPEND',
  /**
   * Inserts, updates and deletes by key; an update may come as its new row alone.
   */
  CHANGELOG_MODE_UPSERT: 'CHANGELOG_MODE_UPSERT',
  /**
   * Inserts, updates and deletes; each update comes with the row that it replaces.
   */
  CHANGELOG_MODE_RETRACT: 'CHANGELOG_MODE_RETRACT',
} as const;

/**
 * How the rows of a result change over time.
 */
export type ChangelogModeInput =
  /**
   * Not set.
   */
  | 'CHANGELOG_MODE_UNSPECIFIED'
  | 0
  /**
   * Only inserts.
   */
  | 'CHANGELOG_MODE_APPEND'
  | 1
  /**
   * Inserts, updates and deletes by key; an update may come as its new row alone.
   */
  | 'CHANGELOG_MODE_UPSERT'
  | 2
  /**
   * Inserts, updates and deletes; each update comes with the row that it replaces.
   */
  | 'CHANGELOG_MODE_RETRACT'
  | 3

/**
 * How the rows of a result change over time.
 */
export type ChangelogMode = typeof ChangelogMode[keyof typeof ChangelogMode]
