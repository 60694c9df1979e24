// Original file: proto/weir/v1/query.proto

import type { SchemaInput as _weir_v1_SchemaInput, Schema as _weir_v1_Schema } from '../../weir/v1/Schema.ts';
import type { RowBatchInput as _weir_v1_RowBatchInput, RowBatch as _weir_v1_RowBatch } from '../../weir/v1/RowBatch.ts';

/**
 * The rows of a finished SELECT.
 */
export interface ResultSetInput {
  /**
   * Of the rows.
   */
  'schema'?: (_weir_v1_SchemaInput | null);
  /**
   * All rows.
   */
  'batch'?: (_weir_v1_RowBatchInput | null);
}

/**
 * The rows of a finished SELECT.
 */
export interface ResultSet {
  /**
   * Of the rows.
   */
  'schema': (_weir_v1_Schema | null);
  /**
   * All rows.
   */
  'batch': (_weir_v1_RowBatch | null);
}
