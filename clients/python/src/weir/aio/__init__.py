"""Weir for asyncio: ``async with await weir.aio.connect("127.0.0.1:7878") as client: …``"""

from ._reading import Result, Subscription
from ._writing import IngestWriter
from .client import Client, connect

__all__ = ["Client", "IngestWriter", "Result", "Subscription", "connect"]
