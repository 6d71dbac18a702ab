"""The files of jobs, read and written on threads beside the loop."""

import asyncio
from collections.abc import Sequence

from threadhost.actors.job_ports import (
    PAGE_BYTES,
    PAGE_ROWS,
    FileMark,
    FilePlace,
    InputPage,
    InputPosition,
    OutputRow,
    RowsFile,
)
from threadhost.adapters.tables.row_input import Rows, open_rows
from threadhost.adapters.tables.row_output import Output


class FileInput:
    """A file that is read a page at a time."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @property
    def headers(self) -> Sequence[str]:
        """The columns, in their order."""
        return self._rows.headers

    async def page(self, rows_max: int = PAGE_ROWS, bytes_max: int = PAGE_BYTES) -> InputPage:
        """The next rows. Raises InputRefused, InputChanged."""
        return await asyncio.to_thread(self._rows.page, rows_max, bytes_max)

    async def close(self) -> None:
        """Stop reading."""
        await asyncio.to_thread(self._rows.close)


class FileOutput:
    """A file that is written beside its place, a few rows at a time."""

    def __init__(self, output: Output) -> None:
        self._output = output

    async def add(self, rows: Sequence[OutputRow]) -> None:
        """Write the next rows. Raises OutputFailed."""
        await asyncio.to_thread(self._output.add, rows)

    async def finish(self) -> FileMark:
        """Make it durable and move it to its place. Raises OutputFailed, OutputRefused."""
        return await asyncio.to_thread(self._output.finish)

    async def discard(self) -> None:
        """Remove the file."""
        await asyncio.to_thread(self._output.discard)


class Files:
    """The files of this machine that jobs read and write."""

    async def open_input(
        self, place: FilePlace, *, id_column: str | None = None, after: InputPosition | None = None
    ) -> FileInput:
        """Open the rows of a file. Raises InputRefused, InputChanged."""
        return FileInput(await asyncio.to_thread(open_rows, place, id_column, after))

    async def open_output(self, file: RowsFile) -> FileOutput:
        """Open a file for writing. Raises OutputRefused, OutputFailed."""
        return FileOutput(await asyncio.to_thread(Output, file))
