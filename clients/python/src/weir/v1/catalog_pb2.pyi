from weir.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ObjectKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OBJECT_KIND_UNSPECIFIED: _ClassVar[ObjectKind]
    OBJECT_KIND_STREAM: _ClassVar[ObjectKind]
    OBJECT_KIND_TABLE: _ClassVar[ObjectKind]
    OBJECT_KIND_VIEW: _ClassVar[ObjectKind]
    OBJECT_KIND_MATERIALIZED_VIEW: _ClassVar[ObjectKind]
    OBJECT_KIND_SINK: _ClassVar[ObjectKind]
    OBJECT_KIND_QUERY: _ClassVar[ObjectKind]
    OBJECT_KIND_FUNCTION: _ClassVar[ObjectKind]
    OBJECT_KIND_TOPIC: _ClassVar[ObjectKind]
OBJECT_KIND_UNSPECIFIED: ObjectKind
OBJECT_KIND_STREAM: ObjectKind
OBJECT_KIND_TABLE: ObjectKind
OBJECT_KIND_VIEW: ObjectKind
OBJECT_KIND_MATERIALIZED_VIEW: ObjectKind
OBJECT_KIND_SINK: ObjectKind
OBJECT_KIND_QUERY: ObjectKind
OBJECT_KIND_FUNCTION: ObjectKind
OBJECT_KIND_TOPIC: ObjectKind

class ListObjectsRequest(_message.Message):
    __slots__ = ("kind", "page_size", "page_token")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    kind: ObjectKind
    page_size: int
    page_token: str
    def __init__(self, kind: _Optional[_Union[ObjectKind, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListObjectsResponse(_message.Message):
    __slots__ = ("objects", "next_page_token")
    OBJECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    objects: _containers.RepeatedCompositeFieldContainer[ObjectSummary]
    next_page_token: str
    def __init__(self, objects: _Optional[_Iterable[_Union[ObjectSummary, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ObjectSummary(_message.Message):
    __slots__ = ("kind", "name", "detail")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    kind: ObjectKind
    name: str
    detail: str
    def __init__(self, kind: _Optional[_Union[ObjectKind, str]] = ..., name: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class DescribeObjectRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class DescribeObjectResponse(_message.Message):
    __slots__ = ("summary", "sql", "schema", "properties")
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
    summary: ObjectSummary
    sql: str
    schema: _types_pb2.Schema
    properties: _containers.ScalarMap[str, str]
    def __init__(self, summary: _Optional[_Union[ObjectSummary, _Mapping]] = ..., sql: _Optional[str] = ..., schema: _Optional[_Union[_types_pb2.Schema, _Mapping]] = ..., properties: _Optional[_Mapping[str, str]] = ...) -> None: ...
