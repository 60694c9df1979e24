"""The blocking client of one server: SQL in, typed rows out. `weir.aio` has the same for asyncio."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import grpc

from . import _connection as connection
from ._connection import Script, StatementResult, Tls, Token
from ._ingest import BATCH_RECORDS_MAX, REQUESTS_IN_FLIGHT_MAX, IngestBuffer
from ._reading import Result, Subscription
from ._results import Resume
from ._values import Parameter, TimestampMode
from ._writing import IngestWriter
from .errors import Diagnostic, to_weir_error
from .v1 import ingest_pb2_grpc, query_pb2, query_pb2_grpc, subscription_pb2_grpc


def connect(
    address: str,
    *,
    tls: Tls | bool = False,
    token: Token | None = None,
    connect_timeout: float = connection.CONNECT_TIMEOUT,
    call_timeout: float = connection.CALL_TIMEOUT,
    settings: Mapping[str, str] | None = None,
    channel_options: Mapping[str, Any] | None = None,
) -> Client:
    """
    Connects to ``host:port``.

    ``call_timeout`` is the time for one answer, in seconds; streams have none. ``settings`` are those of the session,
    as SET makes them.

    :raises ConnectionError: the server can't be reached in time.
    """
    credentials = connection.credentials_of(tls)
    options = connection.channel_options(channel_options)
    channel = (
        grpc.insecure_channel(address, options)
        if credentials is None
        else grpc.secure_channel(address, credentials, options)
    )
    try:
        grpc.channel_ready_future(channel).result(timeout=connect_timeout)
    except grpc.FutureTimeoutError:
        channel.close()
        raise ConnectionError(f"can't reach a server at {address} within {connect_timeout} s") from None
    return Client(channel, token, call_timeout, Script(settings))


class Client:
    """Made by `connect`. Safe to share between threads."""

    def __init__(self, channel: grpc.Channel, token: Token | None, call_timeout: float, script: Script) -> None:
        self._channel = channel
        self._token = token
        self._call_timeout = call_timeout
        self._script = script
        self._queries = query_pb2_grpc.QueryServiceStub(channel)
        self._subscriptions = subscription_pb2_grpc.SubscriptionServiceStub(channel)
        self._ingest = ingest_pb2_grpc.IngestServiceStub(channel)

    @property
    def settings(self) -> Mapping[str, str]:
        """Those given to `connect`, changed by every SET that `execute` has run."""
        return self._script.settings

    def close(self) -> None:
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def execute(
        self, sql: str, parameters: Sequence[Parameter] = (), *, timeout: float | None = None
    ) -> list[StatementResult]:
        """Runs a script; stops at the first statement that fails (WeirError with diagnostics)."""
        return self._script.executed(self._call(self._queries.Execute, self._script.execute(sql, parameters), timeout))

    def validate(self, sql: str) -> list[Diagnostic]:
        """Everything that is wrong with a text, without running it."""
        answer = self._call(self._queries.Validate, query_pb2.ValidateRequest(sql=sql))
        return [connection.read_diagnostic(wire) for wire in answer.diagnostics]

    def explain(self, sql: str, parameters: Sequence[Parameter] = ()) -> str:
        """How one statement would run."""
        return str(self._call(self._queries.Explain, self._script.explain(sql, parameters)).text)

    def query(
        self,
        sql: str,
        parameters: Sequence[Parameter] = (),
        *,
        timeout: float | None = None,
        timestamps: TimestampMode = "datetime",
    ) -> Result:
        """One SELECT or PRINT. It is sent when the result is iterated; leaving the loop cancels it."""
        request = self._script.query(sql, parameters)
        return Result(
            lambda: self._queries.Query(request, timeout=timeout, metadata=self._metadata()),
            timestamps,
        )

    def subscribe(
        self,
        name: str,
        *,
        resume_token: str | None = None,
        snapshot: bool = True,
        timestamps: TimestampMode = "datetime",
        reconnect_attempts_max: int | None = None,
        silence_timeout: float = connection.SILENCE_TIMEOUT,
        on_reconnect: Callable[[Exception, int], object] | None = None,
    ) -> Subscription:
        """
        Results of a materialized view; connects again by itself and goes on where it was.

        :param resume_token: continue right after the row that it came with.
        :param snapshot: without a token: begin with the rows as they are now, or only with what changes from now on.
        :param reconnect_attempts_max: without any success between them, before the error is raised; None: no limit.
        :param silence_timeout: seconds after which a silent connection is taken for dead.
        :param on_reconnect: told before each new attempt, with the error and the number of the attempt.
        """

        def open_call(token: str | None) -> Any:
            request = connection.subscribe_request(name, token, snapshot)
            return self._subscriptions.Subscribe(request, metadata=self._metadata())

        resume = Resume(resume_token, reconnect_attempts_max)
        return Subscription(open_call, resume, timestamps, silence_timeout, on_reconnect)

    def ingest(
        self,
        stream: str,
        *,
        producer_id: str | None = None,
        first_sequence: int = 0,
        batch_records_max: int = BATCH_RECORDS_MAX,
        requests_in_flight_max: int = REQUESTS_IN_FLIGHT_MAX,
        reconnect_attempts_max: int | None = None,
    ) -> IngestWriter:
        """
        A writer of records: `flush` it, or use it in a ``with``.

        :param producer_id: names the sequence; a producer that starts again under its name gives ``first_sequence``.
        :param requests_in_flight_max: requests without an acknowledgement; `write` blocks beyond.
        """
        buffer = IngestBuffer(stream, producer_id, first_sequence, batch_records_max, requests_in_flight_max)

        def open_call(requests: Iterator[Any]) -> Any:
            return self._ingest.Ingest(requests, metadata=self._metadata())

        return IngestWriter(open_call, buffer, reconnect_attempts_max)

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return connection.metadata_of(self._token)

    def _call(self, method: Any, request: Any, timeout: float | None = None) -> Any:
        try:
            return method(request, timeout=timeout or self._call_timeout, metadata=self._metadata())
        except grpc.RpcError as error:
            raise to_weir_error(error) from error
