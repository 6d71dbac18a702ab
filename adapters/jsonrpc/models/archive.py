"""`thread/archive` and `thread/unarchive`."""

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result
from threadhost.adapters.jsonrpc.models.thread import Thread


class ThreadArchiveParams(Params):
    """The thread to archive, with all threads below it."""

    thread_id: str
    """The id of the thread to archive; all threads below it are archived, too."""


class ThreadArchiveResponse(Empty):
    """They are out of sight."""


class ThreadUnarchiveParams(Params):
    """The one thread to take out again."""

    thread_id: str
    """The id of the thread to unarchive; the threads below it stay archived."""


class ThreadUnarchiveResponse(Result):
    """The thread, not loaded."""

    thread: Thread
