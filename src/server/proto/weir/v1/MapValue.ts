// Original file: proto/weir/v1/types.proto

import type { ValueInput as _weir_v1_ValueInput, Value as _weir_v1_Value } from '../../weir/v1/Value.ts';

/**
 * One entry of the map.
 */
export interface _weir_v1_MapValue_EntryInput {
  /**
   * Of the key type of the map.
   */
  'key'?: (_weir_v1_ValueInput | null);
  /**
   * Of the value type of the map.
   */
  'value'?: (_weir_v1_ValueInput | null);
}

/**
 * One entry of the map.
 */
export interface _weir_v1_MapValue_Entry {
  /**
   * Of the key type of the map.
   */
  'key': (_weir_v1_Value | null);
  /**
   * Of the value type of the map.
   */
  'value': (_weir_v1_Value | null);
}

/**
 * The entries of a MAP, in order of insertion; keys are unique and not NULL.
 */
export interface MapValueInput {
  /**
   * In order of insertion.
   */
  'entries'?: (_weir_v1_MapValue_EntryInput)[];
}

/**
 * The entries of a MAP, in order of insertion; keys are unique and not NULL.
 */
export interface MapValue {
  /**
   * In order of insertion.
   */
  'entries': (_weir_v1_MapValue_Entry)[];
}
