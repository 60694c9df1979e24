from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChangelogMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGELOG_MODE_UNSPECIFIED: _ClassVar[ChangelogMode]
    CHANGELOG_MODE_APPEND: _ClassVar[ChangelogMode]
    CHANGELOG_MODE_UPSERT: _ClassVar[ChangelogMode]
    CHANGELOG_MODE_RETRACT: _ClassVar[ChangelogMode]

class ChangeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGE_KIND_UNSPECIFIED: _ClassVar[ChangeKind]
    CHANGE_KIND_INSERT: _ClassVar[ChangeKind]
    CHANGE_KIND_UPDATE_BEFORE: _ClassVar[ChangeKind]
    CHANGE_KIND_UPDATE_AFTER: _ClassVar[ChangeKind]
    CHANGE_KIND_DELETE: _ClassVar[ChangeKind]
CHANGELOG_MODE_UNSPECIFIED: ChangelogMode
CHANGELOG_MODE_APPEND: ChangelogMode
CHANGELOG_MODE_UPSERT: ChangelogMode
CHANGELOG_MODE_RETRACT: ChangelogMode
CHANGE_KIND_UNSPECIFIED: ChangeKind
CHANGE_KIND_INSERT: ChangeKind
CHANGE_KIND_UPDATE_BEFORE: ChangeKind
CHANGE_KIND_UPDATE_AFTER: ChangeKind
CHANGE_KIND_DELETE: ChangeKind

class Value(_message.Message):
    __slots__ = ("null_value", "bool_value", "int64_value", "double_value", "decimal_value", "string_value", "bytes_value", "timestamp_micros", "date_days", "time_micros", "interval_millis", "json_value", "list_value", "map_value", "struct_value")
    NULL_VALUE_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    INT64_VALUE_FIELD_NUMBER: _ClassVar[int]
    DOUBLE_VALUE_FIELD_NUMBER: _ClassVar[int]
    DECIMAL_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    BYTES_VALUE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_MICROS_FIELD_NUMBER: _ClassVar[int]
    DATE_DAYS_FIELD_NUMBER: _ClassVar[int]
    TIME_MICROS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MILLIS_FIELD_NUMBER: _ClassVar[int]
    JSON_VALUE_FIELD_NUMBER: _ClassVar[int]
    LIST_VALUE_FIELD_NUMBER: _ClassVar[int]
    MAP_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRUCT_VALUE_FIELD_NUMBER: _ClassVar[int]
    null_value: _struct_pb2.NullValue
    bool_value: bool
    int64_value: int
    double_value: float
    decimal_value: str
    string_value: str
    bytes_value: bytes
    timestamp_micros: int
    date_days: int
    time_micros: int
    interval_millis: int
    json_value: str
    list_value: ListValue
    map_value: MapValue
    struct_value: StructValue
    def __init__(self, null_value: _Optional[_Union[_struct_pb2.NullValue, str]] = ..., bool_value: bool = ..., int64_value: _Optional[int] = ..., double_value: _Optional[float] = ..., decimal_value: _Optional[str] = ..., string_value: _Optional[str] = ..., bytes_value: _Optional[bytes] = ..., timestamp_micros: _Optional[int] = ..., date_days: _Optional[int] = ..., time_micros: _Optional[int] = ..., interval_millis: _Optional[int] = ..., json_value: _Optional[str] = ..., list_value: _Optional[_Union[ListValue, _Mapping]] = ..., map_value: _Optional[_Union[MapValue, _Mapping]] = ..., struct_value: _Optional[_Union[StructValue, _Mapping]] = ...) -> None: ...

class ListValue(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...

class MapValue(_message.Message):
    __slots__ = ("entries",)
    class Entry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: Value
        value: Value
        def __init__(self, key: _Optional[_Union[Value, _Mapping]] = ..., value: _Optional[_Union[Value, _Mapping]] = ...) -> None: ...
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[MapValue.Entry]
    def __init__(self, entries: _Optional[_Iterable[_Union[MapValue.Entry, _Mapping]]] = ...) -> None: ...

class StructValue(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...

class Type(_message.Message):
    __slots__ = ("kind", "precision", "scale", "element", "key", "fields", "sql")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Type.Kind]
        KIND_BOOLEAN: _ClassVar[Type.Kind]
        KIND_INT: _ClassVar[Type.Kind]
        KIND_BIGINT: _ClassVar[Type.Kind]
        KIND_DOUBLE: _ClassVar[Type.Kind]
        KIND_DECIMAL: _ClassVar[Type.Kind]
        KIND_STRING: _ClassVar[Type.Kind]
        KIND_BYTES: _ClassVar[Type.Kind]
        KIND_DATE: _ClassVar[Type.Kind]
        KIND_TIME: _ClassVar[Type.Kind]
        KIND_TIMESTAMP: _ClassVar[Type.Kind]
        KIND_INTERVAL: _ClassVar[Type.Kind]
        KIND_JSON: _ClassVar[Type.Kind]
        KIND_ARRAY: _ClassVar[Type.Kind]
        KIND_MAP: _ClassVar[Type.Kind]
        KIND_STRUCT: _ClassVar[Type.Kind]
        KIND_NULL: _ClassVar[Type.Kind]
    KIND_UNSPECIFIED: Type.Kind
    KIND_BOOLEAN: Type.Kind
    KIND_INT: Type.Kind
    KIND_BIGINT: Type.Kind
    KIND_DOUBLE: Type.Kind
    KIND_DECIMAL: Type.Kind
    KIND_STRING: Type.Kind
    KIND_BYTES: Type.Kind
    KIND_DATE: Type.Kind
    KIND_TIME: Type.Kind
    KIND_TIMESTAMP: Type.Kind
    KIND_INTERVAL: Type.Kind
    KIND_JSON: Type.Kind
    KIND_ARRAY: Type.Kind
    KIND_MAP: Type.Kind
    KIND_STRUCT: Type.Kind
    KIND_NULL: Type.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    ELEMENT_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    SQL_FIELD_NUMBER: _ClassVar[int]
    kind: Type.Kind
    precision: int
    scale: int
    element: Type
    key: Type
    fields: _containers.RepeatedCompositeFieldContainer[Column]
    sql: str
    def __init__(self, kind: _Optional[_Union[Type.Kind, str]] = ..., precision: _Optional[int] = ..., scale: _Optional[int] = ..., element: _Optional[_Union[Type, _Mapping]] = ..., key: _Optional[_Union[Type, _Mapping]] = ..., fields: _Optional[_Iterable[_Union[Column, _Mapping]]] = ..., sql: _Optional[str] = ...) -> None: ...

class Column(_message.Message):
    __slots__ = ("name", "type", "nullable")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NULLABLE_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: Type
    nullable: bool
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[Type, _Mapping]] = ..., nullable: bool = ...) -> None: ...

