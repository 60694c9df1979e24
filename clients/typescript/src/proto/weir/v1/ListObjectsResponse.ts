// Original file: proto/weir/v1/catalog.proto

import type { ObjectSummaryInput as _weir_v1_ObjectSummaryInput, ObjectSummary as _weir_v1_ObjectSummary } from '../../weir/v1/ObjectSummary.ts';

/**
 * One page.
 */
export interface ListObjectsResponseInput {
  /**
   * By name, then kind.
   */
  'objects'?: (_weir_v1_ObjectSummaryInput)[];
  /**
   * For the next page; empty at the end.
   */
  'nextPageToken'?: (string);
}

/**
 * One page.
 */
export interface ListObjectsResponse {
  /**
   * By name, then kind.
   */
  'objects': (_weir_v1_ObjectSummary)[];
  /**
   * For the next page; empty at the end.
   */
  'nextPageToken': (string);
}
