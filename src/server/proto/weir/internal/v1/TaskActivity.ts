// Original file: proto/weir/internal/v1/peer.proto

import type { OperatorDescriptionInput as _weir_internal_v1_OperatorDescriptionInput, OperatorDescription as _weir_internal_v1_OperatorDescription } from '../../../weir/internal/v1/OperatorDescription.ts';
import type { PartitionDescriptionInput as _weir_internal_v1_PartitionDescriptionInput, PartitionDescription as _weir_internal_v1_PartitionDescription } from '../../../weir/internal/v1/PartitionDescription.ts';

/**
 * What an open task has done, step by step and partition by partition.
 */
export interface TaskActivityInput {
  /**
   * Milliseconds of a clock of the replica that only goes forward.
   */
  'atMs'?: (number | string);
  /**
   * By step.
   */
  'operators'?: (_weir_internal_v1_OperatorDescriptionInput)[];
  /**
   * Those that are read here.
   */
  'partitions'?: (_weir_internal_v1_PartitionDescriptionInput)[];
  /**
   * Milliseconds that it has waited for commits.
   */
  'commitMs'?: (number | string);
  /**
   * Milliseconds that it has waited for what a format needs to know.
   */
  'prepareMs'?: (number | string);
  /**
   * Milliseconds that it has waited for who takes the results.
   */
  'outputMs'?: (number | string);
  /**
   * Milliseconds that it has waited for rows of tables somewhere else.
   */
  'lookupMs'?: (number | string);
}

/**
 * What an open task has done, step by step and partition by partition.
 */
export interface TaskActivity {
  /**
   * Milliseconds of a clock of the replica that only goes forward.
   */
  'atMs': (number);
  /**
   * By step.
   */
  'operators': (_weir_internal_v1_OperatorDescription)[];
  /**
   * Those that are read here.
   */
  'partitions': (_weir_internal_v1_PartitionDescription)[];
  /**
   * Milliseconds that it has waited for commits.
   */
  'commitMs': (number);
  /**
   * Milliseconds that it has waited for what a format needs to know.
   */
  'prepareMs': (number);
  /**
   * Milliseconds that it has waited for who takes the results.
   */
  'outputMs': (number);
  /**
   * Milliseconds that it has waited for rows of tables somewhere else.
   */
  'lookupMs': (number);
}
