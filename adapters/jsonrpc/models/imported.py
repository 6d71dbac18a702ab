"""`host/import/codex`: imports threads of a codex home into the log of a running host."""

from typing import ClassVar

from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import U64, RequestId


class ImportCodexParams(Params):
    """The home of codex, as a path on the host's machine; with `dryRun` nothing is recorded."""

    path: str
    """The home of codex, as an absolute path on the machine of the host."""
    dry_run: bool = False
    """Whether the host only reads the home and records nothing."""


class ImportCounts(Wire):
    """The number of threads in the home, by outcome; `left` counts files of no thread, too."""

    total: U64
    """The threads in the home of codex."""
    done: U64
    """Those that were read."""
    imported: U64
    """Those that were imported."""
    unchanged: U64
    """Those that were here already."""
    left: U64
    """Those that were not imported, and files that belong to no thread."""
    kept_lines: U64
    """Lines that were stored unchanged, as the host has no equivalent."""


class ImportLeft(Wire):
    """A thread that was not imported, or a file of no thread, and why."""

    thread_id: str | None
    """The id of the thread; null for a file of no thread."""
    path: str
    """The file."""
    why: str
    """Why it was not imported."""


class ImportFault(Wire):
    """What is missing in an imported thread: part of a line, counted from 1, or of the file."""

    thread_id: str
    path: str
    """The file."""
    line: U64 | None
    """The line, counted from 1; null for the whole file."""
    why: str
    """What is wrong at that place."""


class ImportCodexResponse(Result):
    """The result of an import; `left` and `faults` have the first entries, `counts` counts all."""

    counts: ImportCounts
    """What was found, in numbers."""
    left: list[ImportLeft]
    """The first of what was not imported."""
    faults: list[ImportFault]
    """The first of what is missing in imported threads."""


class ImportProgressNotification(Notification):
    """The progress of an import that this connection requested; some steps may be skipped."""

    method: ClassVar[str] = "host/import/progress"
    is_experimental: ClassVar[bool] = True
    request_id: RequestId
    counts: ImportCounts
    """What was found so far, in numbers."""
