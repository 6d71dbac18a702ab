"""Threads as clients are shown them: what the views have of each, in the state it is in now."""

from collections.abc import Callable
from pathlib import Path

from threadhost.adapters.jsonrpc import render
from threadhost.adapters.jsonrpc.models.thread import Thread
from threadhost.projections.listing import ThreadRow


class Shown:
    """Shows the threads of a host; `home` is where what is stored lies, None where nothing is."""

    def __init__(self, status: Callable[[str], str], home: Path | None) -> None:
        self._status = status
        self._home = home

    def thread(self, row: ThreadRow) -> Thread:
        """A thread as it is now."""
        return render.thread(row, self._status(row.id), self._home)

    def after_start(self, row: ThreadRow) -> Thread:
        """A thread that was just started, though it may not be live yet."""
        state = self._status(row.id)
        return render.thread(row, "idle" if state == "notLoaded" else state, self._home)
