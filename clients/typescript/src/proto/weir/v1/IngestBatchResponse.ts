// Original file: proto/weir/v1/ingest.proto

import type { IngestResponseInput as _weir_v1_IngestResponseInput, IngestResponse as _weir_v1_IngestResponse } from '../../weir/v1/IngestResponse.ts';

/**
 * As IngestResponse, on its own.
 */
export interface IngestBatchResponseInput {
  /**
   * The acknowledgement.
   */
  'ack'?: (_weir_v1_IngestResponseInput | null);
}

/**
 * As IngestResponse, on its own.
 */
export interface IngestBatchResponse {
  /**
   * The acknowledgement.
   */
  'ack': (_weir_v1_IngestResponse | null);
}
