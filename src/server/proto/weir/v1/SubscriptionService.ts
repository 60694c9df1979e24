// Original file: proto/weir/v1/subscription.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { SubscribeRequestInput as _weir_v1_SubscribeRequestInput, SubscribeRequest as _weir_v1_SubscribeRequest } from '../../weir/v1/SubscribeRequest.ts';
import type { SubscribeResponseInput as _weir_v1_SubscribeResponseInput, SubscribeResponse as _weir_v1_SubscribeResponse } from '../../weir/v1/SubscribeResponse.ts';

/**
 * Follows results.
 */
export interface SubscriptionServiceClient extends grpc.Client {
  /**
   * Results of a materialized view or stream, until the caller cancels. Each batch brings a resume token; after a
   * break, subscribe again with the last token. A reader that does not drain is cut with RESOURCE_EXHAUSTED, a
   * server that stops cuts with UNAVAILABLE; both name the last token in ErrorInfo.metadata["resume_token"]. A token
   * whose rows are no longer kept is OUT_OF_RANGE.
   */
  Subscribe(argument: _weir_v1_SubscribeRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_v1_SubscribeResponse>;
  Subscribe(argument: _weir_v1_SubscribeRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_v1_SubscribeResponse>;
  /**
   * Results of a materialized view or stream, until the caller cancels. Each batch brings a resume token; after a
   * break, subscribe again with the last token. A reader that does not drain is cut with RESOURCE_EXHAUSTED, a
   * server that stops cuts with UNAVAILABLE; both name the last token in ErrorInfo.metadata["resume_token"]. A token
   * whose rows are no longer kept is OUT_OF_RANGE.
   */
  subscribe(argument: _weir_v1_SubscribeRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_v1_SubscribeResponse>;
  subscribe(argument: _weir_v1_SubscribeRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_v1_SubscribeResponse>;
  
}

/**
 * Follows results.
 */
export interface SubscriptionServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Results of a materialized view or stream, until the caller cancels. Each batch brings a resume token; after a
   * break, subscribe again with the last token. A reader that does not drain is cut with RESOURCE_EXHAUSTED, a
   * server that stops cuts with UNAVAILABLE; both name the last token in ErrorInfo.metadata["resume_token"]. A token
   * whose rows are no longer kept is OUT_OF_RANGE.
   */
  Subscribe: grpc.handleServerStreamingCall<_weir_v1_SubscribeRequest, _weir_v1_SubscribeResponseInput>;
  
}

export interface SubscriptionServiceDefinition extends grpc.ServiceDefinition {
  Subscribe: MethodDefinition<_weir_v1_SubscribeRequestInput, _weir_v1_SubscribeResponseInput, _weir_v1_SubscribeRequest, _weir_v1_SubscribeResponse>
}
