"""Messages of a result → events. The same for the blocking and the asyncio client."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ._values import Row, Schema, TimestampMode, datetime_of, read_schema, row_reader
from .v1 import query_pb2, subscription_pb2
from .v1 import types_pb2 as pb

ChangeKind = Literal["+I", "-U", "+U", "-D"]
"""What a row does to the result: a new row, the row that an update replaces, the one that it leaves, a row gone."""

Response = query_pb2.QueryResponse | subscription_pb2.SubscribeResponse


@dataclass(frozen=True, slots=True)
class Change:
    kind: ChangeKind
    row: Row
    event_time: datetime | None


@dataclass(frozen=True, slots=True)
class Header:
    """First, once a call."""

    schema: Schema
    continuous: bool


@dataclass(frozen=True, slots=True)
class Batch:
    changes: tuple[Change, ...]
    snapshot: bool
    """The rows belong to the snapshot that a subscription begins with."""
    resume_token: str | None
    """Resuming with it goes on after the last of these; None when the result can't be resumed."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything before this event time has come; None: the input is finished."""

    time: datetime | None
    resume_token: str | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Nothing has happened for a while."""


@dataclass(frozen=True, slots=True)
class End:
    rows: int
    elapsed_ms: int


Event = Header | Batch | Watermark | Heartbeat | End

_KINDS: dict[int, ChangeKind] = {
    pb.CHANGE_KIND_UPDATE_BEFORE: "-U",
    pb.CHANGE_KIND_UPDATE_AFTER: "+U",
    pb.CHANGE_KIND_DELETE: "-D",
}
_NO_TIME = -(2**63)
"""A row without an event time."""


class Decoder:
    """The events of one call. A batch that came in parts is one event: its token holds for all of it or nothing."""

    def __init__(self, timestamps: TimestampMode) -> None:
        self._timestamps = timestamps
        self._read: Any = None
        self._parts: list[Change] = []

    def decode(self, response: Response) -> Event | None:
        match response.WhichOneof("event"):
            case "header":
                self._read = row_reader(response.header.schema, self._timestamps)
                return Header(read_schema(response.header.schema), response.header.continuous)
            case "batch":
                return self._batch(response.batch)
            case "watermark":
                wire = response.watermark
                time = None if wire.end_of_time else datetime_of(wire.time_micros)
                return Watermark(time, wire.resume_token or None)
            case "heartbeat":
                return Heartbeat()
            case "end":
                return End(response.end.rows, response.end.elapsed_millis)
        return None

    def _batch(self, batch: pb.RowBatch) -> Batch | None:
        kinds, times = batch.changes, batch.event_time_micros
        for index, row in enumerate(batch.rows):
            kind = _KINDS.get(kinds[index], "+I") if kinds else "+I"
            time = datetime_of(times[index]) if times and times[index] != _NO_TIME else None
            self._parts.append(Change(kind, self._read(row), time))
        if batch.partial:
            return None
        changes, self._parts = tuple(self._parts), []
        return Batch(changes, batch.snapshot, batch.resume_token or None)


class Resume:
    """
    Where a subscription goes on, and whether it may.

    The token of a batch is taken over together with its rows. Rows without a token can't be continued after: a second
    call would begin again and give them twice.
    """

    def __init__(self, token: str | None, attempts_max: int | None) -> None:
        self.token = token
        self.backoff = Backoff()
        self._attempts_max = attempts_max
        self._resumable = True

    def given(self, event: Event) -> None:
        # Not for the header alone: a call that breaks right after it would be tried again without a pause.
        if not isinstance(event, Header):
            self.backoff.reset()
        if isinstance(event, Batch | Watermark):
            if event.resume_token is not None:
                self.token = event.resume_token
            elif isinstance(event, Batch):
                self._resumable = False

    def may_go_on(self) -> bool:
        return self._resumable and (self._attempts_max is None or self.backoff.attempts < self._attempts_max)


class Backoff:
    """
    Waiting times between attempts: they double up to a limit, with jitter, so that clients do not return all at once.
    """

    def __init__(self, first: float = 0.1, longest: float = 5.0) -> None:
        self._first = first
        self._longest = longest
        self.attempts = 0

    def reset(self) -> None:
        self.attempts = 0

    def next(self) -> float:
        """Seconds to wait now."""
        full: float = min(self._longest, self._first * 2 ** min(self.attempts, 16))
        self.attempts += 1
        return full / 2 + random.random() * full / 2
