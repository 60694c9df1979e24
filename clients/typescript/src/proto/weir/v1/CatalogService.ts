// Original file: proto/weir/v1/catalog.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DescribeObjectRequestInput as _weir_v1_DescribeObjectRequestInput, DescribeObjectRequest as _weir_v1_DescribeObjectRequest } from '../../weir/v1/DescribeObjectRequest.ts';
import type { DescribeObjectResponseInput as _weir_v1_DescribeObjectResponseInput, DescribeObjectResponse as _weir_v1_DescribeObjectResponse } from '../../weir/v1/DescribeObjectResponse.ts';
import type { ListObjectsRequestInput as _weir_v1_ListObjectsRequestInput, ListObjectsRequest as _weir_v1_ListObjectsRequest } from '../../weir/v1/ListObjectsRequest.ts';
import type { ListObjectsResponseInput as _weir_v1_ListObjectsResponseInput, ListObjectsResponse as _weir_v1_ListObjectsResponse } from '../../weir/v1/ListObjectsResponse.ts';

/**
 * Reads the catalog.
 */
export interface CatalogServiceClient extends grpc.Client {
  /**
   * Describes one object.
   */
  DescribeObject(argument: _weir_v1_DescribeObjectRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DescribeObjectResponse>): grpc.ClientUnaryCall;
  DescribeObject(argument: _weir_v1_DescribeObjectRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_DescribeObjectResponse>): grpc.ClientUnaryCall;
  DescribeObject(argument: _weir_v1_DescribeObjectRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DescribeObjectResponse>): grpc.ClientUnaryCall;
  DescribeObject(argument: _weir_v1_DescribeObjectRequestInput, callback: grpc.requestCallback<_weir_v1_DescribeObjectResponse>): grpc.ClientUnaryCall;
  /**
   * Describes one object.
   */
  describeObject(argument: _weir_v1_DescribeObjectRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DescribeObjectResponse>): grpc.ClientUnaryCall;
  describeObject(argument: _weir_v1_DescribeObjectRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_DescribeObjectResponse>): grpc.ClientUnaryCall;
  describeObject(argument: _weir_v1_DescribeObjectRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DescribeObjectResponse>): grpc.ClientUnaryCall;
  describeObject(argument: _weir_v1_DescribeObjectRequestInput, callback: grpc.requestCallback<_weir_v1_DescribeObjectResponse>): grpc.ClientUnaryCall;
  
  /**
   * Lists the objects of one kind.
   */
  ListObjects(argument: _weir_v1_ListObjectsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListObjectsResponse>): grpc.ClientUnaryCall;
  ListObjects(argument: _weir_v1_ListObjectsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ListObjectsResponse>): grpc.ClientUnaryCall;
  ListObjects(argument: _weir_v1_ListObjectsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListObjectsResponse>): grpc.ClientUnaryCall;
  ListObjects(argument: _weir_v1_ListObjectsRequestInput, callback: grpc.requestCallback<_weir_v1_ListObjectsResponse>): grpc.ClientUnaryCall;
  /**
   * Lists the objects of one kind.
   */
  listObjects(argument: _weir_v1_ListObjectsRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListObjectsResponse>): grpc.ClientUnaryCall;
  listObjects(argument: _weir_v1_ListObjectsRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ListObjectsResponse>): grpc.ClientUnaryCall;
  listObjects(argument: _weir_v1_ListObjectsRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListObjectsResponse>): grpc.ClientUnaryCall;
  listObjects(argument: _weir_v1_ListObjectsRequestInput, callback: grpc.requestCallback<_weir_v1_ListObjectsResponse>): grpc.ClientUnaryCall;
  
}

/**
 * Reads the catalog.
 */
export interface CatalogServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Describes one object.
   */
  DescribeObject: grpc.handleUnaryCall<_weir_v1_DescribeObjectRequest, _weir_v1_DescribeObjectResponseInput>;
  
  /**
   * Lists the objects of one kind.
   */
  ListObjects: grpc.handleUnaryCall<_weir_v1_ListObjectsRequest, _weir_v1_ListObjectsResponseInput>;
  
}

export interface CatalogServiceDefinition extends grpc.ServiceDefinition {
  DescribeObject: MethodDefinition<_weir_v1_DescribeObjectRequestInput, _weir_v1_DescribeObjectResponseInput, _weir_v1_DescribeObjectRequest, _weir_v1_DescribeObjectResponse>
  ListObjects: MethodDefinition<_weir_v1_ListObjectsRequestInput, _weir_v1_ListObjectsResponseInput, _weir_v1_ListObjectsRequest, _weir_v1_ListObjectsResponse>
}
