// Original file: proto/weir/v1/query.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AnalyzeQueryRequestInput as _weir_v1_AnalyzeQueryRequestInput, AnalyzeQueryRequest as _weir_v1_AnalyzeQueryRequest } from '../../weir/v1/AnalyzeQueryRequest.ts';
import type { AnalyzeQueryResponseInput as _weir_v1_AnalyzeQueryResponseInput, AnalyzeQueryResponse as _weir_v1_AnalyzeQueryResponse } from '../../weir/v1/AnalyzeQueryResponse.ts';
import type { DescribeQueryRequestInput as _weir_v1_DescribeQueryRequestInput, DescribeQueryRequest as _weir_v1_DescribeQueryRequest } from '../../weir/v1/DescribeQueryRequest.ts';
import type { DescribeQueryResponseInput as _weir_v1_DescribeQueryResponseInput, DescribeQueryResponse as _weir_v1_DescribeQueryResponse } from '../../weir/v1/DescribeQueryResponse.ts';
import type { DropQueryRequestInput as _weir_v1_DropQueryRequestInput, DropQueryRequest as _weir_v1_DropQueryRequest } from '../../weir/v1/DropQueryRequest.ts';
import type { DropQueryResponseInput as _weir_v1_DropQueryResponseInput, DropQueryResponse as _weir_v1_DropQueryResponse } from '../../weir/v1/DropQueryResponse.ts';
import type { ExecuteRequestInput as _weir_v1_ExecuteRequestInput, ExecuteRequest as _weir_v1_ExecuteRequest } from '../../weir/v1/ExecuteRequest.ts';
import type { ExecuteResponseInput as _weir_v1_ExecuteResponseInput, ExecuteResponse as _weir_v1_ExecuteResponse } from '../../weir/v1/ExecuteResponse.ts';
import type { ExplainRequestInput as _weir_v1_ExplainRequestInput, ExplainRequest as _weir_v1_ExplainRequest } from '../../weir/v1/ExplainRequest.ts';
import type { ExplainResponseInput as _weir_v1_ExplainResponseInput, ExplainResponse as _weir_v1_ExplainResponse } from '../../weir/v1/ExplainResponse.ts';
import type { ListObjectivesRequestInput as _weir_v1_ListObjectivesRequestInput, ListObjectivesRequest as _weir_v1_ListObjectivesRequest } from '../../weir/v1/ListObjectivesRequest.ts';
import type { ListObjectivesResponseInput as _weir_v1_ListObjectivesResponseInput, ListObjectivesResponse as _weir_v1_ListObjectivesResponse } from '../../weir/v1/ListObjectivesResponse.ts';
import type { ListQueriesRequestInput as _weir_v1_ListQueriesRequestInput, ListQueriesRequest as _weir_v1_ListQueriesRequest } from '../../weir/v1/ListQueriesRequest.ts';
import type { ListQueriesResponseInput as _weir_v1_ListQueriesResponseInput, ListQueriesResponse as _weir_v1_ListQueriesResponse } from '../../weir/v1/ListQueriesResponse.ts';
import type { PauseQueryRequestInput as _weir_v1_PauseQueryRequestInput, PauseQueryRequest as _weir_v1_PauseQueryRequest } from '../../weir/v1/PauseQueryRequest.ts';
import type { PauseQueryResponseInput as _weir_v1_PauseQueryResponseInput, PauseQueryResponse as _weir_v1_PauseQueryResponse } from '../../weir/v1/PauseQueryResponse.ts';
import type { QueryRequestInput as _weir_v1_QueryRequestInput, QueryRequest as _weir_v1_QueryRequest } from '../../weir/v1/QueryRequest.ts';
import type { QueryResponseInput as _weir_v1_QueryResponseInput, QueryResponse as _weir_v1_QueryResponse } from '../../weir/v1/QueryResponse.ts';
import type { ResumeQueryRequestInput as _weir_v1_ResumeQueryRequestInput, ResumeQueryRequest as _weir_v1_ResumeQueryRequest } from '../../weir/v1/ResumeQueryRequest.ts';
import type { ResumeQueryResponseInput as _weir_v1_ResumeQueryResponseInput, ResumeQueryResponse as _weir_v1_ResumeQueryResponse } from '../../weir/v1/ResumeQueryResponse.ts';
import type { ValidateRequestInput as _weir_v1_ValidateRequestInput, ValidateRequest as _weir_v1_ValidateRequest } from '../../weir/v1/ValidateRequest.ts';
import type { ValidateResponseInput as _weir_v1_ValidateResponseInput, ValidateResponse as _weir_v1_ValidateResponse } from '../../weir/v1/ValidateResponse.ts';

