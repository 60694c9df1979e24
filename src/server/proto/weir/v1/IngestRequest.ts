// Original file: proto/weir/v1/ingest.proto

import type { IngestRecordInput as _weir_v1_IngestRecordInput, IngestRecord as _weir_v1_IngestRecord } from '../../weir/v1/IngestRecord.ts';
import type { RowInput as _weir_v1_RowInput, Row as _weir_v1_Row } from '../../weir/v1/Row.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Records or rows for one stream.
 */
export interface IngestRequestInput {
  /**
   * Name of the stream. On Ingest it may be left out after the first request.
   */
  'stream'?: (string);
  /**
   * Who writes; names a sequence of its own. Empty: no protection against doubles. On Ingest it may be left out
   * after the first request.
   */
  'producerId'?: (string);
  /**
   * Sequence of the first record, counted by the producer from any number ≥ 0; records take consecutive numbers.
   * Needs a producer id.
   */
  'sequence'?: (number | string | Long);
  /**
   * Encoded records. Either these or rows.
   */
  'records'?: (_weir_v1_IngestRecordInput)[];
  /**
   * Typed rows, which the server encodes (streams that ENCODE JSON). Either these or records.
   */
  'rows'?: (_weir_v1_RowInput)[];
  /**
   * Names of the columns of `rows`; empty: the columns of the stream in order.
   */
  'columns'?: (string)[];
  '_sequence'?: "sequence";
}

/**
 * Records or rows for one stream.
 */
export interface IngestRequest {
  /**
   * Name of the stream. On Ingest it may be left out after the first request.
   */
  'stream': (string);
  /**
   * Who writes; names a sequence of its own. Empty: no protection against doubles. On Ingest it may be left out
   * after the first request.
   */
  'producerId': (string);
  /**
   * Sequence of the first record, counted by the producer from any number ≥ 0; records take consecutive numbers.
   * Needs a producer id.
   */
  'sequence'?: (string);
  /**
   * Encoded records. Either these or rows.
   */
  'records': (_weir_v1_IngestRecord)[];
  /**
   * Typed rows, which the server encodes (streams that ENCODE JSON). Either these or records.
   */
  'rows': (_weir_v1_Row)[];
  /**
   * Names of the columns of `rows`; empty: the columns of the stream in order.
   */
  'columns': (string)[];
  '_sequence'?: "sequence";
}
