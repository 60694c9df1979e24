import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { ListValueInput as _google_protobuf_ListValueInput, ListValue as _google_protobuf_ListValue } from './google/protobuf/ListValue.ts';
import type { StructInput as _google_protobuf_StructInput, Struct as _google_protobuf_Struct } from './google/protobuf/Struct.ts';
import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from './google/protobuf/Value.ts';
import type { CatalogServiceClient as _weir_v1_CatalogServiceClient, CatalogServiceDefinition as _weir_v1_CatalogServiceDefinition } from './weir/v1/CatalogService.ts';
import type { ColumnInput as _weir_v1_ColumnInput, Column as _weir_v1_Column } from './weir/v1/Column.ts';
import type { DescribeObjectRequestInput as _weir_v1_DescribeObjectRequestInput, DescribeObjectRequest as _weir_v1_DescribeObjectRequest } from './weir/v1/DescribeObjectRequest.ts';
import type { DescribeObjectResponseInput as _weir_v1_DescribeObjectResponseInput, DescribeObjectResponse as _weir_v1_DescribeObjectResponse } from './weir/v1/DescribeObjectResponse.ts';
import type { DiagnosticInput as _weir_v1_DiagnosticInput, Diagnostic as _weir_v1_Diagnostic } from './weir/v1/Diagnostic.ts';
import type { HeartbeatInput as _weir_v1_HeartbeatInput, Heartbeat as _weir_v1_Heartbeat } from './weir/v1/Heartbeat.ts';
import type { ListObjectsRequestInput as _weir_v1_ListObjectsRequestInput, ListObjectsRequest as _weir_v1_ListObjectsRequest } from './weir/v1/ListObjectsRequest.ts';
import type { ListObjectsResponseInput as _weir_v1_ListObjectsResponseInput, ListObjectsResponse as _weir_v1_ListObjectsResponse } from './weir/v1/ListObjectsResponse.ts';
import type { ListValueInput as _weir_v1_ListValueInput, ListValue as _weir_v1_ListValue } from './weir/v1/ListValue.ts';
import type { MapValueInput as _weir_v1_MapValueInput, MapValue as _weir_v1_MapValue } from './weir/v1/MapValue.ts';
import type { ObjectSummaryInput as _weir_v1_ObjectSummaryInput, ObjectSummary as _weir_v1_ObjectSummary } from './weir/v1/ObjectSummary.ts';
import type { ResultEndInput as _weir_v1_ResultEndInput, ResultEnd as _weir_v1_ResultEnd } from './weir/v1/ResultEnd.ts';
import type { ResultHeaderInput as _weir_v1_ResultHeaderInput, ResultHeader as _weir_v1_ResultHeader } from './weir/v1/ResultHeader.ts';
import type { RowInput as _weir_v1_RowInput, Row as _weir_v1_Row } from './weir/v1/Row.ts';
import type { RowBatchInput as _weir_v1_RowBatchInput, RowBatch as _weir_v1_RowBatch } from './weir/v1/RowBatch.ts';
import type { SchemaInput as _weir_v1_SchemaInput, Schema as _weir_v1_Schema } from './weir/v1/Schema.ts';
import type { SpanInput as _weir_v1_SpanInput, Span as _weir_v1_Span } from './weir/v1/Span.ts';
import type { StructValueInput as _weir_v1_StructValueInput, StructValue as _weir_v1_StructValue } from './weir/v1/StructValue.ts';
import type { TypeInput as _weir_v1_TypeInput, Type as _weir_v1_Type } from './weir/v1/Type.ts';
import type { ValueInput as _weir_v1_ValueInput, Value as _weir_v1_Value } from './weir/v1/Value.ts';
import type { WatermarkInput as _weir_v1_WatermarkInput, Watermark as _weir_v1_Watermark } from './weir/v1/Watermark.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      ListValue: MessageTypeDefinition<_google_protobuf_ListValueInput, _google_protobuf_ListValue>
      NullValue: EnumTypeDefinition
      Struct: MessageTypeDefinition<_google_protobuf_StructInput, _google_protobuf_Struct>
      Value: MessageTypeDefinition<_google_protobuf_ValueInput, _google_protobuf_Value>
    }
  }
  weir: {
    v1: {
      /**
       * Reads the catalog.
       */
      CatalogService: SubtypeConstructor<typeof grpc.Client, _weir_v1_CatalogServiceClient> & { service: _weir_v1_CatalogServiceDefinition }
      ChangeKind: EnumTypeDefinition
      ChangelogMode: EnumTypeDefinition
      Column: MessageTypeDefinition<_weir_v1_ColumnInput, _weir_v1_Column>
      DescribeObjectRequest: MessageTypeDefinition<_weir_v1_DescribeObjectRequestInput, _weir_v1_DescribeObjectRequest>
      DescribeObjectResponse: MessageTypeDefinition<_weir_v1_DescribeObjectResponseInput, _weir_v1_DescribeObjectResponse>
      Diagnostic: MessageTypeDefinition<_weir_v1_DiagnosticInput, _weir_v1_Diagnostic>
      Heartbeat: MessageTypeDefinition<_weir_v1_HeartbeatInput, _weir_v1_Heartbeat>
      ListObjectsRequest: MessageTypeDefinition<_weir_v1_ListObjectsRequestInput, _weir_v1_ListObjectsRequest>
      ListObjectsResponse: MessageTypeDefinition<_weir_v1_ListObjectsResponseInput, _weir_v1_ListObjectsResponse>
      ListValue: MessageTypeDefinition<_weir_v1_ListValueInput, _weir_v1_ListValue>
      MapValue: MessageTypeDefinition<_weir_v1_MapValueInput, _weir_v1_MapValue>
      ObjectKind: EnumTypeDefinition
      ObjectSummary: MessageTypeDefinition<_weir_v1_ObjectSummaryInput, _weir_v1_ObjectSummary>
      ResultEnd: MessageTypeDefinition<_weir_v1_ResultEndInput, _weir_v1_ResultEnd>
      ResultHeader: MessageTypeDefinition<_weir_v1_ResultHeaderInput, _weir_v1_ResultHeader>
      Row: MessageTypeDefinition<_weir_v1_RowInput, _weir_v1_Row>
      RowBatch: MessageTypeDefinition<_weir_v1_RowBatchInput, _weir_v1_RowBatch>
      Schema: MessageTypeDefinition<_weir_v1_SchemaInput, _weir_v1_Schema>
      Span: MessageTypeDefinition<_weir_v1_SpanInput, _weir_v1_Span>
      StructValue: MessageTypeDefinition<_weir_v1_StructValueInput, _weir_v1_StructValue>
      Type: MessageTypeDefinition<_weir_v1_TypeInput, _weir_v1_Type>
      Value: MessageTypeDefinition<_weir_v1_ValueInput, _weir_v1_Value>
      Watermark: MessageTypeDefinition<_weir_v1_WatermarkInput, _weir_v1_Watermark>
    }
  }
}

