// Original file: proto/weir/v1/query.proto

import type { ValueInput as _weir_v1_ValueInput, Value as _weir_v1_Value } from '../../weir/v1/Value.ts';

/**
 * A SELECT.
 */
export interface QueryRequestInput {
  /**
   * One SELECT statement.
   */
  'sql'?: (string);
  /**
   * Values of $1, $2, …
   */
  'parameters'?: (_weir_v1_ValueInput)[];
  /**
   * Session settings.
   */
  'settings'?: ({[key: string]: string});
}

/**
 * A SELECT.
 */
export interface QueryRequest {
  /**
   * One SELECT statement.
   */
  'sql': (string);
  /**
   * Values of $1, $2, …
   */
  'parameters': (_weir_v1_Value)[];
  /**
   * Session settings.
   */
  'settings': ({[key: string]: string});
}
