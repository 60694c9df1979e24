"""Results and subscriptions of the asyncio client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import grpc.aio

from .._frames import to_frame
from .._results import Batch, Change, Decoder, Event, Header, Resume
from .._values import Row, Schema, TimestampMode
from ..errors import SilenceError, is_transient, to_weir_error

if TYPE_CHECKING:
    import pandas


class Result:
    """
    The answer to a SELECT. Iterate it once: over rows, over `changes` when rows are updated or deleted, or over
    `events` for watermarks and the rest. What is not taken, the server does not send.
    """

    def __init__(self, open_call: Callable[[], Any], timestamps: TimestampMode) -> None:
        self._open = open_call
        self._timestamps = timestamps

    def events(self) -> AsyncIterator[Event]:
        return _events(self._open(), self._timestamps)

    async def changes(self) -> AsyncIterator[Change]:
        async for event in self.events():
            if isinstance(event, Batch):
                for change in event.changes:
                    yield change

    async def __aiter__(self) -> AsyncIterator[Row]:
        async for change in self.changes():
            yield change.row

    async def to_list(self) -> list[Row]:
        """All rows; for results that end."""
        return [row async for row in self]

    async def to_pandas(self) -> pandas.DataFrame:
        """All rows; for results that end."""
        schema: Schema | None = None
        rows: list[Row] = []
        async for event in self.events():
            if isinstance(event, Header):
                schema = event.schema
            elif isinstance(event, Batch):
                rows.extend(change.row for change in event.changes)
        if schema is None:
            raise RuntimeError("the server sent no header")
        return to_frame(schema, rows)


async def _events(call: Any, timestamps: TimestampMode, silence: float | None = None) -> AsyncIterator[Event]:
    """:param silence: seconds without a message after which the call is given up."""
    decoder = Decoder(timestamps)
    try:
        while True:
            # Timed only while it is read: when the consumer works on an event, silence is its doing.
            response = await asyncio.wait_for(call.read(), silence)
            if response is grpc.aio.EOF:  # type: ignore[attr-defined]
                return
            event = decoder.decode(response)
            if event is not None:
                yield event
    except TimeoutError:
        raise SilenceError(silence or 0) from None
    except grpc.aio.AioRpcError as error:
        raise to_weir_error(error) from error
    finally:
        call.cancel()


class Subscription:
    """
    A subscription that outlives its connection. Whatever breaks, the next call begins right after the last batch that
    was given on: nothing is lost and nothing comes twice.
    """

    def __init__(
        self,
        open_call: Callable[[str | None], Any],
        resume: Resume,
        timestamps: TimestampMode,
        silence_timeout: float,
        on_reconnect: Callable[[Exception, int], object] | None,
    ) -> None:
        self._open = open_call
        self._resume = resume
        self._timestamps = timestamps
        self._silence_timeout = silence_timeout
        self._on_reconnect = on_reconnect

    @property
    def resume_token(self) -> str | None:
        """Where a later subscription goes on: after the last batch that `events` has given."""
        return self._resume.token

    async def __aiter__(self) -> AsyncIterator[Change]:
        """Every change, one at a time. Use `events` where the token has to be stored together with the rows."""
        async for event in self.events():
            if isinstance(event, Batch):
                for change in event.changes:
                    yield change

    async def events(self) -> AsyncIterator[Event]:
        """Until the loop is left, or its task is cancelled."""
        resume = self._resume
        while True:
            try:
                call = self._open(resume.token)
                async for event in _events(call, self._timestamps, self._silence_timeout):
                    resume.given(event)
                    yield event
                return
            except Exception as error:
                if not is_transient(error) or not resume.may_go_on():
                    raise
                if self._on_reconnect is not None:
                    self._on_reconnect(error, resume.backoff.attempts + 1)
                await asyncio.sleep(resume.backoff.next())
