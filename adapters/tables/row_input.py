"""Rows of a file, a page at a time, from its beginning or from a position on."""

from threading import Lock
from typing import Any, Protocol

from threadhost.actors.job_ports import FilePlace, InputPage, InputPosition, InputRefused, format_of
from threadhost.adapters.tables.csv_input import CsvRecords
from threadhost.adapters.tables.item_ids import ItemIds
from threadhost.adapters.tables.jsonl_input import JsonlRecords
from threadhost.adapters.tables.lines import Lines
from threadhost.events.job_rows import cell
from threadhost.events.store.faults import system_words

AHEAD_BYTES = 2 * 1024 * 1024
"""How much of a file is checked while the start of a job waits: a tenth of a second or two."""


class _Records(Protocol):
    """The rows of a file of some form."""

    headers: list[str]

    def next(self) -> dict[str, Any] | None:
        """The next row, None after the last."""


class Rows:
    """A file of rows being read, by one thread at a time."""

    def __init__(self, place: FilePlace, id_column: str | None) -> None:
        is_jsonl = format_of(place.path) == "jsonl"
        self._lock = Lock()
        self._lines = Lines(place, "jsonl" if is_jsonl else "csv")
        try:
            self._records: _Records = (JsonlRecords if is_jsonl else CsvRecords)(self._lines)
            self._require_column(id_column)
            self._ids = ItemIds() if id_column is not None else None
        except BaseException:
            self._lines.close()
            raise
        self._id_column = id_column
        self._rows = 0

    @property
    def headers(self) -> list[str]:
        """The columns, in their order."""
        return self._records.headers

    def page(self, rows_max: int, bytes_max: int) -> InputPage:
        """The next rows. Raises InputRefused, InputChanged."""
        with self._lock:
            item_ids: list[str] = []
            source_ids: list[str | None] = []
            rows: list[dict[str, Any]] = []
            end = self._lines.offset + bytes_max
            row: dict[str, Any] | None = {}
            while (
                row is not None and len(rows) < rows_max and (not rows or self._lines.offset < end)
            ):
                if (row := self._records.next()) is not None:
                    item_id, source_id = self._identified(row)
                    item_ids.append(item_id)
                    source_ids.append(source_id)
                    rows.append(row)
            position = self._lines.position(self._rows)
            return InputPage(item_ids, source_ids, rows, position, row is None)

    def skip_to(self, position: InputPosition) -> None:
        """Skip rows that were read before, which must be unchanged. Raises InputRefused."""
        with self._lock:
            self._lines.require_same(position)
            while self._lines.offset < position.offset:
                if (row := self._records.next()) is None:
                    break
                self._identified(row)
            if self._lines.position(self._rows) != position:
                raise self._lines.changed()

    def look_ahead(self) -> None:
        """Read the first part, to find faults there early. Raises InputRefused."""
        with self._lock:
            while self._lines.offset < AHEAD_BYTES and self._records.next() is not None:
                pass

    def close(self) -> None:
        """Stop reading."""
        with self._lock:
            self._lines.close()
            if self._ids is not None:
                self._ids.close()

    def _require_column(self, name: str | None) -> None:
        if name is not None and name not in self._records.headers:
            form = self._lines.form
            raise InputRefused(f"id_column {name} was not found in {form} headers")

    def _identified(self, row: dict[str, Any]) -> tuple[str, str | None]:
        """The id of a row, and its own id in the file, if any."""
        self._rows += 1
        source = None if self._id_column is None else cell(row[self._id_column])
        text = source if source and not source.isspace() else f"row-{self._rows}"
        if self._ids is None:
            return text, None
        try:
            return self._ids.unique(text), source
        except OSError as error:
            words = (
                f"there is no space left to check that row ids are unique ({system_words(error)})"
            )
            raise self._lines.malformed(words) from None


def open_rows(place: FilePlace, id_column: str | None, after: InputPosition | None) -> Rows:
    """The rows of a file after a position. Raises InputRefused, InputChanged."""
    if after is None:
        first_pass = Rows(place, id_column)
        try:
            first_pass.look_ahead()
        finally:
            first_pass.close()
    rows = Rows(place, id_column)
    try:
        if after is not None:
            rows.skip_to(after)
    except BaseException:
        rows.close()
        raise
    return rows
