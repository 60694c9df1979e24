"""Runs the cases of clients/conformance with the blocking client: ``driver.py ADDRESS CASES``."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import cases
from cases import Collected, Result, Step

import weir


class Driver:
    def __init__(self) -> None:
        self._tokens: dict[str, str | None] = {}
        self._client = self._connect()

    def _connect(self) -> weir.Client:
        return weir.connect(cases.ADDRESS, connect_timeout=20, channel_options=cases.FAST_RECONNECT)

    def run(self) -> None:
        for name, index, step in cases.steps():
            cases.tell({"case": name, "step": index, "result": self._attempt(step)})
        self._client.close()

    def _attempt(self, step: Step) -> Result:
        run: Callable[[Step], Result] | None = getattr(self, step["do"], None)
        if run is None:
            return {"unknown": step["do"]}
        try:
            return run(step)
        except Exception as error:
            return cases.error_of(error)

    def execute(self, step: Step) -> Result:
        results = self._client.execute(cases.text(step), cases.parameters(step), timeout=cases.timeout(step))
        return {"results": [cases.statement_of(result) for result in results], "settings": dict(self._client.settings)}

    def query(self, step: Step) -> Result:
        result = self._client.query(cases.text(step), cases.parameters(step), timeout=cases.timeout(step))
        return self._collect(result.events(), step)

    def subscribe(self, step: Step) -> Result:
        token = self._tokens[step["from"]] if "from" in step else None
        subscription = self._client.subscribe(step["name"], resume_token=token, snapshot=step.get("snapshot", True))
        result = self._collect(subscription.events(), step)
        if "store" in step:
            self._tokens[step["store"]] = subscription.resume_token
        return result

    def _collect(self, events: Any, step: Step) -> Result:
        collected = Collected(step)
        for event in events:
            if collected.add(event):
                break
        events.close()
        return collected.result

    def ingest(self, step: Step) -> Result:
        writer = self._client.ingest(
            step["stream"],
            producer_id=step.get("producerId"),
            first_sequence=step.get("firstSequence", 0),
            batch_records_max=step.get("batch", 500),
        )
        with writer:
            for record in step["records"]:
                writer.write(cases.value_from(record))
        return {
            "appended": writer.appended,
            "duplicates": writer.duplicates,
            "nextSequence": writer.next_sequence,
        }

    def validate(self, step: Step) -> Result:
        return {"diagnostics": [cases.diagnostic_of(one) for one in self._client.validate(cases.text(step))]}

    def explain(self, step: Step) -> Result:
        return {"text": self._client.explain(cases.text(step))}

    def server(self, step: Step) -> Result:
        cases.ask(step["action"])
        if step["action"] not in ("pause", "continue"):
            self._client.close()
            self._client = self._connect()
        return {}

    def fill(self, step: Step) -> Result:
        pad = "x" * step["bytes"]
        with self._client.ingest(step["stream"]) as writer:
            for number in range(step["count"]):
                writer.write({"id": number, "pad": pad})
        return {"appended": writer.appended}

    def follow(self, step: Step) -> Result:
        """A writer and a reader go on while the server is killed under them."""
        times: Counter[int] = Counter()
        reconnects: list[int] = []
        subscription = self._client.subscribe(
            step["name"], on_reconnect=lambda _error, attempt: reconnects.append(attempt)
        )
        failures: list[Exception] = []

        def read() -> None:
            try:
                for change in subscription:
                    times[change.row["id"]] += 1
            except Exception as error:
                failures.append(error)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        count, each = step["count"], -(-step["count"] // (step["restarts"] + 1))
        with self._client.ingest(step["stream"], batch_records_max=step["batch"]) as writer:
            for number in range(count):
                if number > 0 and number % each == 0:
                    cases.ask("kill")
                writer.write({"id": number})
        end = time.monotonic() + cases.UNTIL
        while len(times) < count and time.monotonic() < end and not failures:
            time.sleep(0.01)
        time.sleep(cases.DOUBLES)
        subscription.close()
        reader.join(cases.UNTIL)
        if failures:
            raise failures[0]
        return {
            "written": writer.appended + writer.duplicates,
            "rows": times.total(),
            "distinct": len(times),
            "reconnects": len(reconnects),
        }

    def slow(self, step: Step) -> Result:
        """A reader that takes nothing for a while is cut, and goes on."""
        ids: set[int] = set()
        rows = 0
        reconnects: list[int] = []
        subscription = self._client.subscribe(
            step["name"], on_reconnect=lambda _error, attempt: reconnects.append(attempt)
        )
        for event in subscription.events():
            if not isinstance(event, weir.Batch):
                continue
            if not ids:
                time.sleep(step["stallMs"] / 1000)
            ids.update(change.row["id"] for change in event.changes)
            rows += len(event.changes)
            if len(ids) >= step["count"]:
                break
        return {"rows": rows, "distinct": len(ids), "reconnects": len(reconnects)}

    def stalled(self, step: Step) -> Result:
        """A writer that nobody answers takes only so much."""
        accepted = 0
        writer = self._client.ingest(
            step["stream"], batch_records_max=step["batch"], requests_in_flight_max=step["inFlight"]
        )

        def write() -> None:
            nonlocal accepted
            for number in range(step["count"]):
                writer.write({"id": number})
                accepted += 1

        cases.ask("pause")
        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        time.sleep(cases.BLOCKED)
        blocked_at = accepted
        cases.ask("continue")
        thread.join(cases.UNTIL)
        writer.close()
        return {"accepted": blocked_at, "appended": writer.appended}


if __name__ == "__main__":
    Driver().run()
