"""Threads in the form that clients get: from the views, with their present state."""

from collections.abc import Callable
from pathlib import Path

from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.projections.listing import ThreadRow


class ThreadPresenter:
    """Shows the threads of a host; `home` is the folder of stored threads, None without one."""

    def __init__(self, status: Callable[[str], str], home: Path | None) -> None:
        self._status = status
        self.home = None if home is None else render.home_of(home)
        """The folder of stored threads, as the paths of threads begin."""
        self._began: tuple[ThreadRow, str, Thread] | None = None
        """The thread that was started last: its reply shows the same as its notification."""

    def thread(self, row: ThreadRow) -> Thread:
        """A thread in its present state."""
        state, began = self._status(row.id), self._began
        if began is not None and began[0] is row and began[1] == state:
            return began[2]
        return render.thread(row, state, self.home)

    def after_start(self, row: ThreadRow) -> Thread:
        """A thread that was just started, even if it is not live yet."""
        state = self._status(row.id)
        state = "idle" if state == "notLoaded" else state
        thread = render.thread(row, state, self.home)
        self._began = row, state, thread
        return thread
