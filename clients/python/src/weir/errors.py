"""What goes wrong, as the server told it: a gRPC status with google.rpc details becomes one WeirError."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import grpc
from google.rpc import error_details_pb2, status_pb2


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something wrong with a text, and where: offset and length in UTF-16 units, line and column from 1."""

    code: str
    """Stable, such as ``UNKNOWN_COLUMN``."""
    message: str
    hint: str | None
    line: int
    column: int
    offset: int
    length: int
    severity: str = "error"


class WeirError(Exception):
    """What the server refused, or a call that broke."""

    def __init__(self, code: grpc.StatusCode, text: str, details: _Details) -> None:
        super().__init__(text)
        self.status: str = code.name
        """Name of the gRPC status: ``INVALID_ARGUMENT``, ``NOT_FOUND``, ``UNAVAILABLE`` …"""
        self.reason: str = details.reason or code.name
        """Stable, such as ``UNKNOWN_COLUMN``; the status when the server gave none."""
        self.message: str = text
        self.hint: str | None = details.metadata.get("hint")
        self.retry: bool = (
            details.metadata.get("retry") == "true"
            or code == grpc.StatusCode.UNAVAILABLE
            or _was_reset(code, text, details)
        )
        """True when the same call may succeed later without a change."""
        self.diagnostics: tuple[Diagnostic, ...] = details.diagnostics
        """Of a statement that can't run; empty for other errors."""
        self.resume_token: str | None = details.metadata.get("resume_token")
        """Where a stream that was cut goes on."""
        self.metadata: dict[str, str] = details.metadata

    def render(self, sql: str) -> str:
        """For a terminal: every diagnostic with its line of the statement and carets under the place."""
        if not self.diagnostics:
            hint = "" if self.hint is None else f"\nhint: {self.hint}"
            return f"error[{self.reason}]: {self.message}{hint}"
        return "\n\n".join(_render(sql, diagnostic) for diagnostic in self.diagnostics)


class SilenceError(Exception):
    """The server has said nothing at all for too long: the connection is taken for dead."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the server has said nothing for {seconds} s")


@dataclass(frozen=True, slots=True)
class _Details:
    reason: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    given: bool = False


def to_weir_error(error: grpc.RpcError) -> WeirError:
    metadata = error.trailing_metadata() or ()
    return WeirError(error.code(), error.details() or error.code().name, _read_details(metadata))


def is_transient(error: Exception) -> bool:
    return isinstance(error, SilenceError) or (isinstance(error, WeirError) and error.retry)


def _was_reset(code: grpc.StatusCode, text: str, details: _Details) -> bool:
    """A stream that was reset, by a server that cut a slow reader or by a connection that broke, brings no details."""
    reset = code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED)
    return reset and not details.given and re.search("RST_STREAM|ENHANCE_YOUR_CALM|reset by peer", text) is not None


def _read_details(metadata: object) -> _Details:
    for key, value in metadata:  # type: ignore[attr-defined]
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            break
    else:
        return _Details()
    try:
        info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        for detail in status_pb2.Status.FromString(value).details:
            # Unpacks only what has the type.
            detail.Unpack(info)
            detail.Unpack(request)
    except ValueError:
        # Details of another server, or of a proxy: the status alone has to do.
        return _Details()
    violations = (_read_violation(violation.description) for violation in request.field_violations)
    diagnostics = tuple(violation for violation in violations if violation is not None)
    return _Details(info.reason, dict(info.metadata), diagnostics, given=True)


_VIOLATION = re.compile(
    r"line (\d+), column (\d+), offset (\d+), length (\d+): ([A-Z0-9_]+): (.*?)(?: \(hint: (.*)\))?", re.DOTALL
)


def _read_violation(description: str) -> Diagnostic | None:
    match = _VIOLATION.fullmatch(description)
    if match is None:
        return None
    line, column, offset, length, code, message, hint = match.groups()
    return Diagnostic(code, message, hint, int(line), int(column), int(offset), int(length))


def _render(sql: str, diagnostic: Diagnostic) -> str:
    # Offsets count UTF-16 units, two bytes each.
    units = sql.encode("utf-16-le")
    start = diagnostic.offset - (diagnostic.column - 1)
    text = units[start * 2 :].decode("utf-16-le").split("\n", 1)[0].removesuffix("\r")
    before = text.encode("utf-16-le")[: (diagnostic.column - 1) * 2].decode("utf-16-le")
    carets = "^" * max(1, min(diagnostic.length, len(text) - len(before)))
    margin = " " * len(str(diagnostic.line))
    # Tabs stay tabs in the padding, so that the carets stand under their text at any tab width.
    padding = re.sub(r"[^\t]", " ", before)
    lines = [
        f"error[{diagnostic.code}]: {diagnostic.message}",
        f" --> line {diagnostic.line}, column {diagnostic.column}",
        f"{margin} |",
        f"{diagnostic.line} | {text}",
        f"{margin} | {padding}{carets}",
    ]
    return "\n".join(lines if diagnostic.hint is None else [*lines, f"hint: {diagnostic.hint}"])
