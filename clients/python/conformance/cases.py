"""What the drivers share: the cases, and values as cases.json and the results have them."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import copysign, isfinite
from pathlib import Path
from typing import Any

import weir
from weir._values import micros_of

Step = dict[str, Any]
Result = dict[str, Any]

BLOCKED = 0.5
"""Without an acknowledgement for so many seconds, a writer takes no more."""
DOUBLES = 0.3
"""A row that comes twice would come within it."""
UNTIL = 20.0
FAST_RECONNECT = {"grpc.max_reconnect_backoff_ms": 500}

ADDRESS, CASES = sys.argv[-2:]


def steps() -> Iterator[tuple[str, int, Step]]:
    for case in json.loads(Path(CASES).read_text(encoding="utf-8"))["cases"]:
        for index, step in enumerate(case["steps"]):
            yield case["name"], index, step


def tell(line: Result) -> None:
    print(json.dumps(line, default=str), flush=True)


def ask(action: str) -> None:
    """Of whoever runs the server; the answer comes when it is done."""
    tell({"server": action})
    sys.stdin.readline()


def error_of(error: Exception) -> Result:
    if not isinstance(error, weir.WeirError):
        return {"crash": repr(error)}
    return {
        "error": {
            "status": error.status,
            "reason": error.reason,
            "retry": error.retry,
            "message": error.message,
            "hint": error.hint,
            "diagnostics": [diagnostic_of(diagnostic) for diagnostic in error.diagnostics],
        }
    }


def diagnostic_of(diagnostic: weir.Diagnostic) -> Result:
    names = ("code", "message", "hint", "line", "column", "offset", "length", "severity")
    return {name: getattr(diagnostic, name) for name in names}


def text(step: Step) -> str:
    sql = step.get("sql", "")
    return sql if isinstance(sql, str) else "\n".join(sql)


def timeout(step: Step) -> float | None:
    return step["timeoutMs"] / 1000 if "timeoutMs" in step else None


_KINDS: dict[str, Callable[[Any], Any]] = {
    "$int": int,
    "$double": float,
    "$decimal": Decimal,
    "$timestampMillis": lambda millis: datetime.fromisoformat("1970-01-01T00:00:00Z") + timedelta(milliseconds=millis),
    "$bytes": bytes.fromhex,
}


def value_from(given: Any) -> Any:
    """Values that JSON has no form for are objects with one member, which names the type."""
    if isinstance(given, list):
        return [value_from(item) for item in given]
    if not isinstance(given, dict):
        return given
    for kind, read in _KINDS.items():
        if kind in given:
            return read(given[kind])
    return {name: value_from(member) for name, member in given.items()}


def parameters(step: Step) -> list[Any]:
    return [value_from(parameter) for parameter in step.get("parameters", [])]


def show(value: Any) -> Any:
    """A value as JSON, exact: integers and decimals as digits, bytes as hex digits, doubles that JSON lacks by name."""
    match value:
        case None | bool() | str():
            return value
        case int() | Decimal():
            return str(value)
        case float():
            return value if isfinite(value) and (value != 0 or copysign(1, value) > 0) else _show_double(value)
        case datetime():
            return str(micros_of(value))
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("microseconds" if value.microsecond % 1000 else "milliseconds")
        case timedelta():
            return value // timedelta(milliseconds=1)
        case bytes():
            return "0x" + value.hex()
        case list() | tuple():
            return [show(item) for item in value]
        case dict():
            return {name: show(member) for name, member in value.items()}
    raise TypeError(f"no value of SQL: {value!r}")


def show_typed(value: Any, sql_type: str) -> Any:
    """A MAP and a STRUCT are both a dict."""
    if sql_type.startswith("MAP<") and value is not None:
        return {"$map": [[show(key), show(member)] for key, member in value.items()]}
    return show(value)


def _show_double(value: float) -> str:
    return "-0" if value == 0 else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]


def schema_of(schema: weir.Schema) -> Result:
    return {
        "columns": [[column.name, column.type] for column in schema.columns],
        "key": list(schema.key),
        "time": schema.time,
        "mode": schema.mode,
    }


def statement_of(result: weir.StatementResult) -> Result:
    shown: Result = {"kind": result.kind, "statement": result.statement}
    if result.kind == "table":
        shown |= {"columns": result.columns, "rows": result.table}
    elif result.kind == "text":
        shown["text"] = result.text
    elif result.schema is not None:
        columns = result.schema.columns
        rows = [[show_typed(row[column.name], column.type) for column in columns] for row in result.rows]
        shown |= {**schema_of(result.schema), "rows": rows}
    return shown


class Collected:
    """Up to so many changes, or to a watermark, or to the end."""

    def __init__(self, step: Step) -> None:
        self._take = step.get("take")
        self._until_watermark = step.get("untilWatermark", False)
        self._columns: tuple[weir.Column, ...] = ()
        self.result: Result = {"changes": [], "snapshot": 0, "watermark": None, "end": None}

    def add(self, event: weir.Event) -> bool:
        """True when it was the last that is wanted."""
        match event:
            case weir.Header():
                self._columns = event.schema.columns
                self.result |= {**schema_of(event.schema), "continuous": event.continuous}
            case weir.Batch():
                for change in event.changes:
                    values = [show_typed(change.row[column.name], column.type) for column in self._columns]
                    self.result["changes"].append([change.kind, *values])
                if event.snapshot:
                    self.result["snapshot"] += len(event.changes)
            case weir.Watermark():
                self.result["watermark"] = "end" if event.time is None else micros_of(event.time) // 1000
            case weir.End():
                self.result["end"] = event.rows
        enough = self._take is not None and len(self.result["changes"]) >= self._take
        return enough and (not self._until_watermark or self.result["watermark"] is not None)
