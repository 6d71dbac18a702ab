"""CSV as rows: a header of unique names, and the same number of fields in every row."""

import csv
from collections.abc import Iterator

from threadhost.actors.job_ports import InputRefused
from threadhost.adapters.tables.lines import NAME_CHARS_TOLD, ROW_BYTES_MAX, Lines
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import truncate

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
COLUMNS_MAX = 10_000


class Record(NamedTuple):
    """A row, with the line in which it begins."""

    line: int
    fields: list[str]


class CsvRecords:
    """The rows of a CSV file; invalid quotes are read as other programs read them."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._row, self._row_offset = 1, 0
        self._is_unclosed = False
        # Global for the process; a field is no larger than its row, which has its own limit.
        csv.field_size_limit(max(csv.field_size_limit(), ROW_BYTES_MAX))
        self._reader = csv.reader(self._texts())
        self.headers = self._header()

    def next(self) -> dict[str, str] | None:
        """The next row that is not empty, None after the last. Raises InputRefused."""
        begin = self._lines.offset
        while (record := self._record()) is not None:
            self._lines.require_some_since(begin)
            line, fields = record
            if not any(fields):
                continue
            if len(fields) != len(self.headers):
                columns = len(self.headers)
                raise InputRefused(
                    f"csv row {line} has {len(fields)} fields but header has {columns}"
                )
            return dict(zip(self.headers, fields, strict=True))
        return None

    def _header(self) -> list[str]:
        record = self._record()
        while record is not None and not record.fields:
            self._lines.require_some_since(0)
            record = self._record()
        if record is None or not any(record.fields):
            raise InputRefused("csv input must include a header row")
        if len(record.fields) > COLUMNS_MAX:
            raise InputRefused(
                f"csv input has {len(record.fields)} columns, which is more than {COLUMNS_MAX}"
            )
        seen: set[str] = set()
        for name in record.fields:
            if name in seen:
                raise InputRefused(f"csv header {truncate(name, NAME_CHARS_TOLD)} is duplicated")
            seen.add(name)
        return record.fields

    def _record(self) -> Record | None:
        line = self._row = self._lines.number + 1
        self._row_offset = self._lines.offset
        try:
            fields = next(self._reader, None)
        except csv.Error as error:
            raise self._lines.malformed(f"row {line}: {error}") from None
        if self._is_unclosed:
            raise self._lines.malformed(f"a quote that begins in row {line} is not closed")
        return None if fields is None else Record(line, fields)

    def _texts(self) -> Iterator[str]:
        lines = self._lines
        while (line := lines.next()) is not None:
            if lines.offset - self._row_offset > ROW_BYTES_MAX:
                raise lines.too_long(self._row)
            if lines.number == 1:
                line = line.removeprefix(BYTE_ORDER_MARK)
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise lines.malformed(f"line {lines.number} is not UTF-8") from None
        # The parser asks for more within a row: a quoted field continues.
        self._is_unclosed = lines.offset > self._row_offset
