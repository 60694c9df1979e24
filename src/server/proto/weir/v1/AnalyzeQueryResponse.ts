// Original file: proto/weir/v1/query.proto

import type { QuerySummaryInput as _weir_v1_QuerySummaryInput, QuerySummary as _weir_v1_QuerySummary } from '../../weir/v1/QuerySummary.ts';
import type { PartitionLagInput as _weir_v1_PartitionLagInput, PartitionLag as _weir_v1_PartitionLag } from '../../weir/v1/PartitionLag.ts';
import type { OperatorActivityInput as _weir_v1_OperatorActivityInput, OperatorActivity as _weir_v1_OperatorActivity } from '../../weir/v1/OperatorActivity.ts';

/**
 * Why a query lags.
 */
export interface AnalyzeQueryResponseInput {
  /**
   * Name, state, one line.
   */
  'summary'?: (_weir_v1_QuerySummaryInput | null);
  /**
   * Why it failed; empty otherwise.
   */
  'error'?: (string);
  /**
   * Tasks of which something is known.
   */
  'tasksSeen'?: (number);
  /**
   * All of its tasks.
   */
  'tasksTotal'?: (number);
  /**
   * What holds it up, in words, the most important first; empty when it keeps up.
   */
  'causes'?: (string)[];
  /**
   * What it reads.
   */
  'partitions'?: (_weir_v1_PartitionLagInput)[];
  /**
   * Names of replicas that did not tell of their tasks.
   */
  'silentReplicas'?: (string)[];
  /**
   * The text of EXPLAIN ANALYZE QUERY, with the time of each operator.
   */
  'text'?: (string);
  /**
   * The plan from the sources on, each step after those whose rows it takes; empty where nothing was measured.
   */
  'operators'?: (_weir_v1_OperatorActivityInput)[];
}

/**
 * Why a query lags.
 */
export interface AnalyzeQueryResponse {
  /**
   * Name, state, one line.
   */
  'summary': (_weir_v1_QuerySummary | null);
  /**
   * Why it failed; empty otherwise.
   */
  'error': (string);
  /**
   * Tasks of which something is known.
   */
  'tasksSeen': (number);
  /**
   * All of its tasks.
   */
  'tasksTotal': (number);
  /**
   * What holds it up, in words, the most important first; empty when it keeps up.
   */
  'causes': (string)[];
  /**
   * What it reads.
   */
  'partitions': (_weir_v1_PartitionLag)[];
  /**
   * Names of replicas that did not tell of their tasks.
   */
  'silentReplicas': (string)[];
  /**
   * The text of EXPLAIN ANALYZE QUERY, with the time of each operator.
   */
  'text': (string);
  /**
   * The plan from the sources on, each step after those whose rows it takes; empty where nothing was measured.
   */
  'operators': (_weir_v1_OperatorActivity)[];
}