/**
 * Runs SQL and looks after the queries that run on.
 * 
 * Errors carry google.rpc.Status in `grpc-status-details-bin`: an ErrorInfo with domain "weir" and the place of the
 * first diagnostic (line, column, offset, length, hint), and a BadRequest with one violation of field "sql" for each.
 */
export interface QueryServiceClient extends grpc.Client {
  /**
   * Looks at a running query for a second: how far each partition is behind, and why. Tells of all replicas.
   */
  AnalyzeQuery(argument: _weir_v1_AnalyzeQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_AnalyzeQueryResponse>): grpc.ClientUnaryCall;
  AnalyzeQuery(argument: _weir_v1_AnalyzeQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_AnalyzeQueryResponse>): grpc.ClientUnaryCall;
  AnalyzeQuery(argument: _weir_v1_AnalyzeQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_AnalyzeQueryResponse>): grpc.ClientUnaryCall;
  AnalyzeQuery(argument: _weir_v1_AnalyzeQueryRequestInput, callback: grpc.requestCallback<_weir_v1_AnalyzeQueryResponse>): grpc.ClientUnaryCall;
  /**
   * Looks at a running query for a second: how far each partition is behind, and why. Tells of all replicas.
   */
  analyzeQuery(argument: _weir_v1_AnalyzeQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_AnalyzeQueryResponse>): grpc.ClientUnaryCall;
  analyzeQuery(argument: _weir_v1_AnalyzeQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_AnalyzeQueryResponse>): grpc.ClientUnaryCall;
  analyzeQuery(argument: _weir_v1_AnalyzeQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_AnalyzeQueryResponse>): grpc.ClientUnaryCall;
  analyzeQuery(argument: _weir_v1_AnalyzeQueryRequestInput, callback: grpc.requestCallback<_weir_v1_AnalyzeQueryResponse>): grpc.ClientUnaryCall;
  
  /**
   * Describes one query, with its counters.
   */
  DescribeQuery(argument: _weir_v1_DescribeQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DescribeQueryResponse>): grpc.ClientUnaryCall;
  DescribeQuery(argument: _weir_v1_DescribeQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_DescribeQueryResponse>): grpc.ClientUnaryCall;
  DescribeQuery(argument: _weir_v1_DescribeQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DescribeQueryResponse>): grpc.ClientUnaryCall;
  DescribeQuery(argument: _weir_v1_DescribeQueryRequestInput, callback: grpc.requestCallback<_weir_v1_DescribeQueryResponse>): grpc.ClientUnaryCall;
  /**
   * Describes one query, with its counters.
   */
  describeQuery(argument: _weir_v1_DescribeQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DescribeQueryResponse>): grpc.ClientUnaryCall;
  describeQuery(argument: _weir_v1_DescribeQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_DescribeQueryResponse>): grpc.ClientUnaryCall;
  describeQuery(argument: _weir_v1_DescribeQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DescribeQueryResponse>): grpc.ClientUnaryCall;
  describeQuery(argument: _weir_v1_DescribeQueryRequestInput, callback: grpc.requestCallback<_weir_v1_DescribeQueryResponse>): grpc.ClientUnaryCall;
  
