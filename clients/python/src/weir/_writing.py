"""The writer of the blocking client: one thread sends and takes acknowledgements."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import grpc

from ._ingest import IngestBuffer, IngestValue
from ._results import Backoff
from .errors import is_transient, to_weir_error


class IngestWriter:
    """
    Writes records to a stream, with acknowledgements, and again after a break: nothing lost, nothing doubled, as long
    as the writer lives. Safe to share between threads.
    """

    def __init__(
        self,
        open_call: Callable[[Iterator[Any]], Any],
        buffer: IngestBuffer,
        reconnect_attempts_max: int | None,
    ) -> None:
        self._open = open_call
        self._buffer = buffer
        self._attempts_max = reconnect_attempts_max
        self._change = threading.Condition()
        self._failure: Exception | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

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

    def write(self, value: IngestValue, *, key: str | bytes | None = None, timestamp: datetime | None = None) -> None:
        """Returns when there is room for more, not when the record is durable: that is `flush`."""
        with self._change:
            self._change.wait_for(lambda: self._buffer.has_room() or self._failure is not None or self._closed)
            self._check()
            self._buffer.add(value, key, timestamp)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="weir-ingest")
                self._thread.start()
            self._change.notify_all()

    def flush(self) -> None:
        """Returns when every record written so far is durable."""
        with self._change:
            self._change.wait_for(lambda: self._buffer.is_empty() or self._failure is not None)
            if self._failure is not None:
                raise self._failure

    def close(self) -> None:
        """Flushes, then ends the call."""
        if self._closed:
            return
        try:
            if self._failure is None:
                self.flush()
        finally:
            with self._change:
                self._closed = True
                self._change.notify_all()
            if self._thread is not None:
                self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._closed:
            raise RuntimeError("the writer is closed")

    def _run(self) -> None:
        """One call after the other, until the writer is closed or has failed."""
        backoff = Backoff()
        while self._wait_for_work():
            over = threading.Event()
            call = self._open(self._requests(over))
            try:
                for ack in call:
                    backoff.reset()
                    with self._change:
                        self._buffer.acknowledge(ack)
                        self._change.notify_all()
            except grpc.RpcError as thrown:
                error = to_weir_error(thrown)
                attempts_over = self._attempts_max is not None and backoff.attempts >= self._attempts_max
                if not is_transient(error) or attempts_over:
                    self._fail(error)
                    return
            finally:
                with self._change:
                    over.set()
                    self._buffer.begin_again()
                    self._change.notify_all()
            with self._change:
                self._change.wait_for(lambda: self._closed, timeout=backoff.next())

    def _wait_for_work(self) -> bool:
        with self._change:
            self._change.wait_for(lambda: self._closed or not self._buffer.is_empty())
            return not self._closed

    def _requests(self, over: threading.Event) -> Iterator[Any]:
        """Of one call; ends when the writer is closed, or the call is over."""
        while True:
            with self._change:
                request = None
                while not over.is_set() and not self._closed:
                    request = self._buffer.next_request()
                    if request is not None:
                        break
                    self._change.wait()
                if request is None:
                    return
                # What was moved into a request has made room for more.
                self._change.notify_all()
            yield request

    def _fail(self, error: Exception) -> None:
        with self._change:
            self._failure = error
            self._change.notify_all()
