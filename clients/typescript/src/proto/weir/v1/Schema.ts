// Original file: proto/weir/v1/types.proto

import type { ColumnInput as _weir_v1_ColumnInput, Column as _weir_v1_Column } from '../../weir/v1/Column.ts';
import type { ChangelogModeInput as _weir_v1_ChangelogModeInput, ChangelogMode as _weir_v1_ChangelogMode } from '../../weir/v1/ChangelogMode.ts';

/**
 * The columns of a result and how to read its rows.
 */
export interface SchemaInput {
  /**
   * In the order of the row's values.
   */
  'columns'?: (_weir_v1_ColumnInput)[];
  /**
   * Positions of the columns that identify a row; empty when rows have no key.
   */
  'keyColumns'?: (number)[];
  /**
   * Position of the event-time column; absent when the rows carry none.
   */
  'timeColumn'?: (number);
  /**
   * How rows change.
   */
  'changelogMode'?: (_weir_v1_ChangelogModeInput);
  '_timeColumn'?: "timeColumn";
}

/**
 * The columns of a result and how to read its rows.
 */
export interface Schema {
  /**
   * In the order of the row's values.
   */
  'columns': (_weir_v1_Column)[];
  /**
   * Positions of the columns that identify a row; empty when rows have no key.
   */
  'keyColumns': (number)[];
  /**
   * Position of the event-time column; absent when the rows carry none.
   */
  'timeColumn'?: (number);
  /**
   * How rows change.
   */
  'changelogMode': (_weir_v1_ChangelogMode);
  '_timeColumn'?: "timeColumn";
}
