"""The ports of jobs: files of rows, and checks of results against a schema."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol

from threadhost.actors.errors import Refusal, Sort
from threadhost.events.named_tuple import NamedTuple

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: Mapping[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
PAGE_ROWS = 256
PAGE_BYTES = 48 * 1024
"""A page of at most this many bytes is stored in the log itself, not in a file beside it."""


def format_of(path: str) -> Format:
    """The format that a file's suffix names; CSV by default."""
    name = path.lower()
    return next((form for suffix, form in FORMATS.items() if name.endswith(suffix)), "csv")


class InputRefused(Refusal):
    """The host cannot read the file as rows; the message says why, and in which line."""


class InputChanged(InputRefused):
    """The file changed after the host began to read its rows."""


class OutputRefused(Refusal):
    """The host may not write the file at that path, or not in that form."""


class OutputFailed(Refusal):
    """The host could not write the file and left nothing of it; the client may try again."""

    sort: ClassVar[Sort] = "failed"


class SchemaRefused(Refusal):
    """The host cannot check results against this schema, or not at a bounded cost."""


class FilePlace(NamedTuple):
    """The path of a file, which may be relative to a folder; `is_confined` keeps it inside."""

    folder: str
    path: str
    is_confined: bool = True


class InputPosition(NamedTuple):
    """How far a file was read: rows kept, lines and bytes; and the state of the file up to there.

    `digest` is the SHA-256 of the bytes before `offset`; `size` and `modified_ns` are of the file.
    """

    rows: int
    line: int
    offset: int
    size: int
    modified_ns: int
    digest: str


class InputPage(NamedTuple):
    """Some rows of a file in their order, each with an id that is unique in the file."""

    item_ids: list[str]
    source_ids: list[str | None]
    """The values of the id column; None without such a column."""
    rows: list[dict[str, Any]]
    position: InputPosition
    is_last: bool
    """No rows follow, and the file is unchanged since it was opened."""


class RowInput(Protocol):
    """A file that is read a page at a time."""

    @property
    def headers(self) -> Sequence[str]:
        """The columns, in their order."""

    async def page(self, rows_max: int = PAGE_ROWS, bytes_max: int = PAGE_BYTES) -> InputPage:
        """The next rows, at least one unless it is the last page.

        Raises InputRefused, or InputChanged if the file was written to in the meantime.
        """

    async def close(self) -> None:
        """Close the file."""


class OutputRow(NamedTuple):
    """A row and its outcome, as a file shows them."""

    row: Mapping[str, Any]
    item_id: str
    row_index: int
    source_id: str | None
    status: str
    attempts: int
    error: str | None = None
    result: Mapping[str, Any] | None = None
    reported_at_ms: int | None = None
    completed_at_ms: int | None = None


FileMark = tuple[int, ...]
"""Identifies a file that was written, as long as nobody changes it."""


class RowsFile(NamedTuple):
    """A file for the rows of a job: its place and format, and which files it may replace."""

    place: FilePlace
    job_id: str
    headers: Sequence[str]
    format: Format | None = None
    """The format; None takes it from the suffix."""
    replaces: bool = False
    """Whether it may replace any file, not only its `own`."""
    own: Collection[FileMark] = ()
    escapes_formulas: bool = False

    @property
    def form(self) -> Format:
        """The format of the file."""
        return self.format or format_of(self.place.path)


class RowOutput(Protocol):
    """A file that is written beside its final place, a few rows at a time."""

    async def add(self, rows: Sequence[OutputRow]) -> None:
        """Write the next rows. Raises OutputFailed, and then nothing of the file is left."""

    async def finish(self) -> FileMark:
        """Make the file durable and move it to its place. Raises OutputFailed, OutputRefused."""

    async def discard(self) -> None:
        """Remove what was written; the file in its final place stays as it is."""


class JobFiles(Protocol):
    """The files of jobs."""

    async def open_input(
        self, place: FilePlace, *, id_column: str | None = None, after: InputPosition | None = None
    ) -> RowInput:
        """Open a file for its rows, or those behind a position; JSONL by its suffix, else CSV.

        Without a position, the first part of the file is checked before. Raises InputRefused, or
        InputChanged if the file is not the one that was read up to that position.
        """

    async def open_output(self, file: RowsFile) -> RowOutput:
        """Open a file for writing. Raises OutputRefused, OutputFailed."""


class ResultChecks(Protocol):
    """Checks results against the schema of a job (JSON Schema, draft 2020-12)."""

    async def require(self, schema: Mapping[str, Any]) -> None:
        """Raise SchemaRefused unless results can be checked against this schema."""

    async def misfit(self, schema: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
        """Why a result does not fit, on one line for the reporting thread; None if it fits."""


class JobOutside(NamedTuple):
    """The outside world of jobs; `goes_on` is called with the id of each job that continues."""

    files: JobFiles
    checks: ResultChecks
    standing: Callable[[str], Awaitable[Mapping[str, Any]]]
    """The state of a job, in the form for models."""
    goes_on: Callable[[str], None]
