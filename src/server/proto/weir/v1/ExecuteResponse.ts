// Original file: proto/weir/v1/query.proto

import type { StatementResultInput as _weir_v1_StatementResultInput, StatementResult as _weir_v1_StatementResult } from '../../weir/v1/StatementResult.ts';

/**
 * What each statement did.
 */
export interface ExecuteResponseInput {
  /**
   * One a statement, in order.
   */
  'results'?: (_weir_v1_StatementResultInput)[];
  /**
   * Session settings after the script.
   */
  'settings'?: ({[key: string]: string});
}

/**
 * What each statement did.
 */
export interface ExecuteResponse {
  /**
   * One a statement, in order.
   */
  'results': (_weir_v1_StatementResult)[];
  /**
   * Session settings after the script.
   */
  'settings': ({[key: string]: string});
}
