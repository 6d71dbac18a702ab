"""Files of rows, written and read as jobs do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadhost.actors.job_ports import (
    FilePlace,
    Format,
    InputPage,
    InputPosition,
    OutputRow,
    RowsFile,
)
from threadhost.adapters.tables.row_input import Rows, open_rows
from threadhost.adapters.tables.row_output import Output

JOB = "0193c0de-0000-7000-8000-000000000001"
PAGE = (1000, 1 << 20)


def place(path: Path, *, is_confined: bool = True) -> FilePlace:
    """A file, in its own folder."""
    return FilePlace(str(path.parent), path.name, is_confined)


def written(path: Path, data: bytes | str) -> FilePlace:
    """A file with these bytes."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return place(path)


def opened(
    where: FilePlace, id_column: str | None = None, after: InputPosition | None = None
) -> Rows:
    """The file as a job reads it."""
    return open_rows(where, id_column, after)


def pages(
    where: FilePlace,
    id_column: str | None = None,
    after: InputPosition | None = None,
    sizes: tuple[int, int] = PAGE,
) -> Iterator[InputPage]:
    """All pages of a file."""
    rows = opened(where, id_column, after)
    try:
        while True:
            page = rows.page(*sizes)
            yield page
            if page.is_last:
                break
    finally:
        rows.close()


def rows_of(where: FilePlace) -> list[dict[str, Any]]:
    """All rows of a file."""
    return [row for page in pages(where) for row in page.rows]


def ids_of(where: FilePlace, id_column: str | None = None) -> list[str]:
    """The ids of all rows of a file."""
    return [item for page in pages(where, id_column) for item in page.item_ids]


def outcome(number: int, row: dict[str, Any], **others: Any) -> OutputRow:
    """A row that was completed."""
    at_ms = 1_700_000_000_000 + number
    known: dict[str, Any] = {
        "result": {"n": number},
        "reported_at_ms": at_ms,
        "completed_at_ms": at_ms,
    } | others
    return OutputRow(row, f"row-{number + 1}", number, None, "completed", 1, **known)


def output(
    where: FilePlace, headers: list[str], form: Format | None = None, **options: Any
) -> Output:
    """The file as a job writes it."""
    return Output(RowsFile(where, JOB, headers, form, **options))


def write(where: FilePlace, headers: list[str], rows: list[OutputRow], **options: Any) -> str:
    """Write these rows; the path of the file."""
    to = output(where, headers, **options)
    to.add(rows)
    to.finish()
    return str(Path(where.folder, where.path))
