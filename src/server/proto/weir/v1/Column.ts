// Original file: proto/weir/v1/types.proto

import type { TypeInput as _weir_v1_TypeInput, Type as _weir_v1_Type } from '../../weir/v1/Type.ts';

/**
 * A named column, or a field of a STRUCT.
 */
export interface ColumnInput {
  /**
   * As in the query, folded to lower case unless it was quoted.
   */
  'name'?: (string);
  /**
   * Type of its values.
   */
  'type'?: (_weir_v1_TypeInput | null);
  /**
   * False when the column is never NULL.
   */
  'nullable'?: (boolean);
}

/**
 * A named column, or a field of a STRUCT.
 */
export interface Column {
  /**
   * As in the query, folded to lower case unless it was quoted.
   */
  'name': (string);
  /**
   * Type of its values.
   */
  'type': (_weir_v1_Type | null);
  /**
   * False when the column is never NULL.
   */
  'nullable': (boolean);
}
