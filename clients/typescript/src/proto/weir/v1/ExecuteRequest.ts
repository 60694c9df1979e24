// Original file: proto/weir/v1/query.proto

import type { ValueInput as _weir_v1_ValueInput, Value as _weir_v1_Value } from '../../weir/v1/Value.ts';

/**
 * A script.
 */
export interface ExecuteRequestInput {
  /**
   * Statements that end with ";"; the last one may go without.
   */
  'sql'?: (string);
  /**
   * Values of $1, $2, …
   */
  'parameters'?: (_weir_v1_ValueInput)[];
  /**
   * Session settings, as SET has changed them. The server keeps no session: send back what ExecuteResponse returned.
   */
  'settings'?: ({[key: string]: string});
}

/**
 * A script.
 */
export interface ExecuteRequest {
  /**
   * Statements that end with ";"; the last one may go without.
   */
  'sql': (string);
  /**
   * Values of $1, $2, …
   */
  'parameters': (_weir_v1_Value)[];
  /**
   * Session settings, as SET has changed them. The server keeps no session: send back what ExecuteResponse returned.
   */
  'settings': ({[key: string]: string});
}
