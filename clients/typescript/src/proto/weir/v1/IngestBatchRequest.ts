// Original file: proto/weir/v1/ingest.proto

import type { IngestRequestInput as _weir_v1_IngestRequestInput, IngestRequest as _weir_v1_IngestRequest } from '../../weir/v1/IngestRequest.ts';

/**
 * As IngestRequest, on its own.
 */
export interface IngestBatchRequestInput {
  /**
   * The batch.
   */
  'batch'?: (_weir_v1_IngestRequestInput | null);
}

/**
 * As IngestRequest, on its own.
 */
export interface IngestBatchRequest {
  /**
   * The batch.
   */
  'batch': (_weir_v1_IngestRequest | null);
}
