// Original file: proto/weir/v1/ingest.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The records of one request are durable.
 */
export interface IngestResponseInput {
  /**
   * That of the request; absent when it had none.
   */
  'sequence'?: (number | string | Long);
  /**
   * Records appended.
   */
  'appended'?: (number | string | Long);
  /**
   * Records left out because the server had them already.
   */
  'duplicates'?: (number | string | Long);
  '_sequence'?: "sequence";
}

/**
 * The records of one request are durable.
 */
export interface IngestResponse {
  /**
   * That of the request; absent when it had none.
   */
  'sequence'?: (string);
  /**
   * Records appended.
   */
  'appended': (string);
  /**
   * Records left out because the server had them already.
   */
  'duplicates': (string);
  '_sequence'?: "sequence";
}
