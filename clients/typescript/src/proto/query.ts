import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { ListValueInput as _google_protobuf_ListValueInput, ListValue as _google_protobuf_ListValue } from './google/protobuf/ListValue.ts';
import type { StructInput as _google_protobuf_StructInput, Struct as _google_protobuf_Struct } from './google/protobuf/Struct.ts';
import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from './google/protobuf/Value.ts';
import type { ColumnInput as _weir_v1_ColumnInput, Column as _weir_v1_Column } from './weir/v1/Column.ts';
import type { DescribeQueryRequestInput as _weir_v1_DescribeQueryRequestInput, DescribeQueryRequest as _weir_v1_DescribeQueryRequest } from './weir/v1/DescribeQueryRequest.ts';
import type { DescribeQueryResponseInput as _weir_v1_DescribeQueryResponseInput, DescribeQueryResponse as _weir_v1_DescribeQueryResponse } from './weir/v1/DescribeQueryResponse.ts';
import type { DiagnosticInput as _weir_v1_DiagnosticInput, Diagnostic as _weir_v1_Diagnostic } from './weir/v1/Diagnostic.ts';
import type { DropQueryRequestInput as _weir_v1_DropQueryRequestInput, DropQueryRequest as _weir_v1_DropQueryRequest } from './weir/v1/DropQueryRequest.ts';
import type { DropQueryResponseInput as _weir_v1_DropQueryResponseInput, DropQueryResponse as _weir_v1_DropQueryResponse } from './weir/v1/DropQueryResponse.ts';
import type { ExecuteRequestInput as _weir_v1_ExecuteRequestInput, ExecuteRequest as _weir_v1_ExecuteRequest } from './weir/v1/ExecuteRequest.ts';
import type { ExecuteResponseInput as _weir_v1_ExecuteResponseInput, ExecuteResponse as _weir_v1_ExecuteResponse } from './weir/v1/ExecuteResponse.ts';
import type { ExplainRequestInput as _weir_v1_ExplainRequestInput, ExplainRequest as _weir_v1_ExplainRequest } from './weir/v1/ExplainRequest.ts';
import type { ExplainResponseInput as _weir_v1_ExplainResponseInput, ExplainResponse as _weir_v1_ExplainResponse } from './weir/v1/ExplainResponse.ts';
import type { HeartbeatInput as _weir_v1_HeartbeatInput, Heartbeat as _weir_v1_Heartbeat } from './weir/v1/Heartbeat.ts';
import type { ListQueriesRequestInput as _weir_v1_ListQueriesRequestInput, ListQueriesRequest as _weir_v1_ListQueriesRequest } from './weir/v1/ListQueriesRequest.ts';
import type { ListQueriesResponseInput as _weir_v1_ListQueriesResponseInput, ListQueriesResponse as _weir_v1_ListQueriesResponse } from './weir/v1/ListQueriesResponse.ts';
import type { ListValueInput as _weir_v1_ListValueInput, ListValue as _weir_v1_ListValue } from './weir/v1/ListValue.ts';
import type { MapValueInput as _weir_v1_MapValueInput, MapValue as _weir_v1_MapValue } from './weir/v1/MapValue.ts';
import type { PauseQueryRequestInput as _weir_v1_PauseQueryRequestInput, PauseQueryRequest as _weir_v1_PauseQueryRequest } from './weir/v1/PauseQueryRequest.ts';
import type { PauseQueryResponseInput as _weir_v1_PauseQueryResponseInput, PauseQueryResponse as _weir_v1_PauseQueryResponse } from './weir/v1/PauseQueryResponse.ts';
import type { QueryRequestInput as _weir_v1_QueryRequestInput, QueryRequest as _weir_v1_QueryRequest } from './weir/v1/QueryRequest.ts';
import type { QueryResponseInput as _weir_v1_QueryResponseInput, QueryResponse as _weir_v1_QueryResponse } from './weir/v1/QueryResponse.ts';
import type { QueryServiceClient as _weir_v1_QueryServiceClient, QueryServiceDefinition as _weir_v1_QueryServiceDefinition } from './weir/v1/QueryService.ts';
import type { QueryStatsInput as _weir_v1_QueryStatsInput, QueryStats as _weir_v1_QueryStats } from './weir/v1/QueryStats.ts';
import type { QuerySummaryInput as _weir_v1_QuerySummaryInput, QuerySummary as _weir_v1_QuerySummary } from './weir/v1/QuerySummary.ts';
import type { ResultEndInput as _weir_v1_ResultEndInput, ResultEnd as _weir_v1_ResultEnd } from './weir/v1/ResultEnd.ts';
import type { ResultHeaderInput as _weir_v1_ResultHeaderInput, ResultHeader as _weir_v1_ResultHeader } from './weir/v1/ResultHeader.ts';
import type { ResultSetInput as _weir_v1_ResultSetInput, ResultSet as _weir_v1_ResultSet } from './weir/v1/ResultSet.ts';
import type { ResumeQueryRequestInput as _weir_v1_ResumeQueryRequestInput, ResumeQueryRequest as _weir_v1_ResumeQueryRequest } from './weir/v1/ResumeQueryRequest.ts';
import type { ResumeQueryResponseInput as _weir_v1_ResumeQueryResponseInput, ResumeQueryResponse as _weir_v1_ResumeQueryResponse } from './weir/v1/ResumeQueryResponse.ts';
import type { RowInput as _weir_v1_RowInput, Row as _weir_v1_Row } from './weir/v1/Row.ts';
import type { RowBatchInput as _weir_v1_RowBatchInput, RowBatch as _weir_v1_RowBatch } from './weir/v1/RowBatch.ts';
import type { SchemaInput as _weir_v1_SchemaInput, Schema as _weir_v1_Schema } from './weir/v1/Schema.ts';
import type { SpanInput as _weir_v1_SpanInput, Span as _weir_v1_Span } from './weir/v1/Span.ts';
import type { StatementResultInput as _weir_v1_StatementResultInput, StatementResult as _weir_v1_StatementResult } from './weir/v1/StatementResult.ts';
import type { StructValueInput as _weir_v1_StructValueInput, StructValue as _weir_v1_StructValue } from './weir/v1/StructValue.ts';
import type { TextTableInput as _weir_v1_TextTableInput, TextTable as _weir_v1_TextTable } from './weir/v1/TextTable.ts';
import type { TypeInput as _weir_v1_TypeInput, Type as _weir_v1_Type } from './weir/v1/Type.ts';
import type { ValidateRequestInput as _weir_v1_ValidateRequestInput, ValidateRequest as _weir_v1_ValidateRequest } from './weir/v1/ValidateRequest.ts';
import type { ValidateResponseInput as _weir_v1_ValidateResponseInput, ValidateResponse as _weir_v1_ValidateResponse } from './weir/v1/ValidateResponse.ts';
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
      DescribeQueryRequest: MessageTypeDefinition<_weir_v1_DescribeQueryRequestInput, _weir_v1_DescribeQueryRequest>
      DescribeQueryResponse: MessageTypeDefinition<_weir_v1_DescribeQueryResponseInput, _weir_v1_DescribeQueryResponse>
      Diagnostic: MessageTypeDefinition<_weir_v1_DiagnosticInput, _weir_v1_Diagnostic>
      DropQueryRequest: MessageTypeDefinition<_weir_v1_DropQueryRequestInput, _weir_v1_DropQueryRequest>
      DropQueryResponse: MessageTypeDefinition<_weir_v1_DropQueryResponseInput, _weir_v1_DropQueryResponse>
      ExecuteRequest: MessageTypeDefinition<_weir_v1_ExecuteRequestInput, _weir_v1_ExecuteRequest>
      ExecuteResponse: MessageTypeDefinition<_weir_v1_ExecuteResponseInput, _weir_v1_ExecuteResponse>
      ExplainRequest: MessageTypeDefinition<_weir_v1_ExplainRequestInput, _weir_v1_ExplainRequest>
      ExplainResponse: MessageTypeDefinition<_weir_v1_ExplainResponseInput, _weir_v1_ExplainResponse>
      Heartbeat: MessageTypeDefinition<_weir_v1_HeartbeatInput, _weir_v1_Heartbeat>
      ListQueriesRequest: MessageTypeDefinition<_weir_v1_ListQueriesRequestInput, _weir_v1_ListQueriesRequest>
      ListQueriesResponse: MessageTypeDefinition<_weir_v1_ListQueriesResponseInput, _weir_v1_ListQueriesResponse>
      ListValue: MessageTypeDefinition<_weir_v1_ListValueInput, _weir_v1_ListValue>
      MapValue: MessageTypeDefinition<_weir_v1_MapValueInput, _weir_v1_MapValue>
      PauseQueryRequest: MessageTypeDefinition<_weir_v1_PauseQueryRequestInput, _weir_v1_PauseQueryRequest>
      PauseQueryResponse: MessageTypeDefinition<_weir_v1_PauseQueryResponseInput, _weir_v1_PauseQueryResponse>
      QueryRequest: MessageTypeDefinition<_weir_v1_QueryRequestInput, _weir_v1_QueryRequest>
      QueryResponse: MessageTypeDefinition<_weir_v1_QueryResponseInput, _weir_v1_QueryResponse>
      /**
       * Runs SQL and looks after the queries that run on.
       * 
       * Errors carry google.rpc.Status in `grpc-status-details-bin`: an ErrorInfo with domain "weir" and the place of the
       * first diagnostic (line, column, offset, length, hint), and a BadRequest with one violation of field "sql" for each.
       */
      QueryService: SubtypeConstructor<typeof grpc.Client, _weir_v1_QueryServiceClient> & { service: _weir_v1_QueryServiceDefinition }
      QueryState: EnumTypeDefinition
      QueryStats: MessageTypeDefinition<_weir_v1_QueryStatsInput, _weir_v1_QueryStats>
      QuerySummary: MessageTypeDefinition<_weir_v1_QuerySummaryInput, _weir_v1_QuerySummary>
      ResultEnd: MessageTypeDefinition<_weir_v1_ResultEndInput, _weir_v1_ResultEnd>
      ResultHeader: MessageTypeDefinition<_weir_v1_ResultHeaderInput, _weir_v1_ResultHeader>
      ResultSet: MessageTypeDefinition<_weir_v1_ResultSetInput, _weir_v1_ResultSet>
      ResumeQueryRequest: MessageTypeDefinition<_weir_v1_ResumeQueryRequestInput, _weir_v1_ResumeQueryRequest>
      ResumeQueryResponse: MessageTypeDefinition<_weir_v1_ResumeQueryResponseInput, _weir_v1_ResumeQueryResponse>
      Row: MessageTypeDefinition<_weir_v1_RowInput, _weir_v1_Row>
      RowBatch: MessageTypeDefinition<_weir_v1_RowBatchInput, _weir_v1_RowBatch>
      Schema: MessageTypeDefinition<_weir_v1_SchemaInput, _weir_v1_Schema>
      Span: MessageTypeDefinition<_weir_v1_SpanInput, _weir_v1_Span>
      StatementResult: MessageTypeDefinition<_weir_v1_StatementResultInput, _weir_v1_StatementResult>
      StructValue: MessageTypeDefinition<_weir_v1_StructValueInput, _weir_v1_StructValue>
      TextTable: MessageTypeDefinition<_weir_v1_TextTableInput, _weir_v1_TextTable>
      Type: MessageTypeDefinition<_weir_v1_TypeInput, _weir_v1_Type>
      ValidateRequest: MessageTypeDefinition<_weir_v1_ValidateRequestInput, _weir_v1_ValidateRequest>
      ValidateResponse: MessageTypeDefinition<_weir_v1_ValidateResponseInput, _weir_v1_ValidateResponse>
      Value: MessageTypeDefinition<_weir_v1_ValueInput, _weir_v1_Value>
      Watermark: MessageTypeDefinition<_weir_v1_WatermarkInput, _weir_v1_Watermark>
    }
  }
}

