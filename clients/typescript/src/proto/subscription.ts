import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { ListValueInput as _google_protobuf_ListValueInput, ListValue as _google_protobuf_ListValue } from './google/protobuf/ListValue.ts';
import type { StructInput as _google_protobuf_StructInput, Struct as _google_protobuf_Struct } from './google/protobuf/Struct.ts';
import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from './google/protobuf/Value.ts';
import type { ColumnInput as _weir_v1_ColumnInput, Column as _weir_v1_Column } from './weir/v1/Column.ts';
import type { DiagnosticInput as _weir_v1_DiagnosticInput, Diagnostic as _weir_v1_Diagnostic } from './weir/v1/Diagnostic.ts';
import type { HeartbeatInput as _weir_v1_HeartbeatInput, Heartbeat as _weir_v1_Heartbeat } from './weir/v1/Heartbeat.ts';
import type { ListValueInput as _weir_v1_ListValueInput, ListValue as _weir_v1_ListValue } from './weir/v1/ListValue.ts';
import type { MapValueInput as _weir_v1_MapValueInput, MapValue as _weir_v1_MapValue } from './weir/v1/MapValue.ts';
import type { ResultEndInput as _weir_v1_ResultEndInput, ResultEnd as _weir_v1_ResultEnd } from './weir/v1/ResultEnd.ts';
import type { ResultHeaderInput as _weir_v1_ResultHeaderInput, ResultHeader as _weir_v1_ResultHeader } from './weir/v1/ResultHeader.ts';
import type { RowInput as _weir_v1_RowInput, Row as _weir_v1_Row } from './weir/v1/Row.ts';
import type { RowBatchInput as _weir_v1_RowBatchInput, RowBatch as _weir_v1_RowBatch } from './weir/v1/RowBatch.ts';
import type { SchemaInput as _weir_v1_SchemaInput, Schema as _weir_v1_Schema } from './weir/v1/Schema.ts';
import type { SpanInput as _weir_v1_SpanInput, Span as _weir_v1_Span } from './weir/v1/Span.ts';
import type { StructValueInput as _weir_v1_StructValueInput, StructValue as _weir_v1_StructValue } from './weir/v1/StructValue.ts';
import type { SubscribeRequestInput as _weir_v1_SubscribeRequestInput, SubscribeRequest as _weir_v1_SubscribeRequest } from './weir/v1/SubscribeRequest.ts';
import type { SubscribeResponseInput as _weir_v1_SubscribeResponseInput, SubscribeResponse as _weir_v1_SubscribeResponse } from './weir/v1/SubscribeResponse.ts';
import type { SubscriptionServiceClient as _weir_v1_SubscriptionServiceClient, SubscriptionServiceDefinition as _weir_v1_SubscriptionServiceDefinition } from './weir/v1/SubscriptionService.ts';
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
      ChangeKind: EnumTypeDefinition
      ChangelogMode: EnumTypeDefinition
      Column: MessageTypeDefinition<_weir_v1_ColumnInput, _weir_v1_Column>
      Diagnostic: MessageTypeDefinition<_weir_v1_DiagnosticInput, _weir_v1_Diagnostic>
      Heartbeat: MessageTypeDefinition<_weir_v1_HeartbeatInput, _weir_v1_Heartbeat>
      ListValue: MessageTypeDefinition<_weir_v1_ListValueInput, _weir_v1_ListValue>
      MapValue: MessageTypeDefinition<_weir_v1_MapValueInput, _weir_v1_MapValue>
      ResultEnd: MessageTypeDefinition<_weir_v1_ResultEndInput, _weir_v1_ResultEnd>
      ResultHeader: MessageTypeDefinition<_weir_v1_ResultHeaderInput, _weir_v1_ResultHeader>
      Row: MessageTypeDefinition<_weir_v1_RowInput, _weir_v1_Row>
      RowBatch: MessageTypeDefinition<_weir_v1_RowBatchInput, _weir_v1_RowBatch>
      Schema: MessageTypeDefinition<_weir_v1_SchemaInput, _weir_v1_Schema>
      SnapshotMode: EnumTypeDefinition
      Span: MessageTypeDefinition<_weir_v1_SpanInput, _weir_v1_Span>
      StructValue: MessageTypeDefinition<_weir_v1_StructValueInput, _weir_v1_StructValue>
      SubscribeRequest: MessageTypeDefinition<_weir_v1_SubscribeRequestInput, _weir_v1_SubscribeRequest>
      SubscribeResponse: MessageTypeDefinition<_weir_v1_SubscribeResponseInput, _weir_v1_SubscribeResponse>
      /**
       * Follows results.
       */
      SubscriptionService: SubtypeConstructor<typeof grpc.Client, _weir_v1_SubscriptionServiceClient> & { service: _weir_v1_SubscriptionServiceDefinition }
      Type: MessageTypeDefinition<_weir_v1_TypeInput, _weir_v1_Type>
      Value: MessageTypeDefinition<_weir_v1_ValueInput, _weir_v1_Value>
      Watermark: MessageTypeDefinition<_weir_v1_WatermarkInput, _weir_v1_Watermark>
    }
  }
}

