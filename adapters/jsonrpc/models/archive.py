"""`thread/archive` and `thread/unarchive`."""

from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result
from threadhost.adapters.jsonrpc.models.thread import Thread


class ThreadArchiveParams(Params):
    """The thread to put away, with all below it."""

    thread_id: str
    """The thread to put away, by its id; all below it go along."""


class ThreadArchiveResponse(Empty):
    """They are out of sight."""


class ThreadUnarchiveParams(Params):
    """The one thread to take out again."""

    thread_id: str
    """The thread to take out, by its id; those below it stay where they are."""


class ThreadUnarchiveResponse(Result):
    """The thread, not loaded."""

    thread: Thread
