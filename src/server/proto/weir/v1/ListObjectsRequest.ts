// Original file: proto/weir/v1/catalog.proto

import type { ObjectKindInput as _weir_v1_ObjectKindInput, ObjectKind as _weir_v1_ObjectKind } from '../../weir/v1/ObjectKind.ts';

/**
 * Which part of which list.
 */
export interface ListObjectsRequestInput {
  /**
   * Of which kind.
   */
  'kind'?: (_weir_v1_ObjectKindInput);
  /**
   * At most this many; 0 asks for 50; more than 1000 are cut to 1000; negative is an error.
   */
  'pageSize'?: (number);
  /**
   * From the last answer to the same request; empty for the first page.
   */
  'pageToken'?: (string);
}

/**
 * Which part of which list.
 */
export interface ListObjectsRequest {
  /**
   * Of which kind.
   */
  'kind': (_weir_v1_ObjectKind);
  /**
   * At most this many; 0 asks for 50; more than 1000 are cut to 1000; negative is an error.
   */
  'pageSize': (number);
  /**
   * From the last answer to the same request; empty for the first page.
   */
  'pageToken': (string);
}
