// Original file: proto/weir/v1/query.proto

import type { QueryStateInput as _weir_v1_QueryStateInput, QueryState as _weir_v1_QueryState } from '../../weir/v1/QueryState.ts';

/**
 * A query in a list.
 */
export interface QuerySummaryInput {
  /**
   * Unique among queries.
   */
  'name'?: (string);
  /**
   * Whether it runs.
   */
  'state'?: (_weir_v1_QueryStateInput);
  /**
   * One line about it.
   */
  'detail'?: (string);
}

/**
 * A query in a list.
 */
export interface QuerySummary {
  /**
   * Unique among queries.
   */
  'name': (string);
  /**
   * Whether it runs.
   */
  'state': (_weir_v1_QueryState);
  /**
   * One line about it.
   */
  'detail': (string);
}
