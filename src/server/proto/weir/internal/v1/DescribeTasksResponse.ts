// Original file: proto/weir/internal/v1/peer.proto

import type { TaskDescriptionInput as _weir_internal_v1_TaskDescriptionInput, TaskDescription as _weir_internal_v1_TaskDescription } from '../../../weir/internal/v1/TaskDescription.ts';

/**
 * The tasks that run here.
 */
export interface DescribeTasksResponseInput {
  /**
   * In no order.
   */
  'tasks'?: (_weir_internal_v1_TaskDescriptionInput)[];
}

/**
 * The tasks that run here.
 */
export interface DescribeTasksResponse {
  /**
   * In no order.
   */
  'tasks': (_weir_internal_v1_TaskDescription)[];
}
