// Original file: proto/weir/v1/query.proto

import type { ObjectiveInput as _weir_v1_ObjectiveInput, Objective as _weir_v1_Objective } from '../../weir/v1/Objective.ts';

/**
 * One page.
 */
export interface ListObjectivesResponseInput {
  /**
   * By query and indicator.
   */
  'objectives'?: (_weir_v1_ObjectiveInput)[];
  /**
   * For the next page; empty at the end.
   */
  'nextPageToken'?: (string);
}

/**
 * One page.
 */
export interface ListObjectivesResponse {
  /**
   * By query and indicator.
   */
  'objectives': (_weir_v1_Objective)[];
  /**
   * For the next page; empty at the end.
   */
  'nextPageToken': (string);
}
