"""Results and subscriptions of the blocking client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import grpc

from ._frames import to_frame
from ._results import Batch, Change, Decoder, Event, Header, Resume
from ._values import Row, Schema, TimestampMode
from .errors import SilenceError, is_transient, to_weir_error

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

    def events(self) -> Iterator[Event]:
        yield from _events(self._open(), self._timestamps)

    def changes(self) -> Iterator[Change]:
        for event in self.events():
            if isinstance(event, Batch):
                yield from event.changes

    def __iter__(self) -> Iterator[Row]:
        return (change.row for change in self.changes())

    def to_list(self) -> list[Row]:
        """All rows; for results that end."""
        return list(self)

    def to_pandas(self) -> pandas.DataFrame:
        """All rows; for results that end."""
        schema: Schema | None = None
        rows: list[Row] = []
        for event in self.events():
            if isinstance(event, Header):
                schema = event.schema
            elif isinstance(event, Batch):
                rows.extend(change.row for change in event.changes)
        if schema is None:
            raise RuntimeError("the server sent no header")
        return to_frame(schema, rows)


def _events(call: Any, timestamps: TimestampMode) -> Iterator[Event]:
    decoder = Decoder(timestamps)
    try:
        for response in call:
            event = decoder.decode(response)
            if event is not None:
                yield event
    except grpc.RpcError as error:
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
        self._closed = threading.Event()
        self._call: Any = None

    @property
    def resume_token(self) -> str | None:
        """Where a later subscription goes on: after the last batch that `events` has given."""
        return self._resume.token

    def close(self) -> None:
        """Ends the iteration, from whichever thread."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    def __iter__(self) -> Iterator[Change]:
        """Every change, one at a time. Use `events` where the token has to be stored together with the rows."""
        for event in self.events():
            if isinstance(event, Batch):
                yield from event.changes

    def events(self) -> Iterator[Event]:
        resume = self._resume
        while not self._closed.is_set():
            try:
                for event in self._attempt():
                    resume.given(event)
                    yield event
                return
            except Exception as error:
                if self._closed.is_set():
                    return
                if not is_transient(error) or not resume.may_go_on():
                    raise
                if self._on_reconnect is not None:
                    self._on_reconnect(error, resume.backoff.attempts + 1)
                self._closed.wait(resume.backoff.next())

    def _attempt(self) -> Iterator[Event]:
        call = self._call = self._open(self._resume.token)
        if self._closed.is_set():
            call.cancel()
        silence = _Silence(call, self._silence_timeout)
        try:
            for event in _events(call, self._timestamps):
                # While the consumer works on an event, silence is its doing and not the server's.
                silence.disarm()
                yield event
                silence.arm()
        except Exception as error:
            if silence.happened:
                raise SilenceError(self._silence_timeout) from error
            raise
        finally:
            silence.stop()


class _Silence:
    """Cancels a call that says nothing for too long."""

    def __init__(self, call: Any, seconds: float) -> None:
        self.happened = False
        self._call = call
        self._seconds = seconds
        self._change = threading.Condition()
        self._deadline: float | None = time.monotonic() + seconds
        self._stopped = False
        threading.Thread(target=self._watch, daemon=True, name="weir-silence").start()

    def arm(self) -> None:
        # The watcher looks again when the old deadline has passed: nobody is woken for each event.
        self._deadline = time.monotonic() + self._seconds

    def disarm(self) -> None:
        self._deadline = None

    def stop(self) -> None:
        with self._change:
            self._stopped = True
            self._change.notify()

    def _watch(self) -> None:
        with self._change:
            while not self._stopped:
                deadline, now = self._deadline, time.monotonic()
                if deadline is not None and deadline <= now:
                    self.happened = True
                    self._call.cancel()
                    return
                self._change.wait(self._seconds if deadline is None else deadline - now)
