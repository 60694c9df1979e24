"""Rows as a pandas DataFrame, exact: nullable types for numbers, objects for what pandas has none for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._values import Row, Schema

if TYPE_CHECKING:
    import pandas

_DTYPES = {
    "BOOLEAN": "boolean",
    "INT": "Int32",
    "BIGINT": "Int64",
    "DOUBLE": "Float64",
    "STRING": "string",
    "TIMESTAMP": "datetime64[us, UTC]",
}


def to_frame(schema: Schema, rows: Sequence[Row]) -> pandas.DataFrame:
    try:
        import pandas
    except ImportError as error:
        raise ImportError("to_pandas needs pandas: pip install 'weir[pandas]'") from error
    columns: dict[str, Any] = {
        column.name: pandas.Series([row[column.name] for row in rows], dtype=_DTYPES.get(column.type, "object"))
        for column in schema.columns
    }
    return pandas.DataFrame(columns)
