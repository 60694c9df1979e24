"""SQL values ↔ Python values. Nothing is rounded.

BOOLEAN bool · INT, BIGINT int · DOUBLE float · DECIMAL Decimal · STRING str · BYTES bytes · DATE date · TIME time
TIMESTAMP datetime in UTC, or int (microseconds) if asked for · INTERVAL timedelta · JSON str (the text)
ARRAY list · MAP dict · STRUCT dict · NULL None
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal


from .v1 import types_pb2 as pb

Row = dict[str, Any]
"""One row, by column name."""

TimestampMode = Literal["datetime", "micros"]

Parameter = (
    None | bool | int | float | str | bytes | Decimal | datetime | date | time | timedelta | Sequence["Parameter"]
)
"""What may be given for $1, $2, …"""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    """As SQL writes it: ``DECIMAL(12, 2)``."""
    nullable: bool


@dataclass(frozen=True, slots=True)
class Schema:
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Names of the columns that identify a row; empty when rows have no key."""
    time: str | None
    """Name of the event-time column."""
    mode: Literal["append", "upsert", "retract"]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_MODES: dict[int, Literal["append", "upsert", "retract"]] = {
    pb.CHANGELOG_MODE_UPSERT: "upsert",
    pb.CHANGELOG_MODE_RETRACT: "retract",
}


def read_schema(wire: pb.Schema) -> Schema:
    columns = tuple(Column(column.name, column.type.sql, column.nullable) for column in wire.columns)
    return Schema(
        columns=columns,
        key=tuple(columns[index].name for index in wire.key_columns),
        time=columns[wire.time_column].name if wire.HasField("time_column") else None,
        mode=_MODES.get(wire.changelog_mode, "append"),
    )


def datetime_of(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def micros_of(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: give it one, such as datetime.UTC")
    return (moment - _EPOCH) // timedelta(microseconds=1)


Read = Callable[[pb.Value], Any]


def row_reader(schema: pb.Schema, timestamps: TimestampMode) -> Callable[[pb.Row], Row]:
    """Reads the rows of one schema; what a column needs is decided once."""
    columns = [(column.name, _reader(column.type, timestamps)) for column in schema.columns]

    def read(row: pb.Row) -> Row:
        return {name: _or_none(value, read) for (name, read), value in zip(columns, row.values, strict=True)}

    return read


def _or_none(value: pb.Value, read: Read) -> Any:
    kind = value.WhichOneof("kind")
    return None if kind is None or kind == "null_value" else read(value)


def _reader(wire: pb.Type, timestamps: TimestampMode) -> Read:
    kind = wire.kind
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind == pb.Type.KIND_TIMESTAMP:
        if timestamps == "micros":
            return lambda value: value.timestamp_micros
        return lambda value: datetime_of(value.timestamp_micros)
    if kind == pb.Type.KIND_ARRAY:
        element = _reader(wire.element, timestamps)
        return lambda value: [_or_none(item, element) for item in value.list_value.values]
    if kind == pb.Type.KIND_MAP:
        key, member = _reader(wire.key, timestamps), _reader(wire.element, timestamps)
        return lambda value: {
            _hashable(_or_none(entry.key, key)): _or_none(entry.value, member) for entry in value.map_value.entries
        }
    if kind == pb.Type.KIND_STRUCT:
        fields = [(field.name, _reader(field.type, timestamps)) for field in wire.fields]
        return lambda value: {
            name: _or_none(member, read) for (name, read), member in zip(fields, value.struct_value.values, strict=True)
        }
    return _newer


def _newer(value: pb.Value) -> Any:
    """A type of a newer server: better a text than nothing."""
    return str(getattr(value, value.WhichOneof("kind") or "null_value"))


def _hashable(key: Any) -> Any:
    if isinstance(key, list):
        return tuple(_hashable(item) for item in key)
    if isinstance(key, dict):
        return tuple((name, _hashable(member)) for name, member in key.items())
    return key


def _time_of(micros: int) -> time:
    return (datetime.min + timedelta(microseconds=micros)).time()


_SCALARS: dict[int, Read] = {
    pb.Type.KIND_BOOLEAN: lambda value: value.bool_value,
    pb.Type.KIND_INT: lambda value: value.int64_value,
    pb.Type.KIND_BIGINT: lambda value: value.int64_value,
    pb.Type.KIND_DOUBLE: lambda value: value.double_value,
    pb.Type.KIND_DECIMAL: lambda value: Decimal(value.decimal_value),
    pb.Type.KIND_STRING: lambda value: value.string_value,
    pb.Type.KIND_BYTES: lambda value: value.bytes_value,
    pb.Type.KIND_DATE: lambda value: date.fromordinal(value.date_days + _EPOCH_DAY),
    pb.Type.KIND_TIME: lambda value: _time_of(value.time_micros),
    pb.Type.KIND_INTERVAL: lambda value: timedelta(milliseconds=value.interval_millis),
    pb.Type.KIND_JSON: lambda value: value.json_value,
    pb.Type.KIND_NULL: lambda value: None,
}


def write_parameter(value: Parameter) -> pb.Value:
    # bool is an int, and datetime a date: the narrower first.
    match value:
        case None:
            return pb.Value(null_value="NULL_VALUE")
        case bool():
            return pb.Value(bool_value=value)
        case int():
            if not _INT64_MIN <= value <= _INT64_MAX:
                raise OverflowError(f"{value} does not fit 64 bits: give a Decimal")
            return pb.Value(int64_value=value)
        case float():
            return pb.Value(double_value=value)
        case Decimal():
            return pb.Value(decimal_value=decimal_text(value))
        case str():
            return pb.Value(string_value=value)
        case bytes() | bytearray() | memoryview():
            return pb.Value(bytes_value=bytes(value))
        case datetime():
            return pb.Value(timestamp_micros=micros_of(value))
        case date():
            return pb.Value(date_days=value.toordinal() - _EPOCH_DAY)
        case time():
            return pb.Value(time_micros=_micros_of_day(value))
        case timedelta():
            return pb.Value(interval_millis=value // timedelta(milliseconds=1))
        case Sequence():
            return pb.Value(list_value=pb.ListValue(values=[write_parameter(item) for item in value]))
    raise TypeError(f"can't send a {type(value).__name__} as a parameter")


def decimal_text(value: Decimal) -> str:
    """Plain digits, without an exponent."""
    if not value.is_finite():
        raise ValueError(f"{value} is no DECIMAL")
    return format(value, "f")


def _micros_of_day(value: time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


class _NeedsDigits(Exception):
    pass


def to_json(value: Mapping[str, Any]) -> str:
    """A record: Decimals as their digits, datetimes in UTC, bytes in base64."""
    try:
        # The fast way: json has no form for a number with the digits of a Decimal.
        return json.dumps(value, default=_json_text, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except _NeedsDigits:
        return _json(value)


def _json_text(value: Any) -> str:
    match value:
        case Decimal():
            raise _NeedsDigits
        case datetime():
            return datetime_of(micros_of(value)).isoformat().replace("+00:00", "Z")
        case date() | time():
            return value.isoformat()
        case bytes() | bytearray():
            return b64encode(value).decode()
    raise TypeError(f"can't write a {type(value).__name__} as JSON")


def _json(value: Any) -> str:
    match value:
        case Decimal():
            return decimal_text(value)
        case Mapping():
            return "{" + ",".join(f"{json.dumps(str(name))}:{_json(member)}" for name, member in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, default=_json_text, allow_nan=False, ensure_ascii=False)
