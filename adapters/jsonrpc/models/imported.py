"""`host/import/codex`: threads of a codex home taken into the log of a running host."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64, RequestId


class ImportCodexParams(Params):
    """The home of codex, as a path on the host's machine; with `dryRun` nothing is recorded."""

    path: str
    dry_run: bool = False


class ImportCounts(Wire):
    """Threads that the home has, and what became of them; `left` counts odd files, too."""

    total: U64
    done: U64
    imported: U64
    unchanged: U64
    left: U64
    kept_lines: U64


class ImportLeft(Wire):
    """A thread that was not taken in, or a file that is of none, and why."""

    thread_id: str | None
    path: str
    why: str


class ImportFault(Wire):
    """What a thread goes without: something of a line, counted from 1, or of its whole file."""

    thread_id: str
    path: str
    line: U64 | None
    why: str


class ImportCodexResponse(Result):
    """How it ended; of `left` and `faults` the first that came up, `counts` has all."""

    counts: ImportCounts
    left: list[ImportLeft]
    faults: list[ImportFault]


class ImportProgressNotification(Notification):
    """How far an import is that this connection asked for; some may be passed over."""

    method: ClassVar[str] = "host/import/progress"
    is_experimental: ClassVar[bool] = True
    request_id: RequestId
    counts: ImportCounts
