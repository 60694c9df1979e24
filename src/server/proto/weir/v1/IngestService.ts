// Original file: proto/weir/v1/ingest.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { IngestBatchRequestInput as _weir_v1_IngestBatchRequestInput, IngestBatchRequest as _weir_v1_IngestBatchRequest } from '../../weir/v1/IngestBatchRequest.ts';
import type { IngestBatchResponseInput as _weir_v1_IngestBatchResponseInput, IngestBatchResponse as _weir_v1_IngestBatchResponse } from '../../weir/v1/IngestBatchResponse.ts';
import type { IngestRequestInput as _weir_v1_IngestRequestInput, IngestRequest as _weir_v1_IngestRequest } from '../../weir/v1/IngestRequest.ts';
import type { IngestResponseInput as _weir_v1_IngestResponseInput, IngestResponse as _weir_v1_IngestResponse } from '../../weir/v1/IngestResponse.ts';

/**
 * Appends records to streams.
 * 
 * With a producer id and sequences, sending again is safe: the server leaves out what it already has, so that a
 * producer that lost an acknowledgement sends the same records with the same sequence once more.
 */
export interface IngestServiceClient extends grpc.Client {
  /**
   * A stream of requests, each answered by one acknowledgement, in order. The server reads on only when it has
   * appended what it read: HTTP/2 flow control slows the producer down.
   */
  Ingest(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_weir_v1_IngestRequestInput, _weir_v1_IngestResponse>;
  Ingest(options?: grpc.CallOptions): grpc.ClientDuplexStream<_weir_v1_IngestRequestInput, _weir_v1_IngestResponse>;
  /**
   * A stream of requests, each answered by one acknowledgement, in order. The server reads on only when it has
   * appended what it read: HTTP/2 flow control slows the producer down.
   */
  ingest(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_weir_v1_IngestRequestInput, _weir_v1_IngestResponse>;
  ingest(options?: grpc.CallOptions): grpc.ClientDuplexStream<_weir_v1_IngestRequestInput, _weir_v1_IngestResponse>;
  
  /**
   * One batch.
   */
  IngestBatch(argument: _weir_v1_IngestBatchRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_IngestBatchResponse>): grpc.ClientUnaryCall;
  IngestBatch(argument: _weir_v1_IngestBatchRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_IngestBatchResponse>): grpc.ClientUnaryCall;
  IngestBatch(argument: _weir_v1_IngestBatchRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_IngestBatchResponse>): grpc.ClientUnaryCall;
  IngestBatch(argument: _weir_v1_IngestBatchRequestInput, callback: grpc.requestCallback<_weir_v1_IngestBatchResponse>): grpc.ClientUnaryCall;
  /**
   * One batch.
   */
  ingestBatch(argument: _weir_v1_IngestBatchRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_IngestBatchResponse>): grpc.ClientUnaryCall;
  ingestBatch(argument: _weir_v1_IngestBatchRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_IngestBatchResponse>): grpc.ClientUnaryCall;
  ingestBatch(argument: _weir_v1_IngestBatchRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_IngestBatchResponse>): grpc.ClientUnaryCall;
  ingestBatch(argument: _weir_v1_IngestBatchRequestInput, callback: grpc.requestCallback<_weir_v1_IngestBatchResponse>): grpc.ClientUnaryCall;
  
}

/**
 * Appends records to streams.
 * 
 * With a producer id and sequences, sending again is safe: the server leaves out what it already has, so that a
 * producer that lost an acknowledgement sends the same records with the same sequence once more.
 */
export interface IngestServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * A stream of requests, each answered by one acknowledgement, in order. The server reads on only when it has
   * appended what it read: HTTP/2 flow control slows the producer down.
   */
  Ingest: grpc.handleBidiStreamingCall<_weir_v1_IngestRequest, _weir_v1_IngestResponseInput>;
  
  /**
   * One batch.
   */
  IngestBatch: grpc.handleUnaryCall<_weir_v1_IngestBatchRequest, _weir_v1_IngestBatchResponseInput>;
  
}

export interface IngestServiceDefinition extends grpc.ServiceDefinition {
  Ingest: MethodDefinition<_weir_v1_IngestRequestInput, _weir_v1_IngestResponseInput, _weir_v1_IngestRequest, _weir_v1_IngestResponse>
  IngestBatch: MethodDefinition<_weir_v1_IngestBatchRequestInput, _weir_v1_IngestBatchResponseInput, _weir_v1_IngestBatchRequest, _weir_v1_IngestBatchResponse>
}
