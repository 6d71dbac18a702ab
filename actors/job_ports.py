"""What jobs need of the world outside: files of rows, and a check of results against a schema."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol

from threadhost.actors.errors import Refusal, Sort
from threadhost.events.named_tuple import NamedTuple

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: Mapping[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
PAGE_ROWS = 256
PAGE_BYTES = 48 * 1024
"""A page of so many bytes lies in the log itself, and not in a file beside it."""


def format_of(path: str) -> Format:
    """The form of a file that its suffix names, CSV by default."""
    name = path.lower()
    return next((form for suffix, form in FORMATS.items() if name.endswith(suffix)), "csv")


class InputRefused(Refusal):
    """A file cannot be read as rows; the message says why, and in which line."""


class InputChanged(InputRefused):
    """The file is no longer what it was when its rows began to be read."""


class OutputRefused(Refusal):
    """No file may be written there, or not like that."""


class OutputFailed(Refusal):
    """The file could not be written, and nothing of it is left; it may be tried again."""

    sort: ClassVar[Sort] = "failed"


class SchemaRefused(Refusal):
    """Nothing can be checked against this schema, or not at a bounded cost."""


class FilePlace(NamedTuple):
    """Where a file is: a path, which may begin at a folder, and leads out of it only if it may."""

    folder: str
    path: str
    is_confined: bool = True


class InputPosition(NamedTuple):
    """How far a file was read: rows kept, lines and bytes; and what the file was, up to there.

    `digest` is the SHA-256 of the bytes before `offset`; `size` and `modified_ns` are of the file.
    """

    rows: int
    line: int
    offset: int
    size: int
    modified_ns: int
    digest: str


class InputPage(NamedTuple):
    """Some rows of a file in their order, with ids that none of its rows shares."""

    item_ids: list[str]
    source_ids: list[str | None]
    """What the column of ids says; None where there is no such column."""
    rows: list[dict[str, Any]]
    position: InputPosition
    is_last: bool
    """Nothing comes after it, and the file is the one that was opened, unchanged."""


class RowInput(Protocol):
    """A file that is read a page at a time."""

    @property
    def headers(self) -> Sequence[str]:
        """The columns, in their order."""

    async def page(self, rows_max: int = PAGE_ROWS, bytes_max: int = PAGE_BYTES) -> InputPage:
        """The next rows, at least one unless it is the last page.

        Raises InputRefused, or InputChanged where the file was written to meanwhile.
        """

    async def close(self) -> None:
        """Read no more of it."""


class OutputRow(NamedTuple):
    """A row and what became of it, as it is written to a file."""

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
"""What tells a file that was written from others, until somebody changes it."""


class RowsFile(NamedTuple):
    """A file for the rows of a job: where, of what form, and what it may take the place of."""

    place: FilePlace
    job_id: str
    headers: Sequence[str]
    format: Format | None = None
    """Of what form it is, whatever its suffix says."""
    replaces: bool = False
    """Whether it takes the place of any file, and not only of its `own`."""
    own: Collection[FileMark] = ()
    escapes_formulas: bool = False

    @property
    def form(self) -> Format:
        """Of what form it is."""
        return self.format or format_of(self.place.path)


class RowOutput(Protocol):
    """A file that is written beside its place, a few rows at a time."""

    async def add(self, rows: Sequence[OutputRow]) -> None:
        """Write the next rows. Raises OutputFailed; then there is nothing left of the file."""

    async def finish(self) -> FileMark:
        """Make it durable and put it in its place. Raises OutputFailed, OutputRefused."""

    async def discard(self) -> None:
        """Leave nothing of it; what is in its place stays."""


class JobFiles(Protocol):
    """The files of jobs."""

    async def open_input(
        self, place: FilePlace, *, id_column: str | None = None, after: InputPosition | None = None
    ) -> RowInput:
        """The rows of a file, those behind a position; JSONL by its suffix, else CSV.

        Of what is read from its beginning, the first part is looked through before. Raises
        InputRefused, or InputChanged where it is not what it was at that position.
        """

    async def open_output(self, file: RowsFile) -> RowOutput:
        """A file, to be written. Raises OutputRefused, OutputFailed."""


class ResultChecks(Protocol):
    """Whether results fit the schema that a job asks for (JSON Schema, draft 2020-12)."""

    async def require(self, schema: Mapping[str, Any]) -> None:
        """Raise SchemaRefused unless results can be checked against it."""

    async def misfit(self, schema: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
        """Why a result does not fit, on one line for who reported it; None if it does."""


class JobOutside(NamedTuple):
    """The files of jobs, whether results fit, how a job stands, and who hears that one goes on."""

    files: JobFiles
    checks: ResultChecks
    standing: Callable[[str], Awaitable[Mapping[str, Any]]]
    """How a job stands, as models are told."""
    goes_on: Callable[[str], None]
