// Original file: proto/weir/internal/v1/peer.proto

import type { TableEntryInput as _weir_internal_v1_TableEntryInput, TableEntry as _weir_internal_v1_TableEntry } from '../../../weir/internal/v1/TableEntry.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One page.
 */
export interface ReadTableResponseInput {
  /**
   * Rows, encoded as the state of the task has them.
   */
  'entries'?: (_weir_internal_v1_TableEntryInput)[];
  /**
   * The offset that the next record of the task's result log gets, as of the same commit.
   */
  'resultEnd'?: (number | string | Long);
  /**
   * Nothing follows.
   */
  'end'?: (boolean);
}

/**
 * One page.
 */
export interface ReadTableResponse {
  /**
   * Rows, encoded as the state of the task has them.
   */
  'entries': (_weir_internal_v1_TableEntry)[];
  /**
   * The offset that the next record of the task's result log gets, as of the same commit.
   */
  'resultEnd': (string);
  /**
   * Nothing follows.
   */
  'end': (boolean);
}
