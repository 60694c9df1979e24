// Original file: proto/weir/v1/types.proto

import type { ValueInput as _weir_v1_ValueInput, Value as _weir_v1_Value } from '../../weir/v1/Value.ts';

/**
 * The fields of a STRUCT, in the order of its type.
 */
export interface StructValueInput {
  /**
   * One a field.
   */
  'values'?: (_weir_v1_ValueInput)[];
}

/**
 * The fields of a STRUCT, in the order of its type.
 */
export interface StructValue {
  /**
   * One a field.
   */
  'values': (_weir_v1_Value)[];
}
