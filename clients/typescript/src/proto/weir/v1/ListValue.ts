// Original file: proto/weir/v1/types.proto

import type { ValueInput as _weir_v1_ValueInput, Value as _weir_v1_Value } from '../../weir/v1/Value.ts';

/**
 * The elements of an ARRAY, in order.
 */
export interface ListValueInput {
  /**
   * All of the element type of the array.
   */
  'values'?: (_weir_v1_ValueInput)[];
}

/**
 * The elements of an ARRAY, in order.
 */
export interface ListValue {
  /**
   * All of the element type of the array.
   */
  'values': (_weir_v1_Value)[];
}
