"""Streaming SQL over gRPC: send a query to a Weir server, get its results as they change."""

from . import aio
from ._connection import StatementResult, Tls
from ._reading import Result, Subscription
from ._results import Batch, Change, ChangeKind, End, Event, Header, Heartbeat, Watermark
from ._values import Column, Parameter, Row, Schema
from ._writing import IngestWriter
from .client import Client, connect
from .errors import Diagnostic, SilenceError, WeirError

__all__ = [
    "Batch",
    "Change",
    "ChangeKind",
    "Client",
    "Column",
    "Diagnostic",
    "End",
    "Event",
    "Header",
    "Heartbeat",
    "IngestWriter",
    "Parameter",
    "Result",
    "Row",
    "Schema",
    "SilenceError",
    "StatementResult",
    "Subscription",
    "Tls",
    "Watermark",
    "WeirError",
    "aio",
    "connect",
]
