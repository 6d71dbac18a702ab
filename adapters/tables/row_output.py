"""Writes rows to a file of some form, a few at a time."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import BinaryIO, Protocol

from threadhost.actors.job_ports import FileMark, Format, OutputRefused, OutputRow, RowsFile
from threadhost.adapters.models.extras import to_install
from threadhost.adapters.tables.atomic_file import AtomicFile
from threadhost.adapters.tables.text_output import CsvFile, JsonlFile

UNWRITABLE = (OSError, ValueError)
"""The disk is full or failed, or the form cannot represent the rows."""


class _Form(Protocol):
    """Writes rows to a file in some form."""

    def add(self, rows: Sequence[OutputRow]) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write the end of the file."""


class Output:
    """A file of rows being written, by one thread at a time."""

    def __init__(self, file: RowsFile) -> None:
        self._lock = Lock()
        self._file = AtomicFile(file)
        try:
            self._rows = FORMS[file.form](file, self._file.file)
        except UNWRITABLE as error:
            raise self._file.failed(error) from None
        except BaseException:
            self._file.discard()
            raise

    def add(self, rows: Sequence[OutputRow]) -> None:
        """Write the next rows. Raises OutputFailed."""
        with self._lock:
            try:
                self._rows.add(rows)
            except UNWRITABLE as error:
                self._drop()
                raise self._file.failed(error) from None

    def finish(self) -> FileMark:
        """Move the file to its place. Raises OutputFailed, OutputRefused."""
        with self._lock:
            try:
                self._rows.close()
            except UNWRITABLE as error:
                raise self._file.failed(error) from None
            return self._file.put_in_place()

    def discard(self) -> None:
        """Remove the file."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        with suppress(*UNWRITABLE):  # the file may be closed
            self._rows.close()
        self._file.discard()


def _parquet(about: RowsFile, file: BinaryIO) -> _Form:
    try:
        from threadhost.adapters.tables.parquet_output import ParquetFile
    except ImportError:
        raise OutputRefused(f"Parquet needs another library: {to_install('parquet')}") from None
    return ParquetFile(file, about.job_id, about.headers)


FORMS: Mapping[Format, Callable[[RowsFile, BinaryIO], _Form]] = {
    "csv": CsvFile,
    "jsonl": JsonlFile,
    "parquet": _parquet,
}