  /**
   * Drops a query and its state.
   */
  DropQuery(argument: _weir_v1_DropQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DropQueryResponse>): grpc.ClientUnaryCall;
  DropQuery(argument: _weir_v1_DropQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_DropQueryResponse>): grpc.ClientUnaryCall;
  DropQuery(argument: _weir_v1_DropQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DropQueryResponse>): grpc.ClientUnaryCall;
  DropQuery(argument: _weir_v1_DropQueryRequestInput, callback: grpc.requestCallback<_weir_v1_DropQueryResponse>): grpc.ClientUnaryCall;
  /**
   * Drops a query and its state.
   */
  dropQuery(argument: _weir_v1_DropQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DropQueryResponse>): grpc.ClientUnaryCall;
  dropQuery(argument: _weir_v1_DropQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_DropQueryResponse>): grpc.ClientUnaryCall;
  dropQuery(argument: _weir_v1_DropQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_DropQueryResponse>): grpc.ClientUnaryCall;
  dropQuery(argument: _weir_v1_DropQueryRequestInput, callback: grpc.requestCallback<_weir_v1_DropQueryResponse>): grpc.ClientUnaryCall;
  
  /**
   * Runs a script, statement by statement, and stops at the first that fails. Results of SELECT are returned when
   * they end by themselves; a continuous SELECT belongs to Query.
   */
  Execute(argument: _weir_v1_ExecuteRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ExecuteResponse>): grpc.ClientUnaryCall;
  Execute(argument: _weir_v1_ExecuteRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ExecuteResponse>): grpc.ClientUnaryCall;
  Execute(argument: _weir_v1_ExecuteRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ExecuteResponse>): grpc.ClientUnaryCall;
  Execute(argument: _weir_v1_ExecuteRequestInput, callback: grpc.requestCallback<_weir_v1_ExecuteResponse>): grpc.ClientUnaryCall;
  /**
   * Runs a script, statement by statement, and stops at the first that fails. Results of SELECT are returned when
   * they end by themselves; a continuous SELECT belongs to Query.
   */
  execute(argument: _weir_v1_ExecuteRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ExecuteResponse>): grpc.ClientUnaryCall;
  execute(argument: _weir_v1_ExecuteRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ExecuteResponse>): grpc.ClientUnaryCall;
  execute(argument: _weir_v1_ExecuteRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ExecuteResponse>): grpc.ClientUnaryCall;
  execute(argument: _weir_v1_ExecuteRequestInput, callback: grpc.requestCallback<_weir_v1_ExecuteResponse>): grpc.ClientUnaryCall;
  
  /**
   * Shows how one statement would run.
   */
  Explain(argument: _weir_v1_ExplainRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ExplainResponse>): grpc.ClientUnaryCall;
  Explain(argument: _weir_v1_ExplainRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ExplainResponse>): grpc.ClientUnaryCall;
  Explain(argument: _weir_v1_ExplainRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ExplainResponse>): grpc.ClientUnaryCall;
  Explain(argument: _weir_v1_ExplainRequestInput, callback: grpc.requestCallback<_weir_v1_ExplainResponse>): grpc.ClientUnaryCall;
  /**
   * Shows how one statement would run.
   */
  explain(argument: _weir_v1_ExplainRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ExplainResponse>): grpc.ClientUnaryCall;
  explain(argument: _weir_v1_ExplainRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ExplainResponse>): grpc.ClientUnaryCall;
  explain(argument: _weir_v1_ExplainRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ExplainResponse>): grpc.ClientUnaryCall;
  explain(argument: _weir_v1_ExplainRequestInput, callback: grpc.requestCallback<_weir_v1_ExplainResponse>): grpc.ClientUnaryCall;
  
