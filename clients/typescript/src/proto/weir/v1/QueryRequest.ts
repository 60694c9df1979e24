// Original file: proto/weir/v1/query.proto

import type { ValueInput as _weir_v1_ValueInput, Value as _weir_v1_Value } from '../../weir/v1/Value.ts';

/**
 * A SELECT or PRINT.
 */
export interface QueryRequestInput {
  /**
   * One SELECT or PRINT statement.
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
 * A SELECT or PRINT.
 */
export interface QueryRequest {
  /**
   * One SELECT or PRINT statement.
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