class Schema(_message.Message):
    __slots__ = ("columns", "key_columns", "time_column", "changelog_mode")
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    KEY_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    TIME_COLUMN_FIELD_NUMBER: _ClassVar[int]
    CHANGELOG_MODE_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedCompositeFieldContainer[Column]
    key_columns: _containers.RepeatedScalarFieldContainer[int]
    time_column: int
    changelog_mode: ChangelogMode
    def __init__(self, columns: _Optional[_Iterable[_Union[Column, _Mapping]]] = ..., key_columns: _Optional[_Iterable[int]] = ..., time_column: _Optional[int] = ..., changelog_mode: _Optional[_Union[ChangelogMode, str]] = ...) -> None: ...

class Row(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[Value]
    def __init__(self, values: _Optional[_Iterable[_Union[Value, _Mapping]]] = ...) -> None: ...

class RowBatch(_message.Message):
    __slots__ = ("rows", "changes", "event_time_micros", "resume_token", "snapshot", "partial")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_MICROS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[Row]
    changes: _containers.RepeatedScalarFieldContainer[ChangeKind]
    event_time_micros: _containers.RepeatedScalarFieldContainer[int]
    resume_token: str
    snapshot: bool
    partial: bool
    def __init__(self, rows: _Optional[_Iterable[_Union[Row, _Mapping]]] = ..., changes: _Optional[_Iterable[_Union[ChangeKind, str]]] = ..., event_time_micros: _Optional[_Iterable[int]] = ..., resume_token: _Optional[str] = ..., snapshot: bool = ..., partial: bool = ...) -> None: ...

class ResultHeader(_message.Message):
    __slots__ = ("schema", "continuous")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    CONTINUOUS_FIELD_NUMBER: _ClassVar[int]
    schema: Schema
    continuous: bool
    def __init__(self, schema: _Optional[_Union[Schema, _Mapping]] = ..., continuous: bool = ...) -> None: ...

class Watermark(_message.Message):
    __slots__ = ("time_micros", "end_of_time", "resume_token")
    TIME_MICROS_FIELD_NUMBER: _ClassVar[int]
    END_OF_TIME_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    time_micros: int
    end_of_time: bool
    resume_token: str
    def __init__(self, time_micros: _Optional[int] = ..., end_of_time: bool = ..., resume_token: _Optional[str] = ...) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResultEnd(_message.Message):
    __slots__ = ("rows", "elapsed_millis")
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_MILLIS_FIELD_NUMBER: _ClassVar[int]
    rows: int
    elapsed_millis: int
    def __init__(self, rows: _Optional[int] = ..., elapsed_millis: _Optional[int] = ...) -> None: ...

class Span(_message.Message):
    __slots__ = ("start", "end", "line", "column")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    line: int
    column: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ..., line: _Optional[int] = ..., column: _Optional[int] = ...) -> None: ...

class Diagnostic(_message.Message):
    __slots__ = ("code", "severity", "message", "detail", "hint", "span")
    class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SEVERITY_UNSPECIFIED: _ClassVar[Diagnostic.Severity]
        SEVERITY_ERROR: _ClassVar[Diagnostic.Severity]
        SEVERITY_WARNING: _ClassVar[Diagnostic.Severity]
        SEVERITY_NOTE: _ClassVar[Diagnostic.Severity]
    SEVERITY_UNSPECIFIED: Diagnostic.Severity
    SEVERITY_ERROR: Diagnostic.Severity
    SEVERITY_WARNING: Diagnostic.Severity
    SEVERITY_NOTE: Diagnostic.Severity
    CODE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    code: str
    severity: Diagnostic.Severity
    message: str
    detail: str
    hint: str
    span: Span
    def __init__(self, code: _Optional[str] = ..., severity: _Optional[_Union[Diagnostic.Severity, str]] = ..., message: _Optional[str] = ..., detail: _Optional[str] = ..., hint: _Optional[str] = ..., span: _Optional[_Union[Span, _Mapping]] = ...) -> None: ...