  /**
   * Lists the objectives of each query of this server, and for how much of the last thirty days they held.
   */
  ListObjectives(argument: _weir_v1_ListObjectivesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListObjectivesResponse>): grpc.ClientUnaryCall;
  ListObjectives(argument: _weir_v1_ListObjectivesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ListObjectivesResponse>): grpc.ClientUnaryCall;
  ListObjectives(argument: _weir_v1_ListObjectivesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListObjectivesResponse>): grpc.ClientUnaryCall;
  ListObjectives(argument: _weir_v1_ListObjectivesRequestInput, callback: grpc.requestCallback<_weir_v1_ListObjectivesResponse>): grpc.ClientUnaryCall;
  /**
   * Lists the objectives of each query of this server, and for how much of the last thirty days they held.
   */
  listObjectives(argument: _weir_v1_ListObjectivesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListObjectivesResponse>): grpc.ClientUnaryCall;
  listObjectives(argument: _weir_v1_ListObjectivesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ListObjectivesResponse>): grpc.ClientUnaryCall;
  listObjectives(argument: _weir_v1_ListObjectivesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListObjectivesResponse>): grpc.ClientUnaryCall;
  listObjectives(argument: _weir_v1_ListObjectivesRequestInput, callback: grpc.requestCallback<_weir_v1_ListObjectivesResponse>): grpc.ClientUnaryCall;
  
  /**
   * Lists continuous queries: of materialized views, sinks and INSERT … SELECT.
   */
  ListQueries(argument: _weir_v1_ListQueriesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListQueriesResponse>): grpc.ClientUnaryCall;
  ListQueries(argument: _weir_v1_ListQueriesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ListQueriesResponse>): grpc.ClientUnaryCall;
  ListQueries(argument: _weir_v1_ListQueriesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListQueriesResponse>): grpc.ClientUnaryCall;
  ListQueries(argument: _weir_v1_ListQueriesRequestInput, callback: grpc.requestCallback<_weir_v1_ListQueriesResponse>): grpc.ClientUnaryCall;
  /**
   * Lists continuous queries: of materialized views, sinks and INSERT … SELECT.
   */
  listQueries(argument: _weir_v1_ListQueriesRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListQueriesResponse>): grpc.ClientUnaryCall;
  listQueries(argument: _weir_v1_ListQueriesRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ListQueriesResponse>): grpc.ClientUnaryCall;
  listQueries(argument: _weir_v1_ListQueriesRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ListQueriesResponse>): grpc.ClientUnaryCall;
  listQueries(argument: _weir_v1_ListQueriesRequestInput, callback: grpc.requestCallback<_weir_v1_ListQueriesResponse>): grpc.ClientUnaryCall;
  
  /**
   * Stops reading input; state and position stay.
   */
  PauseQuery(argument: _weir_v1_PauseQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_PauseQueryResponse>): grpc.ClientUnaryCall;
  PauseQuery(argument: _weir_v1_PauseQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_PauseQueryResponse>): grpc.ClientUnaryCall;
  PauseQuery(argument: _weir_v1_PauseQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_PauseQueryResponse>): grpc.ClientUnaryCall;
  PauseQuery(argument: _weir_v1_PauseQueryRequestInput, callback: grpc.requestCallback<_weir_v1_PauseQueryResponse>): grpc.ClientUnaryCall;
  /**
   * Stops reading input; state and position stay.
   */
  pauseQuery(argument: _weir_v1_PauseQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_PauseQueryResponse>): grpc.ClientUnaryCall;
  pauseQuery(argument: _weir_v1_PauseQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_PauseQueryResponse>): grpc.ClientUnaryCall;
  pauseQuery(argument: _weir_v1_PauseQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_PauseQueryResponse>): grpc.ClientUnaryCall;
  pauseQuery(argument: _weir_v1_PauseQueryRequestInput, callback: grpc.requestCallback<_weir_v1_PauseQueryResponse>): grpc.ClientUnaryCall;
  
