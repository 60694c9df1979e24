// Original file: proto/weir/v1/catalog.proto

import type { ObjectKindInput as _weir_v1_ObjectKindInput, ObjectKind as _weir_v1_ObjectKind } from '../../weir/v1/ObjectKind.ts';

/**
 * An object in a list.
 */
export interface ObjectSummaryInput {
  /**
   * Which kind.
   */
  'kind'?: (_weir_v1_ObjectKindInput);
  /**
   * Folded to lower case unless it was quoted.
   */
  'name'?: (string);
  /**
   * One line about it.
   */
  'detail'?: (string);
}

/**
 * An object in a list.
 */
export interface ObjectSummary {
  /**
   * Which kind.
   */
  'kind': (_weir_v1_ObjectKind);
  /**
   * Folded to lower case unless it was quoted.
   */
  'name': (string);
  /**
   * One line about it.
   */
  'detail': (string);
}
