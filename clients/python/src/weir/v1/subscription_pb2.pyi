from weir.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SnapshotMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SNAPSHOT_MODE_UNSPECIFIED: _ClassVar[SnapshotMode]
    SNAPSHOT_MODE_INCLUDE: _ClassVar[SnapshotMode]
    SNAPSHOT_MODE_SKIP: _ClassVar[SnapshotMode]
SNAPSHOT_MODE_UNSPECIFIED: SnapshotMode
SNAPSHOT_MODE_INCLUDE: SnapshotMode
SNAPSHOT_MODE_SKIP: SnapshotMode

class SubscribeRequest(_message.Message):
    __slots__ = ("name", "resume_token", "snapshot")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    name: str
    resume_token: str
    snapshot: SnapshotMode
    def __init__(self, name: _Optional[str] = ..., resume_token: _Optional[str] = ..., snapshot: _Optional[_Union[SnapshotMode, str]] = ...) -> None: ...

class SubscribeResponse(_message.Message):
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
