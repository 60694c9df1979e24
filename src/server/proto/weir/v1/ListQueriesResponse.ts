// Original file: proto/weir/v1/query.proto

import type { QuerySummaryInput as _weir_v1_QuerySummaryInput, QuerySummary as _weir_v1_QuerySummary } from '../../weir/v1/QuerySummary.ts';

/**
 * One page.
 */
export interface ListQueriesResponseInput {
  /**
   * By name.
   */
  'queries'?: (_weir_v1_QuerySummaryInput)[];
  /**
   * For the next page; empty at the end.
   */
  'nextPageToken'?: (string);
}

/**
 * One page.
 */
export interface ListQueriesResponse {
  /**
   * By name.
   */
  'queries': (_weir_v1_QuerySummary)[];
  /**
   * For the next page; empty at the end.
   */
  'nextPageToken': (string);
}
