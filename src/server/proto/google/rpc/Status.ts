// Original file: proto/google/rpc/status.proto

import type { AnyInput as _google_protobuf_AnyInput, Any as _google_protobuf_Any } from '../../google/protobuf/Any.ts';

/**
 * An error with details; travels in the trailer `grpc-status-details-bin`.
 */
export interface StatusInput {
  /**
   * A gRPC status code.
   */
  'code'?: (number);
  /**
   * For developers, in English.
   */
  'message'?: (string);
  /**
   * At most one of each type.
   */
  'details'?: (_google_protobuf_AnyInput)[];
}

/**
 * An error with details; travels in the trailer `grpc-status-details-bin`.
 */
export interface Status {
  /**
   * A gRPC status code.
   */
  'code': (number);
  /**
   * For developers, in English.
   */
  'message': (string);
  /**
   * At most one of each type.
   */
  'details': (_google_protobuf_Any)[];
}
