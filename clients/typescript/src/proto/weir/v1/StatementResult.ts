// Original file: proto/weir/v1/query.proto

import type { TextTableInput as _weir_v1_TextTableInput, TextTable as _weir_v1_TextTable } from '../../weir/v1/TextTable.ts';
import type { ResultSetInput as _weir_v1_ResultSetInput, ResultSet as _weir_v1_ResultSet } from '../../weir/v1/ResultSet.ts';

/**
 * What one statement did.
 */
export interface StatementResultInput {
  /**
   * Which statement, such as `CREATE STREAM`.
   */
  'statement'?: (string);
  /**
   * DDL and the like: one line of what was done.
   */
  'message'?: (string);
  /**
   * SHOW and DESCRIBE: a small table.
   */
  'table'?: (_weir_v1_TextTableInput | null);
  /**
   * EXPLAIN: text to print as it is.
   */
  'text'?: (string);
  /**
   * SELECT that ended by itself.
   */
  'rows'?: (_weir_v1_ResultSetInput | null);
  'result'?: "message"|"table"|"text"|"rows";
}

/**
 * What one statement did.
 */
export interface StatementResult {
  /**
   * Which statement, such as `CREATE STREAM`.
   */
  'statement': (string);
  /**
   * DDL and the like: one line of what was done.
   */
  'message'?: (string);
  /**
   * SHOW and DESCRIBE: a small table.
   */
  'table'?: (_weir_v1_TextTable | null);
  /**
   * EXPLAIN: text to print as it is.
   */
  'text'?: (string);
  /**
   * SELECT that ended by itself.
   */
  'rows'?: (_weir_v1_ResultSet | null);
  'result'?: "message"|"table"|"text"|"rows";
}
