// Original file: proto/weir/v1/query.proto

import type { QuerySummaryInput as _weir_v1_QuerySummaryInput, QuerySummary as _weir_v1_QuerySummary } from '../../weir/v1/QuerySummary.ts';
import type { SchemaInput as _weir_v1_SchemaInput, Schema as _weir_v1_Schema } from '../../weir/v1/Schema.ts';
import type { QueryStatsInput as _weir_v1_QueryStatsInput, QueryStats as _weir_v1_QueryStats } from '../../weir/v1/QueryStats.ts';

/**
 * All about one query.
 */
export interface DescribeQueryResponseInput {
  /**
   * Name, state, one line.
   */
  'summary'?: (_weir_v1_QuerySummaryInput | null);
  /**
   * The statement that made it.
   */
  'sql'?: (string);
  /**
   * Of its results; absent when it has none of its own.
   */
  'schema'?: (_weir_v1_SchemaInput | null);
  /**
   * Its properties, such as processing.guarantee.
   */
  'properties'?: ({[key: string]: string});
  /**
   * Its counters, now.
   */
  'stats'?: (_weir_v1_QueryStatsInput | null);
}

/**
 * All about one query.
 */
export interface DescribeQueryResponse {
  /**
   * Name, state, one line.
   */
  'summary': (_weir_v1_QuerySummary | null);
  /**
   * The statement that made it.
   */
  'sql': (string);
  /**
   * Of its results; absent when it has none of its own.
   */
  'schema': (_weir_v1_Schema | null);
  /**
   * Its properties, such as processing.guarantee.
   */
  'properties': ({[key: string]: string});
  /**
   * Its counters, now.
   */
  'stats': (_weir_v1_QueryStats | null);
}
