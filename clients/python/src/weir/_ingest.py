"""What a writer has to send, and what is acknowledged of it. The same for the blocking and the asyncio client.

Every record has a sequence; what is not acknowledged is kept, and sent again on the next connection with the same
sequences. The server leaves out what it already has, so an acknowledgement that was lost does no harm.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ._values import micros_of, to_json
from .v1 import ingest_pb2

IngestValue = Mapping[str, Any] | str | bytes
"""A mapping becomes JSON, a text its UTF-8, bytes stay as they are."""

BATCH_RECORDS_MAX = 500
REQUESTS_IN_FLIGHT_MAX = 8
BATCH_BYTES_MAX = 2 * 1024 * 1024
"""Half of what a server takes in one message by default."""


class IngestBuffer:
    def __init__(
        self,
        stream: str,
        producer_id: str | None,
        first_sequence: int,
        batch_records_max: int,
        requests_in_flight_max: int,
    ) -> None:
        self.producer_id = producer_id or str(uuid.uuid4())
        self.next_sequence = first_sequence
        self.appended = 0
        self.duplicates = 0
        self._stream = stream
        self._batch_records_max = batch_records_max
        self._requests_in_flight_max = requests_in_flight_max
        self._batch: list[ingest_pb2.IngestRecord] = []
        self._batch_bytes = 0
        self._pending: deque[ingest_pb2.IngestRequest] = deque()
        """Sent or to be sent, in order, not acknowledged."""
        self._sent = 0
        """How many of the pending ones this call was given."""

    def has_room(self) -> bool:
        if len(self._pending) < self._requests_in_flight_max:
            return True
        return len(self._batch) < self._batch_records_max and self._batch_bytes < BATCH_BYTES_MAX

    def add(self, value: IngestValue, key: str | bytes | None, timestamp: datetime | None) -> None:
        record = ingest_pb2.IngestRecord(value=_bytes_of(value))
        if key is not None:
            record.key = key.encode() if isinstance(key, str) else key
        if timestamp is not None:
            record.timestamp_millis = micros_of(timestamp) // 1000
        if len(self._batch) >= self._batch_records_max or self._batch_bytes >= BATCH_BYTES_MAX:
            self._end_batch()
        self._batch.append(record)
        self._batch_bytes += len(record.value)
        self.next_sequence += 1

    def is_empty(self) -> bool:
        return not self._pending and not self._batch

    def next_request(self) -> ingest_pb2.IngestRequest | None:
        """
        What the call has not been given yet: a batch goes out as soon as there is room for its request, so that records
        wait for nothing while the server keeps up, and gather while it does not.
        """
        if self._sent == len(self._pending):
            if not self._batch or len(self._pending) >= self._requests_in_flight_max:
                return None
            self._end_batch()
        request = self._pending[self._sent]
        self._sent += 1
        return request

    def acknowledge(self, ack: ingest_pb2.IngestResponse) -> None:
        self._pending.popleft()
        self._sent -= 1
        self.appended += ack.appended
        self.duplicates += ack.duplicates

    def begin_again(self) -> None:
        """The next call is given everything that is not acknowledged."""
        self._sent = 0

    def _end_batch(self) -> None:
        sequence = self.next_sequence - len(self._batch)
        request = ingest_pb2.IngestRequest(
            stream=self._stream, producer_id=self.producer_id, sequence=sequence, records=self._batch
        )
        self._pending.append(request)
        self._batch = []
        self._batch_bytes = 0


def _bytes_of(value: IngestValue) -> bytes:
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else to_json(value)).encode()
