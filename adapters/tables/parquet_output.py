"""Rows as Parquet: the columns of the CSV, with types for numbers and times."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from threadhost.actors.job_ports import OutputRow
from threadhost.adapters.tables.text_output import columns
from threadhost.events.job_rows import cell, compact

_TIME = pa.timestamp("ms", tz="UTC")
_TYPES = {
    "row_index": pa.int64(),
    "attempt_count": pa.int32(),
    "reported_at": _TIME,
    "completed_at": _TIME,
}


class ParquetFile:
    """A Parquet file being written, with a row group for each addition."""

    def __init__(self, file: BinaryIO, job_id: str, headers: Sequence[str]) -> None:
        self._job_id = job_id
        self._headers = headers
        names = columns(headers)
        inputs = [pa.field(name, pa.string()) for name in names[: len(headers)]]
        outcome = [pa.field(name, _TYPES.get(name, pa.string())) for name in names[len(headers) :]]
        self._schema = pa.schema([*inputs, *outcome])
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")

    def add(self, rows: Sequence[OutputRow]) -> None:
        """Write some rows. Raises OSError."""
        if rows:
            values = list(
                zip(*(chain(self._inputs(row), self._outcome(row)) for row in rows), strict=True)
            )
            arrays = [
                pa.array(column, field.type)
                for column, field in zip(values, self._schema, strict=True)
            ]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the end of the file. Raises OSError."""
        try:
            self._writer.close()
        finally:
            self._writer.is_open = False  # otherwise its destructor tries again

    def _inputs(self, row: OutputRow) -> list[str | None]:
        values = (row.row.get(header) for header in self._headers)
        return [None if value is None else cell(value) for value in values]

    def _outcome(self, row: OutputRow) -> list[Any]:
        result = None if row.result is None else compact(row.result)
        return [
            *(self._job_id, row.item_id, row.row_index, row.source_id, row.status, row.attempts),
            *(row.error, result, row.reported_at_ms, row.completed_at_ms),
        ]
