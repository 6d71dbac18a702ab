"""`host/import/codex`: imports threads of a codex home into the log of a running host."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64, RequestId


class ImportCodexParams(Params):
    """The home of codex, as a path on the host's machine; with `dryRun` nothing is recorded."""

    path: str
    """The home of codex, as an absolute path on the machine of the host."""
    dry_run: bool = False
    """Whether it is only looked at, and nothing is recorded."""


class ImportCounts(Wire):
    """Threads that the home has, and what became of them; `left` counts odd files, too."""

    total: U64
    """Threads that the home of codex has."""
    done: U64
    """Those that were looked at."""
    imported: U64
    """Those that were taken in."""
    unchanged: U64
    """Those that were here already."""
    left: U64
    """Those that were not taken in, and files that are of none."""
    kept_lines: U64
    """Lines that were kept as they are, since nothing here is like them."""


class ImportLeft(Wire):
    """A thread that was not taken in, or a file that is of none, and why."""

    thread_id: str | None
    """The thread, by its id; null for a file of none."""
    path: str
    """The file."""
    why: str
    """Why it was left."""


class ImportFault(Wire):
    """What a thread goes without: something of a line, counted from 1, or of its whole file."""

    thread_id: str
    path: str
    """The file."""
    line: U64 | None
    """The line, counted from 1; null for the whole file."""
    why: str
    """What is wrong there."""


class ImportCodexResponse(Result):
    """How it ended; of `left` and `faults` the first that came up, `counts` has all."""

    counts: ImportCounts
    """How many of what there were."""
    left: list[ImportLeft]
    """What was not taken in, the first of it."""
    faults: list[ImportFault]
    """What threads go without, the first of it."""


class ImportProgressNotification(Notification):
    """How far an import is that this connection asked for; some may be passed over."""

    method: ClassVar[str] = "host/import/progress"
    is_experimental: ClassVar[bool] = True
    request_id: RequestId
    counts: ImportCounts
    """How many of what there were so far."""
