"""Rows on their way into a file of some form, a few at a time."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from threading import Lock
from typing import Protocol

from threadhost.actors.job_ports import FileMark, FilePlace, Format, OutputRefused, OutputRow
from threadhost.adapters.models.extras import to_install
from threadhost.adapters.tables.beside import FileBeside
from threadhost.adapters.tables.text_output import CsvForm, JsonlForm

UNWRITABLE = (OSError, ValueError)
"""The disk takes no more, or no file of this form can hold the rows."""


class _Form(Protocol):
    """How rows are written to a file."""

    def add(self, rows: Sequence[OutputRow]) -> None:
        """Write some."""

    def close(self) -> None:
        """Write what ends them."""


class _Text:
    """Rows as text."""

    def __init__(self, write: Callable[[bytes], object], form: CsvForm | JsonlForm) -> None:
        self._write = write
        self._form = form
        write(form.head())

    def add(self, rows: Sequence[OutputRow]) -> None:
        """Write some."""
        for row in rows:
            self._write(self._form.body((row,)))

    def close(self) -> None:
        """Nothing ends them."""


class Output:
    """A file of rows being written, by one thread at a time."""

    def __init__(
        self,
        place: FilePlace,
        form: Format,
        job_id: str,
        headers: Sequence[str],
        *,
        replaces: bool,
        own: Collection[FileMark] = (),
        escapes_formulas: bool,
    ) -> None:
        make = _forms(job_id, headers, escapes_formulas)[form]
        self._lock = Lock()
        self._beside = FileBeside(place, form, replaces=replaces, own=own)
        try:
            self._rows = make(self._beside)
        except UNWRITABLE as error:
            raise self._beside.failed(error) from None
        except BaseException:
            self._beside.discard()
            raise

    def add(self, rows: Sequence[OutputRow]) -> None:
        """Write the next rows. Raises OutputFailed."""
        with self._lock:
            try:
                self._rows.add(rows)
            except UNWRITABLE as error:
                self._drop()
                raise self._beside.failed(error) from None

    def finish(self) -> FileMark:
        """Put the file in its place. Raises OutputFailed, OutputRefused."""
        with self._lock:
            try:
                self._rows.close()
            except UNWRITABLE as error:
                raise self._beside.failed(error) from None
            return self._beside.put_in_place()

    def discard(self) -> None:
        """Leave nothing of it."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        with suppress(*UNWRITABLE):  # it may be closed
            self._rows.close()
        self._beside.discard()


def _forms(
    job_id: str,
    headers: Sequence[str],
    escapes_formulas: bool,  # noqa: FBT001
) -> dict[Format, Callable[[FileBeside], _Form]]:
    def parquet(beside: FileBeside) -> _Form:
        try:
            from threadhost.adapters.tables.parquet_output import ParquetFile
        except ImportError:
            raise OutputRefused(f"Parquet needs another library: {to_install('parquet')}") from None
        return ParquetFile(beside.file, job_id, headers)

    return {
        "csv": lambda to: _Text(to.file.write, CsvForm(job_id, headers, escapes_formulas)),
        "jsonl": lambda to: _Text(to.file.write, JsonlForm(job_id)),
        "parquet": parquet,
    }
