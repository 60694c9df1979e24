// Original file: proto/weir/v1/query.proto


/**
 * One row of texts.
 */
export interface _weir_v1_TextTable_TextRowInput {
  /**
   * One a column.
   */
  'cells'?: (string)[];
}

/**
 * One row of texts.
 */
export interface _weir_v1_TextTable_TextRow {
  /**
   * One a column.
   */
  'cells': (string)[];
}

/**
 * A table of texts, ready to be shown.
 */
export interface TextTableInput {
  /**
   * Names of the columns.
   */
  'columns'?: (string)[];
  /**
   * In order.
   */
  'rows'?: (_weir_v1_TextTable_TextRowInput)[];
}

/**
 * A table of texts, ready to be shown.
 */
export interface TextTable {
  /**
   * Names of the columns.
   */
  'columns': (string)[];
  /**
   * In order.
   */
  'rows': (_weir_v1_TextTable_TextRow)[];
}
