"""The writer of the asyncio client: one task sends, one takes acknowledgements."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import grpc.aio

from .._ingest import IngestBuffer, IngestValue
from .._results import Backoff
from ..errors import is_transient, to_weir_error


class IngestWriter:
    """
    Writes records to a stream, with acknowledgements, and again after a break: nothing lost, nothing doubled, as long
    as the writer lives.
    """

    def __init__(
        self,
        open_call: Callable[[], Any],
        buffer: IngestBuffer,
        reconnect_attempts_max: int | None,
    ) -> None:
        self._open = open_call
        self._buffer = buffer
        self._attempts_max = reconnect_attempts_max
        self._change = asyncio.Condition()
        self._failure: Exception | None = None
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    @property
    def producer_id(self) -> str:
        return self._buffer.producer_id

    @property
    def appended(self) -> int:
        """Records that the server has appended."""
        return self._buffer.appended

    @property
    def duplicates(self) -> int:
        """Records that it had already."""
        return self._buffer.duplicates

    @property
    def next_sequence(self) -> int:
        """Sequence of the next record: what a producer stores to start again under its name."""
        return self._buffer.next_sequence

    async def write(
        self, value: IngestValue, *, key: str | bytes | None = None, timestamp: datetime | None = None
    ) -> None:
        """Returns when there is room for more, not when the record is durable: that is `flush`."""
        async with self._change:
            await self._change.wait_for(lambda: self._buffer.has_room() or self._failure is not None or self._closed)
            if self._failure is not None:
                raise self._failure
            if self._closed:
                raise RuntimeError("the writer is closed")
            self._buffer.add(value, key, timestamp)
            if self._task is None:
                self._task = asyncio.create_task(self._run())
            self._change.notify_all()

    async def flush(self) -> None:
        """Returns when every record written so far is durable."""
        async with self._change:
            await self._change.wait_for(lambda: self._buffer.is_empty() or self._failure is not None)
            if self._failure is not None:
                raise self._failure

    async def close(self) -> None:
        """Flushes, then ends the call."""
        if self._closed:
            return
        try:
            if self._failure is None:
                await self.flush()
        finally:
            self._closed = True
            if self._task is not None:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self) -> None:
        """One call after the other, until the writer is closed or has failed."""
        backoff = Backoff()
        while True:
            async with self._change:
                await self._change.wait_for(lambda: not self._buffer.is_empty())
            call = self._open()
            sender = asyncio.create_task(self._send(call))
            try:
                while (ack := await call.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
                    backoff.reset()
                    async with self._change:
                        self._buffer.acknowledge(ack)
                        self._change.notify_all()
            except grpc.aio.AioRpcError as thrown:
                error = to_weir_error(thrown)
                attempts_over = self._attempts_max is not None and backoff.attempts >= self._attempts_max
                if not is_transient(error) or attempts_over:
                    async with self._change:
                        self._failure = error
                        self._change.notify_all()
                    return
            finally:
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)
                call.cancel()
            self._buffer.begin_again()
            await asyncio.sleep(backoff.next())

    async def _send(self, call: Any) -> None:
        """Until the call breaks: why, its reader is told."""
        while True:
            async with self._change:
                while (request := self._buffer.next_request()) is None:
                    await self._change.wait()
                # What was moved into a request has made room for more.
                self._change.notify_all()
            await call.write(request)
