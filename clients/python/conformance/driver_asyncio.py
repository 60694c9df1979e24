"""Runs the cases of clients/conformance with the asyncio client: ``driver_asyncio.py ADDRESS CASES``."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import cases
from cases import Collected, Result, Step

import weir


class Driver:
    _client: weir.aio.Client

    def __init__(self) -> None:
        self._tokens: dict[str, str | None] = {}

    async def _connect(self) -> weir.aio.Client:
        return await weir.aio.connect(cases.ADDRESS, connect_timeout=20, channel_options=cases.FAST_RECONNECT)

    async def run(self) -> None:
        self._client = await self._connect()
        for name, index, step in cases.steps():
            cases.tell({"case": name, "step": index, "result": await self._attempt(step)})
        await self._client.close()

    async def _attempt(self, step: Step) -> Result:
        run: Callable[[Step], Awaitable[Result]] | None = getattr(self, step["do"], None)
        if run is None:
            return {"unknown": step["do"]}
        try:
            return await run(step)
        except Exception as error:
            return cases.error_of(error)

    async def _ask(self, action: str) -> None:
        await asyncio.to_thread(cases.ask, action)

    async def execute(self, step: Step) -> Result:
        results = await self._client.execute(cases.text(step), cases.parameters(step), timeout=cases.timeout(step))
        return {"results": [cases.statement_of(result) for result in results], "settings": dict(self._client.settings)}

    async def query(self, step: Step) -> Result:
        result = self._client.query(cases.text(step), cases.parameters(step), timeout=cases.timeout(step))
        return await self._collect(result.events(), step)

    async def subscribe(self, step: Step) -> Result:
        token = self._tokens[step["from"]] if "from" in step else None
        subscription = self._client.subscribe(step["name"], resume_token=token, snapshot=step.get("snapshot", True))
        result = await self._collect(subscription.events(), step)
        if "store" in step:
            self._tokens[step["store"]] = subscription.resume_token
        return result

    async def _collect(self, events: Any, step: Step) -> Result:
        collected = Collected(step)
        async with contextlib.aclosing(events):
            async for event in events:
                if collected.add(event):
                    break
        return collected.result

    async def ingest(self, step: Step) -> Result:
        writer = self._client.ingest(
            step["stream"],
            producer_id=step.get("producerId"),
            first_sequence=step.get("firstSequence", 0),
            batch_records_max=step.get("batch", 500),
        )
        async with writer:
            for record in step["records"]:
                await writer.write(cases.value_from(record))
        return {
            "appended": writer.appended,
            "duplicates": writer.duplicates,
            "nextSequence": writer.next_sequence,
        }

    async def validate(self, step: Step) -> Result:
        return {"diagnostics": [cases.diagnostic_of(one) for one in await self._client.validate(cases.text(step))]}

    async def explain(self, step: Step) -> Result:
        return {"text": await self._client.explain(cases.text(step))}

    async def server(self, step: Step) -> Result:
        await self._ask(step["action"])
        if step["action"] not in ("pause", "continue"):
            await self._client.close()
            self._client = await self._connect()
        return {}

    async def fill(self, step: Step) -> Result:
        pad = "x" * step["bytes"]
        async with self._client.ingest(step["stream"]) as writer:
            for number in range(step["count"]):
                await writer.write({"id": number, "pad": pad})
        return {"appended": writer.appended}

    async def follow(self, step: Step) -> Result:
        """A writer and a reader go on while the server is killed under them."""
        times: Counter[int] = Counter()
        reconnects: list[int] = []
        subscription = self._client.subscribe(
            step["name"], on_reconnect=lambda _error, attempt: reconnects.append(attempt)
        )

        async def read() -> None:
            async for change in subscription:
                times[change.row["id"]] += 1

        reader = asyncio.create_task(read())
        count, each = step["count"], -(-step["count"] // (step["restarts"] + 1))
        async with self._client.ingest(step["stream"], batch_records_max=step["batch"]) as writer:
            for number in range(count):
                if number > 0 and number % each == 0:
                    await self._ask("kill")
                await writer.write({"id": number})
        loop = asyncio.get_running_loop()
        end = loop.time() + cases.UNTIL
        while len(times) < count and loop.time() < end and not reader.done():
            await asyncio.sleep(0.01)
        await asyncio.sleep(cases.DOUBLES)
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        return {
            "written": writer.appended + writer.duplicates,
            "rows": times.total(),
            "distinct": len(times),
            "reconnects": len(reconnects),
        }

    async def slow(self, step: Step) -> Result:
        """A reader that takes nothing for a while is cut, and goes on."""
        ids: set[int] = set()
        rows = 0
        reconnects: list[int] = []
        subscription = self._client.subscribe(
            step["name"], on_reconnect=lambda _error, attempt: reconnects.append(attempt)
        )
        async for event in subscription.events():
            if not isinstance(event, weir.Batch):
                continue
            if not ids:
                await asyncio.sleep(step["stallMs"] / 1000)
            ids.update(change.row["id"] for change in event.changes)
            rows += len(event.changes)
            if len(ids) >= step["count"]:
                break
        return {"rows": rows, "distinct": len(ids), "reconnects": len(reconnects)}

    async def stalled(self, step: Step) -> Result:
        """A writer that nobody answers takes only so much."""
        accepted = 0
        writer = self._client.ingest(
            step["stream"], batch_records_max=step["batch"], requests_in_flight_max=step["inFlight"]
        )

        async def write() -> None:
            nonlocal accepted
            for number in range(step["count"]):
                await writer.write({"id": number})
                accepted += 1

        await self._ask("pause")
        writing = asyncio.create_task(write())
        await asyncio.sleep(cases.BLOCKED)
        blocked_at = accepted
        await self._ask("continue")
        await writing
        await writer.close()
        return {"accepted": blocked_at, "appended": writer.appended}


if __name__ == "__main__":
    asyncio.run(Driver().run())
