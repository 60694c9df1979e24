from weir.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueryState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUERY_STATE_UNSPECIFIED: _ClassVar[QueryState]
    QUERY_STATE_RUNNING: _ClassVar[QueryState]
    QUERY_STATE_PAUSED: _ClassVar[QueryState]
    QUERY_STATE_FAILED: _ClassVar[QueryState]
    QUERY_STATE_FINISHED: _ClassVar[QueryState]
QUERY_STATE_UNSPECIFIED: QueryState
QUERY_STATE_RUNNING: QueryState
QUERY_STATE_PAUSED: QueryState
QUERY_STATE_FAILED: QueryState
QUERY_STATE_FINISHED: QueryState

class ExecuteRequest(_message.Message):
    __slots__ = ("sql", "parameters", "settings")
    class SettingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SQL_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    sql: str
    parameters: _containers.RepeatedCompositeFieldContainer[_types_pb2.Value]
    settings: _containers.ScalarMap[str, str]
    def __init__(self, sql: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[_types_pb2.Value, _Mapping]]] = ..., settings: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ExecuteResponse(_message.Message):
    __slots__ = ("results", "settings")
    class SettingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[StatementResult]
    settings: _containers.ScalarMap[str, str]
    def __init__(self, results: _Optional[_Iterable[_Union[StatementResult, _Mapping]]] = ..., settings: _Optional[_Mapping[str, str]] = ...) -> None: ...

class StatementResult(_message.Message):
    __slots__ = ("statement", "message", "table", "text", "rows")
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    statement: str
    message: str
    table: TextTable
    text: str
    rows: ResultSet
    def __init__(self, statement: _Optional[str] = ..., message: _Optional[str] = ..., table: _Optional[_Union[TextTable, _Mapping]] = ..., text: _Optional[str] = ..., rows: _Optional[_Union[ResultSet, _Mapping]] = ...) -> None: ...

class TextTable(_message.Message):
    __slots__ = ("columns", "rows")
    class TextRow(_message.Message):
        __slots__ = ("cells",)
        CELLS_FIELD_NUMBER: _ClassVar[int]
        cells: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, cells: _Optional[_Iterable[str]] = ...) -> None: ...
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedScalarFieldContainer[str]
    rows: _containers.RepeatedCompositeFieldContainer[TextTable.TextRow]
    def __init__(self, columns: _Optional[_Iterable[str]] = ..., rows: _Optional[_Iterable[_Union[TextTable.TextRow, _Mapping]]] = ...) -> None: ...

class ResultSet(_message.Message):
    __slots__ = ("schema", "batch")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    schema: _types_pb2.Schema
    batch: _types_pb2.RowBatch
    def __init__(self, schema: _Optional[_Union[_types_pb2.Schema, _Mapping]] = ..., batch: _Optional[_Union[_types_pb2.RowBatch, _Mapping]] = ...) -> None: ...

class ValidateRequest(_message.Message):
    __slots__ = ("sql",)
    SQL_FIELD_NUMBER: _ClassVar[int]
    sql: str
    def __init__(self, sql: _Optional[str] = ...) -> None: ...

class ValidateResponse(_message.Message):
    __slots__ = ("diagnostics",)
    DIAGNOSTICS_FIELD_NUMBER: _ClassVar[int]
    diagnostics: _containers.RepeatedCompositeFieldContainer[_types_pb2.Diagnostic]
    def __init__(self, diagnostics: _Optional[_Iterable[_Union[_types_pb2.Diagnostic, _Mapping]]] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("sql", "parameters", "settings")
    class SettingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SQL_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    sql: str
    parameters: _containers.RepeatedCompositeFieldContainer[_types_pb2.Value]
    settings: _containers.ScalarMap[str, str]
    def __init__(self, sql: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[_types_pb2.Value, _Mapping]]] = ..., settings: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ExplainResponse(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class QueryRequest(_message.Message):
    __slots__ = ("sql", "parameters", "settings")
    class SettingsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SQL_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    sql: str
    parameters: _containers.RepeatedCompositeFieldContainer[_types_pb2.Value]
    settings: _containers.ScalarMap[str, str]
    def __init__(self, sql: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[_types_pb2.Value, _Mapping]]] = ..., settings: _Optional[_Mapping[str, str]] = ...) -> None: ...

