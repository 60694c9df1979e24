// Original file: proto/weir/v1/types.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The stream is complete; sent last, before status OK.
 */
export interface ResultEndInput {
  /**
   * Rows sent, with all kinds of change.
   */
  'rows'?: (number | string | Long);
  /**
   * Time from the request to this message.
   */
  'elapsedMillis'?: (number | string | Long);
}

/**
 * The stream is complete; sent last, before status OK.
 */
export interface ResultEnd {
  /**
   * Rows sent, with all kinds of change.
   */
  'rows': (string);
  /**
   * Time from the request to this message.
   */
  'elapsedMillis': (string);
}
