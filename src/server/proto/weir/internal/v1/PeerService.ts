// Original file: proto/weir/internal/v1/peer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DescribeTasksRequestInput as _weir_internal_v1_DescribeTasksRequestInput, DescribeTasksRequest as _weir_internal_v1_DescribeTasksRequest } from '../../../weir/internal/v1/DescribeTasksRequest.ts';
import type { DescribeTasksResponseInput as _weir_internal_v1_DescribeTasksResponseInput, DescribeTasksResponse as _weir_internal_v1_DescribeTasksResponse } from '../../../weir/internal/v1/DescribeTasksResponse.ts';
import type { ReadTableRequestInput as _weir_internal_v1_ReadTableRequestInput, ReadTableRequest as _weir_internal_v1_ReadTableRequest } from '../../../weir/internal/v1/ReadTableRequest.ts';
import type { ReadTableResponseInput as _weir_internal_v1_ReadTableResponseInput, ReadTableResponse as _weir_internal_v1_ReadTableResponse } from '../../../weir/internal/v1/ReadTableResponse.ts';

/**
 * Served by each replica to the others.
 */
export interface PeerServiceClient extends grpc.Client {
  /**
   * What the tasks of a query that run here have done so far: those that ask twice see what they do.
   */
  DescribeTasks(argument: _weir_internal_v1_DescribeTasksRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_internal_v1_DescribeTasksResponse>): grpc.ClientUnaryCall;
  DescribeTasks(argument: _weir_internal_v1_DescribeTasksRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_internal_v1_DescribeTasksResponse>): grpc.ClientUnaryCall;
  DescribeTasks(argument: _weir_internal_v1_DescribeTasksRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_internal_v1_DescribeTasksResponse>): grpc.ClientUnaryCall;
  DescribeTasks(argument: _weir_internal_v1_DescribeTasksRequestInput, callback: grpc.requestCallback<_weir_internal_v1_DescribeTasksResponse>): grpc.ClientUnaryCall;
  /**
   * What the tasks of a query that run here have done so far: those that ask twice see what they do.
   */
  describeTasks(argument: _weir_internal_v1_DescribeTasksRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_internal_v1_DescribeTasksResponse>): grpc.ClientUnaryCall;
  describeTasks(argument: _weir_internal_v1_DescribeTasksRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_internal_v1_DescribeTasksResponse>): grpc.ClientUnaryCall;
  describeTasks(argument: _weir_internal_v1_DescribeTasksRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_internal_v1_DescribeTasksResponse>): grpc.ClientUnaryCall;
  describeTasks(argument: _weir_internal_v1_DescribeTasksRequestInput, callback: grpc.requestCallback<_weir_internal_v1_DescribeTasksResponse>): grpc.ClientUnaryCall;
  
  /**
   * The part of a materialized view that one task keeps: pages in the order of their keys, all of one commit, up to the
   * end. UNAVAILABLE where the task does not run here (any more).
   */
  ReadTable(argument: _weir_internal_v1_ReadTableRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_internal_v1_ReadTableResponse>;
  ReadTable(argument: _weir_internal_v1_ReadTableRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_internal_v1_ReadTableResponse>;
  /**
   * The part of a materialized view that one task keeps: pages in the order of their keys, all of one commit, up to the
   * end. UNAVAILABLE where the task does not run here (any more).
   */
  readTable(argument: _weir_internal_v1_ReadTableRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_internal_v1_ReadTableResponse>;
  readTable(argument: _weir_internal_v1_ReadTableRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_internal_v1_ReadTableResponse>;
  
}

/**
 * Served by each replica to the others.
 */
export interface PeerServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * What the tasks of a query that run here have done so far: those that ask twice see what they do.
   */
  DescribeTasks: grpc.handleUnaryCall<_weir_internal_v1_DescribeTasksRequest, _weir_internal_v1_DescribeTasksResponseInput>;
  
  /**
   * The part of a materialized view that one task keeps: pages in the order of their keys, all of one commit, up to the
   * end. UNAVAILABLE where the task does not run here (any more).
   */
  ReadTable: grpc.handleServerStreamingCall<_weir_internal_v1_ReadTableRequest, _weir_internal_v1_ReadTableResponseInput>;
  
}

export interface PeerServiceDefinition extends grpc.ServiceDefinition {
  DescribeTasks: MethodDefinition<_weir_internal_v1_DescribeTasksRequestInput, _weir_internal_v1_DescribeTasksResponseInput, _weir_internal_v1_DescribeTasksRequest, _weir_internal_v1_DescribeTasksResponse>
  ReadTable: MethodDefinition<_weir_internal_v1_ReadTableRequestInput, _weir_internal_v1_ReadTableResponseInput, _weir_internal_v1_ReadTableRequest, _weir_internal_v1_ReadTableResponse>
}
