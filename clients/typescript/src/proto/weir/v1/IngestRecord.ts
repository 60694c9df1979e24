// Original file: proto/weir/v1/ingest.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One record in the encoding of the stream's FORMAT … ENCODE.
 */
export interface IngestRecordInput {
  /**
   * Key of the record; decides the partition when present.
   */
  'key'?: (Buffer | Uint8Array | string);
  /**
   * Value of the record.
   */
  'value'?: (Buffer | Uint8Array | string);
  /**
   * Time of the record, milliseconds since the epoch; absent: when it is appended.
   */
  'timestampMillis'?: (number | string | Long);
  '_key'?: "key";
  '_timestampMillis'?: "timestampMillis";
}

/**
 * One record in the encoding of the stream's FORMAT … ENCODE.
 */
export interface IngestRecord {
  /**
   * Key of the record; decides the partition when present.
   */
  'key'?: (Buffer);
  /**
   * Value of the record.
   */
  'value': (Buffer);
  /**
   * Time of the record, milliseconds since the epoch; absent: when it is appended.
   */
  'timestampMillis'?: (string);
  '_key'?: "key";
  '_timestampMillis'?: "timestampMillis";
}
