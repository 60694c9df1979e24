// Original file: proto/weir/v1/types.proto

import type { ValueInput as _weir_v1_ValueInput, Value as _weir_v1_Value } from '../../weir/v1/Value.ts';

/**
 * One row by position.
 */
export interface RowInput {
  /**
   * One a column.
   */
  'values'?: (_weir_v1_ValueInput)[];
}

/**
 * One row by position.
 */
export interface Row {
  /**
   * One a column.
   */
  'values': (_weir_v1_Value)[];
}