  /**
   * Runs one SELECT or PRINT. Without EMIT over a view or table it answers once and ends; with EMIT it goes on until the
   * caller cancels.
   */
  Query(argument: _weir_v1_QueryRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_v1_QueryResponse>;
  Query(argument: _weir_v1_QueryRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_v1_QueryResponse>;
  /**
   * Runs one SELECT or PRINT. Without EMIT over a view or table it answers once and ends; with EMIT it goes on until the
   * caller cancels.
   */
  query(argument: _weir_v1_QueryRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_v1_QueryResponse>;
  query(argument: _weir_v1_QueryRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_weir_v1_QueryResponse>;
  
  /**
   * Goes on where PauseQuery stopped.
   */
  ResumeQuery(argument: _weir_v1_ResumeQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ResumeQueryResponse>): grpc.ClientUnaryCall;
  ResumeQuery(argument: _weir_v1_ResumeQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ResumeQueryResponse>): grpc.ClientUnaryCall;
  ResumeQuery(argument: _weir_v1_ResumeQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ResumeQueryResponse>): grpc.ClientUnaryCall;
  ResumeQuery(argument: _weir_v1_ResumeQueryRequestInput, callback: grpc.requestCallback<_weir_v1_ResumeQueryResponse>): grpc.ClientUnaryCall;
  /**
   * Goes on where PauseQuery stopped.
   */
  resumeQuery(argument: _weir_v1_ResumeQueryRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ResumeQueryResponse>): grpc.ClientUnaryCall;
  resumeQuery(argument: _weir_v1_ResumeQueryRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ResumeQueryResponse>): grpc.ClientUnaryCall;
  resumeQuery(argument: _weir_v1_ResumeQueryRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ResumeQueryResponse>): grpc.ClientUnaryCall;
  resumeQuery(argument: _weir_v1_ResumeQueryRequestInput, callback: grpc.requestCallback<_weir_v1_ResumeQueryResponse>): grpc.ClientUnaryCall;
  
  /**
   * Parses and plans without running: every diagnostic of the text.
   */
  Validate(argument: _weir_v1_ValidateRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ValidateResponse>): grpc.ClientUnaryCall;
  Validate(argument: _weir_v1_ValidateRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ValidateResponse>): grpc.ClientUnaryCall;
  Validate(argument: _weir_v1_ValidateRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ValidateResponse>): grpc.ClientUnaryCall;
  Validate(argument: _weir_v1_ValidateRequestInput, callback: grpc.requestCallback<_weir_v1_ValidateResponse>): grpc.ClientUnaryCall;
  /**
   * Parses and plans without running: every diagnostic of the text.
   */
  validate(argument: _weir_v1_ValidateRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ValidateResponse>): grpc.ClientUnaryCall;
  validate(argument: _weir_v1_ValidateRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_weir_v1_ValidateResponse>): grpc.ClientUnaryCall;
  validate(argument: _weir_v1_ValidateRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_weir_v1_ValidateResponse>): grpc.ClientUnaryCall;
  validate(argument: _weir_v1_ValidateRequestInput, callback: grpc.requestCallback<_weir_v1_ValidateResponse>): grpc.ClientUnaryCall;
  
}

/**
 * Runs SQL and looks after the queries that run on.
 * 
 * Errors carry google.rpc.Status in `grpc-status-details-bin`: an ErrorInfo with domain "weir" and the place of the
 * first diagnostic (line, column, offset, length, hint), and a BadRequest with one violation of field "sql" for each.
 */
export interface QueryServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Looks at a running query for a second: how far each partition is behind, and why. Tells of all replicas.
   */
  AnalyzeQuery: grpc.handleUnaryCall<_weir_v1_AnalyzeQueryRequest, _weir_v1_AnalyzeQueryResponseInput>;
  
  /**
   * Describes one query, with its counters.
   */
  DescribeQuery: grpc.handleUnaryCall<_weir_v1_DescribeQueryRequest, _weir_v1_DescribeQueryResponseInput>;
  
  /**
   * Drops a query and its state.
   */
  DropQuery: grpc.handleUnaryCall<_weir_v1_DropQueryRequest, _weir_v1_DropQueryResponseInput>;
  
  /**
   * Runs a script, statement by statement, and stops at the first that fails. Results of SELECT are returned when
   * they end by themselves; a continuous SELECT belongs to Query.
   */
  Execute: grpc.handleUnaryCall<_weir_v1_ExecuteRequest, _weir_v1_ExecuteResponseInput>;
  
  /**
   * Shows how one statement would run.
   */
  Explain: grpc.handleUnaryCall<_weir_v1_ExplainRequest, _weir_v1_ExplainResponseInput>;
  
  /**
   * Lists the objectives of each query of this server, and for how much of the last thirty days they held.
   */
  ListObjectives: grpc.handleUnaryCall<_weir_v1_ListObjectivesRequest, _weir_v1_ListObjectivesResponseInput>;
  
  /**
   * Lists continuous queries: of materialized views, sinks and INSERT … SELECT.
   */
  ListQueries: grpc.handleUnaryCall<_weir_v1_ListQueriesRequest, _weir_v1_ListQueriesResponseInput>;
  
  /**
   * Stops reading input; state and position stay.
   */
  PauseQuery: grpc.handleUnaryCall<_weir_v1_PauseQueryRequest, _weir_v1_PauseQueryResponseInput>;
  
  /**
   * Runs one SELECT or PRINT. Without EMIT over a view or table it answers once and ends; with EMIT it goes on until the
   * caller cancels.
   */
  Query: grpc.handleServerStreamingCall<_weir_v1_QueryRequest, _weir_v1_QueryResponseInput>;
  
  /**
   * Goes on where PauseQuery stopped.
   */
  ResumeQuery: grpc.handleUnaryCall<_weir_v1_ResumeQueryRequest, _weir_v1_ResumeQueryResponseInput>;
  
  /**
   * Parses and plans without running: every diagnostic of the text.
   */
  Validate: grpc.handleUnaryCall<_weir_v1_ValidateRequest, _weir_v1_ValidateResponseInput>;
  
}

export interface QueryServiceDefinition extends grpc.ServiceDefinition {
  AnalyzeQuery: MethodDefinition<_weir_v1_AnalyzeQueryRequestInput, _weir_v1_AnalyzeQueryResponseInput, _weir_v1_AnalyzeQueryRequest, _weir_v1_AnalyzeQueryResponse>
  DescribeQuery: MethodDefinition<_weir_v1_DescribeQueryRequestInput, _weir_v1_DescribeQueryResponseInput, _weir_v1_DescribeQueryRequest, _weir_v1_DescribeQueryResponse>
  DropQuery: MethodDefinition<_weir_v1_DropQueryRequestInput, _weir_v1_DropQueryResponseInput, _weir_v1_DropQueryRequest, _weir_v1_DropQueryResponse>
  Execute: MethodDefinition<_weir_v1_ExecuteRequestInput, _weir_v1_ExecuteResponseInput, _weir_v1_ExecuteRequest, _weir_v1_ExecuteResponse>
  Explain: MethodDefinition<_weir_v1_ExplainRequestInput, _weir_v1_ExplainResponseInput, _weir_v1_ExplainRequest, _weir_v1_ExplainResponse>
  ListObjectives: MethodDefinition<_weir_v1_ListObjectivesRequestInput, _weir_v1_ListObjectivesResponseInput, _weir_v1_ListObjectivesRequest, _weir_v1_ListObjectivesResponse>
  ListQueries: MethodDefinition<_weir_v1_ListQueriesRequestInput, _weir_v1_ListQueriesResponseInput, _weir_v1_ListQueriesRequest, _weir_v1_ListQueriesResponse>
  PauseQuery: MethodDefinition<_weir_v1_PauseQueryRequestInput, _weir_v1_PauseQueryResponseInput, _weir_v1_PauseQueryRequest, _weir_v1_PauseQueryResponse>
  Query: MethodDefinition<_weir_v1_QueryRequestInput, _weir_v1_QueryResponseInput, _weir_v1_QueryRequest, _weir_v1_QueryResponse>
  ResumeQuery: MethodDefinition<_weir_v1_ResumeQueryRequestInput, _weir_v1_ResumeQueryResponseInput, _weir_v1_ResumeQueryRequest, _weir_v1_ResumeQueryResponse>
  Validate: MethodDefinition<_weir_v1_ValidateRequestInput, _weir_v1_ValidateResponseInput, _weir_v1_ValidateRequest, _weir_v1_ValidateResponse>
}
