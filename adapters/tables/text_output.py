"""Rows as CSV, in the reference's format, and as JSONL."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from threadhost.actors.job_ports import OutputRow, RowsFile
from threadhost.events.job_rows import cell, compact

OUTCOME = (
    *("job_id", "item_id", "row_index", "source_id", "status", "attempt_count", "last_error"),
    *("result_json", "reported_at", "completed_at"),
)
"""The columns after those of the input."""
FROM_INPUT = "input_"
MILLISECONDS = 1000
_QUOTED = re.compile('[,"\r\n]')
_FORMULA = re.compile(r"[=@\t\r]|[+-](?!\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$)")
"""The beginning of a cell that spreadsheets take for a formula; a signed number is none."""


def columns(headers: Sequence[str]) -> list[str]:
    """All columns: those of the input, renamed if they collide with ours, then ours."""
    used_names = {*headers, *OUTCOME}
    names: list[str] = []
    for header in headers:
        name = header
        if header in OUTCOME:
            while name in used_names:
                name = FROM_INPUT + name
            used_names.add(name)
        names.append(name)
    return [*names, *OUTCOME]


def cells(job_id: str, headers: Sequence[str], row: OutputRow) -> list[str]:
    """The cells of a row and its outcome, a text for each column."""
    return [
        *(cell(row.row.get(header)) for header in headers),
        *(job_id, row.item_id, str(row.row_index), row.source_id or "", row.status),
        *(str(row.attempts), row.error or "", "" if row.result is None else compact(row.result)),
        *(timestamp(row.reported_at_ms) or "", timestamp(row.completed_at_ms) or ""),
    ]


def timestamp(at_ms: int | None) -> str | None:
    """A time in the form of RFC 3339, in UTC."""
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / MILLISECONDS, UTC).isoformat(timespec="milliseconds")


class _Lines:
    """Writes rows as text, one a line."""

    def __init__(self, about: RowsFile, file: BinaryIO) -> None:
        self._about = about
        self._file = file

    def add(self, rows: Sequence[OutputRow]) -> None:
        """Write some rows. Raises OSError."""
        for row in rows:
            self._write(self._text(row))

    def close(self) -> None:
        """Nothing to write at the end."""

    def _text(self, row: OutputRow) -> str:
        raise NotImplementedError

    def _write(self, text: str) -> None:
        self._file.write(f"{text}\n".encode())


class CsvFile(_Lines):
    """Rows as CSV (RFC 4180), quoted where necessary; lines end as in text files."""

    def __init__(self, about: RowsFile, file: BinaryIO) -> None:
        super().__init__(about, file)
        self._shown: Callable[[str], str] = _escaped if about.escapes_formulas else str
        self._write(self._line(columns(about.headers)))

    def _text(self, row: OutputRow) -> str:
        return self._line(cells(self._about.job_id, self._about.headers, row))

    def _line(self, texts: Iterable[str]) -> str:
        return ",".join(_quoted(self._shown(text)) for text in texts)


class JsonlFile(_Lines):
    """Rows as objects, one a line; the input's values keep their types."""

    def _text(self, row: OutputRow) -> str:
        job_id = self._about.job_id
        outcome = (
            *(job_id, row.item_id, row.row_index, row.source_id, row.status, row.attempts),
            *(row.error, row.result, timestamp(row.reported_at_ms)),
            timestamp(row.completed_at_ms),
        )
        names = (name.removesuffix("_json") for name in OUTCOME)
        return compact({**dict(zip(names, outcome, strict=True)), "row": row.row})


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _escaped(text: str) -> str:
    return "'" + text if _FORMULA.match(text) else text
