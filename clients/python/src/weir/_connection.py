"""How a server is reached, and what requests and answers look like: for the blocking and the asyncio client."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import grpc

from ._values import Parameter, Row, Schema, read_schema, row_reader, write_parameter
from .errors import Diagnostic
from .v1 import query_pb2, subscription_pb2
from .v1 import types_pb2 as pb

CONNECT_TIMEOUT = 10.0
CALL_TIMEOUT = 30.0
SILENCE_TIMEOUT = 60.0
"""The server sends a heartbeat each 15 s, unless it is configured otherwise."""
_RECEIVE_BYTES_MAX = 64 * 1024 * 1024
"""Rows may be wide; a batch of them is about 256 KiB."""

_READS = ("Validate", "Explain", "ListQueries", "DescribeQuery", "AnalyzeQuery")

# Reads are tried again when the server is away for a moment; a script may have run, so it is not.
_SERVICE_CONFIG = json.dumps(
    {
        "methodConfig": [
            {
                "name": [
                    {"service": "weir.v1.CatalogService"},
                    *({"service": "weir.v1.QueryService", "method": method} for method in _READS),
                ],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
    }
)

_CHANNEL_OPTIONS: dict[str, Any] = {
    "grpc.max_receive_message_length": _RECEIVE_BYTES_MAX,
    "grpc.keepalive_time_ms": 60_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    # A server that is back is found within seconds, not minutes.
    "grpc.max_reconnect_backoff_ms": 5_000,
    "grpc.service_config": _SERVICE_CONFIG,
}

Token = str | Callable[[], str]
"""Sent with each call; a function is asked each time, so that a token may be renewed."""


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files. Without ``ca`` the authorities of the system are trusted; ``cert`` and ``key`` show who calls."""

    ca: str | Path | None = None
    cert: str | Path | None = None
    key: str | Path | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(_read(self.ca), _read(self.key), _read(self.cert))


def _read(path: str | Path | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()


def channel_options(given: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    return list({**_CHANNEL_OPTIONS, **(given or {})}.items())


def credentials_of(tls: Tls | bool) -> grpc.ChannelCredentials | None:
    if tls is False:
        return None
    return (Tls() if tls is True else tls).credentials()


def metadata_of(token: Token | None) -> tuple[tuple[str, str], ...]:
    if token is None:
        return ()
    return (("authorization", f"Bearer {token() if callable(token) else token}"),)


@dataclass(frozen=True, slots=True)
class StatementResult:
    """What one statement of a script did; which members are set, ``kind`` tells."""

    kind: Literal["done", "table", "text", "rows"]
    statement: str
    """Which statement, such as ``CREATE STREAM``."""
    message: str = ""
    text: str = ""
    columns: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    schema: Schema | None = None
    rows: tuple[Row, ...] = ()


class Script:
    """Requests with the settings of the session, which each answer of Execute changes."""

    def __init__(self, settings: Mapping[str, str] | None) -> None:
        self.settings: dict[str, str] = dict(settings or {})

    def execute(self, sql: str, parameters: Sequence[Parameter]) -> query_pb2.ExecuteRequest:
        return query_pb2.ExecuteRequest(**self._members(sql, parameters))

    def explain(self, sql: str, parameters: Sequence[Parameter]) -> query_pb2.ExplainRequest:
        return query_pb2.ExplainRequest(**self._members(sql, parameters))

    def query(self, sql: str, parameters: Sequence[Parameter]) -> query_pb2.QueryRequest:
        return query_pb2.QueryRequest(**self._members(sql, parameters))

    def executed(self, response: query_pb2.ExecuteResponse) -> list[StatementResult]:
        self.settings = dict(response.settings)
        return [_read_statement(result) for result in response.results]

    def _members(self, sql: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        return {"sql": sql, "parameters": [write_parameter(value) for value in parameters], "settings": self.settings}


def subscribe_request(name: str, token: str | None, snapshot: bool) -> subscription_pb2.SubscribeRequest:
    if token is not None:
        return subscription_pb2.SubscribeRequest(name=name, resume_token=token)
    mode = subscription_pb2.SNAPSHOT_MODE_INCLUDE if snapshot else subscription_pb2.SNAPSHOT_MODE_SKIP
    return subscription_pb2.SubscribeRequest(name=name, snapshot=mode)


def _read_statement(result: query_pb2.StatementResult) -> StatementResult:
    statement = result.statement
    match result.WhichOneof("result"):
        case "table":
            rows = tuple(tuple(row.cells) for row in result.table.rows)
            return StatementResult("table", statement, columns=tuple(result.table.columns), table=rows)
        case "text":
            return StatementResult("text", statement, text=result.text)
        case "rows":
            read = row_reader(result.rows.schema, "datetime")
            values = tuple(read(row) for row in result.rows.batch.rows)
            return StatementResult("rows", statement, schema=read_schema(result.rows.schema), rows=values)
    return StatementResult("done", statement, message=result.message)


_SEVERITIES = {pb.Diagnostic.SEVERITY_WARNING: "warning", pb.Diagnostic.SEVERITY_NOTE: "note"}


def read_diagnostic(wire: pb.Diagnostic) -> Diagnostic:
    return Diagnostic(
        code=wire.code,
        message=wire.message,
        hint=wire.hint or None,
        line=wire.span.line,
        column=wire.span.column,
        offset=wire.span.start,
        length=wire.span.end - wire.span.start,
        severity=_SEVERITIES.get(wire.severity, "error"),
    )