class QueryResponse(_message.Message):
    __slots__ = ("header", "batch", "watermark", "heartbeat", "end")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    header: _types_pb2.ResultHeader
    batch: _types_pb2.RowBatch
    watermark: _types_pb2.Watermark
    heartbeat: _types_pb2.Heartbeat
    end: _types_pb2.ResultEnd
    def __init__(self, header: _Optional[_Union[_types_pb2.ResultHeader, _Mapping]] = ..., batch: _Optional[_Union[_types_pb2.RowBatch, _Mapping]] = ..., watermark: _Optional[_Union[_types_pb2.Watermark, _Mapping]] = ..., heartbeat: _Optional[_Union[_types_pb2.Heartbeat, _Mapping]] = ..., end: _Optional[_Union[_types_pb2.ResultEnd, _Mapping]] = ...) -> None: ...

class ListQueriesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListQueriesResponse(_message.Message):
    __slots__ = ("queries", "next_page_token")
    QUERIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    queries: _containers.RepeatedCompositeFieldContainer[QuerySummary]
    next_page_token: str
    def __init__(self, queries: _Optional[_Iterable[_Union[QuerySummary, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListObjectivesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListObjectivesResponse(_message.Message):
    __slots__ = ("objectives", "next_page_token")
    OBJECTIVES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    objectives: _containers.RepeatedCompositeFieldContainer[Objective]
    next_page_token: str
    def __init__(self, objectives: _Optional[_Iterable[_Union[Objective, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Objective(_message.Message):
    __slots__ = ("query", "indicator", "threshold", "value", "target", "attainment", "error_budget", "minutes")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    INDICATOR_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    ATTAINMENT_FIELD_NUMBER: _ClassVar[int]
    ERROR_BUDGET_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    query: str
    indicator: str
    threshold: float
    value: float
    target: float
    attainment: float
    error_budget: float
    minutes: int
    def __init__(self, query: _Optional[str] = ..., indicator: _Optional[str] = ..., threshold: _Optional[float] = ..., value: _Optional[float] = ..., target: _Optional[float] = ..., attainment: _Optional[float] = ..., error_budget: _Optional[float] = ..., minutes: _Optional[int] = ...) -> None: ...

class QuerySummary(_message.Message):
    __slots__ = ("name", "state", "detail")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: QueryState
    detail: str
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[QueryState, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class DescribeQueryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DescribeQueryResponse(_message.Message):
    __slots__ = ("summary", "sql", "schema", "properties", "stats")
    class PropertiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    PROPERTIES_FIELD_NUMBER: _ClassVar[int]
    STATS_FIELD_NUMBER: _ClassVar[int]
    summary: QuerySummary
    sql: str
    schema: _types_pb2.Schema
    properties: _containers.ScalarMap[str, str]
    stats: QueryStats
    def __init__(self, summary: _Optional[_Union[QuerySummary, _Mapping]] = ..., sql: _Optional[str] = ..., schema: _Optional[_Union[_types_pb2.Schema, _Mapping]] = ..., properties: _Optional[_Mapping[str, str]] = ..., stats: _Optional[_Union[QueryStats, _Mapping]] = ...) -> None: ...

class QueryStats(_message.Message):
    __slots__ = ("state", "error", "rows_in", "rows_out", "rows_late", "rows_failed", "rows_duplicate", "watermark_micros", "lag_records", "state_bytes", "epoch", "checkpoint_millis_p95", "lag_millis_p95")
    STATE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ROWS_IN_FIELD_NUMBER: _ClassVar[int]
    ROWS_OUT_FIELD_NUMBER: _ClassVar[int]
    ROWS_LATE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FAILED_FIELD_NUMBER: _ClassVar[int]
    ROWS_DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_MICROS_FIELD_NUMBER: _ClassVar[int]
    LAG_RECORDS_FIELD_NUMBER: _ClassVar[int]
    STATE_BYTES_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_MILLIS_P95_FIELD_NUMBER: _ClassVar[int]
    LAG_MILLIS_P95_FIELD_NUMBER: _ClassVar[int]
    state: QueryState
    error: str
    rows_in: int
    rows_out: int
    rows_late: int
    rows_failed: int
    rows_duplicate: int
    watermark_micros: int
    lag_records: int
    state_bytes: int
    epoch: int
    checkpoint_millis_p95: float
    lag_millis_p95: float
    def __init__(self, state: _Optional[_Union[QueryState, str]] = ..., error: _Optional[str] = ..., rows_in: _Optional[int] = ..., rows_out: _Optional[int] = ..., rows_late: _Optional[int] = ..., rows_failed: _Optional[int] = ..., rows_duplicate: _Optional[int] = ..., watermark_micros: _Optional[int] = ..., lag_records: _Optional[int] = ..., state_bytes: _Optional[int] = ..., epoch: _Optional[int] = ..., checkpoint_millis_p95: _Optional[float] = ..., lag_millis_p95: _Optional[float] = ...) -> None: ...

class AnalyzeQueryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class AnalyzeQueryResponse(_message.Message):
    __slots__ = ("summary", "error", "tasks_seen", "tasks_total", "causes", "partitions", "silent_replicas", "text", "operators")
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TASKS_SEEN_FIELD_NUMBER: _ClassVar[int]
    TASKS_TOTAL_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    PARTITIONS_FIELD_NUMBER: _ClassVar[int]
    SILENT_REPLICAS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    summary: QuerySummary
    error: str
    tasks_seen: int
    tasks_total: int
    causes: _containers.RepeatedScalarFieldContainer[str]
    partitions: _containers.RepeatedCompositeFieldContainer[PartitionLag]
    silent_replicas: _containers.RepeatedScalarFieldContainer[str]
    text: str
    operators: _containers.RepeatedCompositeFieldContainer[OperatorActivity]
    def __init__(self, summary: _Optional[_Union[QuerySummary, _Mapping]] = ..., error: _Optional[str] = ..., tasks_seen: _Optional[int] = ..., tasks_total: _Optional[int] = ..., causes: _Optional[_Iterable[str]] = ..., partitions: _Optional[_Iterable[_Union[PartitionLag, _Mapping]]] = ..., silent_replicas: _Optional[_Iterable[str]] = ..., text: _Optional[str] = ..., operators: _Optional[_Iterable[_Union[OperatorActivity, _Mapping]]] = ...) -> None: ...

class OperatorActivity(_message.Message):
    __slots__ = ("id", "inputs", "rows_in_per_second", "rows_out_per_second", "busy_share", "rows_in", "rows_out", "state_entries", "watermark_micros", "table_delay_millis", "rows_waiting")
    ID_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    ROWS_IN_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    ROWS_OUT_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    BUSY_SHARE_FIELD_NUMBER: _ClassVar[int]
    ROWS_IN_FIELD_NUMBER: _ClassVar[int]
    ROWS_OUT_FIELD_NUMBER: _ClassVar[int]
    STATE_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_MICROS_FIELD_NUMBER: _ClassVar[int]
    TABLE_DELAY_MILLIS_FIELD_NUMBER: _ClassVar[int]
    ROWS_WAITING_FIELD_NUMBER: _ClassVar[int]
    id: str
    inputs: _containers.RepeatedScalarFieldContainer[str]
    rows_in_per_second: float
    rows_out_per_second: float
    busy_share: float
    rows_in: int
    rows_out: int
    state_entries: int
    watermark_micros: int
    table_delay_millis: float
    rows_waiting: int
    def __init__(self, id: _Optional[str] = ..., inputs: _Optional[_Iterable[str]] = ..., rows_in_per_second: _Optional[float] = ..., rows_out_per_second: _Optional[float] = ..., busy_share: _Optional[float] = ..., rows_in: _Optional[int] = ..., rows_out: _Optional[int] = ..., state_entries: _Optional[int] = ..., watermark_micros: _Optional[int] = ..., table_delay_millis: _Optional[float] = ..., rows_waiting: _Optional[int] = ...) -> None: ...

class PartitionLag(_message.Message):
    __slots__ = ("source", "partition", "records", "event_time_micros", "holds_watermark")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PARTITION_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_MICROS_FIELD_NUMBER: _ClassVar[int]
    HOLDS_WATERMARK_FIELD_NUMBER: _ClassVar[int]
    source: str
    partition: int
    records: int
    event_time_micros: int
    holds_watermark: bool
    def __init__(self, source: _Optional[str] = ..., partition: _Optional[int] = ..., records: _Optional[int] = ..., event_time_micros: _Optional[int] = ..., holds_watermark: bool = ...) -> None: ...

class PauseQueryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class PauseQueryResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResumeQueryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ResumeQueryResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DropQueryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DropQueryResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
