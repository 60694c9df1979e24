from weir.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IngestRecord(_message.Message):
    __slots__ = ("key", "value", "timestamp_millis")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_MILLIS_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    value: bytes
    timestamp_millis: int
    def __init__(self, key: _Optional[bytes] = ..., value: _Optional[bytes] = ..., timestamp_millis: _Optional[int] = ...) -> None: ...

class IngestRequest(_message.Message):
    __slots__ = ("stream", "producer_id", "sequence", "records", "rows", "columns")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    stream: str
    producer_id: str
    sequence: int
    records: _containers.RepeatedCompositeFieldContainer[IngestRecord]
    rows: _containers.RepeatedCompositeFieldContainer[_types_pb2.Row]
    columns: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, stream: _Optional[str] = ..., producer_id: _Optional[str] = ..., sequence: _Optional[int] = ..., records: _Optional[_Iterable[_Union[IngestRecord, _Mapping]]] = ..., rows: _Optional[_Iterable[_Union[_types_pb2.Row, _Mapping]]] = ..., columns: _Optional[_Iterable[str]] = ...) -> None: ...

class IngestResponse(_message.Message):
    __slots__ = ("sequence", "appended", "duplicates")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    APPENDED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATES_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    appended: int
    duplicates: int
    def __init__(self, sequence: _Optional[int] = ..., appended: _Optional[int] = ..., duplicates: _Optional[int] = ...) -> None: ...

class IngestBatchRequest(_message.Message):
    __slots__ = ("batch",)
    BATCH_FIELD_NUMBER: _ClassVar[int]
    batch: IngestRequest
    def __init__(self, batch: _Optional[_Union[IngestRequest, _Mapping]] = ...) -> None: ...

class IngestBatchResponse(_message.Message):
    __slots__ = ("ack",)
    ACK_FIELD_NUMBER: _ClassVar[int]
    ack: IngestResponse
    def __init__(self, ack: _Optional[_Union[IngestResponse, _Mapping]] = ...) -> None: ...
