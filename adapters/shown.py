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
        self._home = None if home is None else render.home_of(home)
        self._newest: tuple[ThreadRow, str, Thread] | None = None
        """The row that was shown last, as what: a start is told of twice."""

    def thread(self, row: ThreadRow) -> Thread:
        """A thread as it is now."""
        return self._shown(row, self._status(row.id))

    def after_start(self, row: ThreadRow) -> Thread:
        """A thread that was just started, though it may not be live yet."""
        state = self._status(row.id)
        return self._shown(row, "idle" if state == "notLoaded" else state)

    def _shown(self, row: ThreadRow, state: str) -> Thread:
        newest = self._newest
        if newest is None or newest[0] is not row or newest[1] != state:
            newest = self._newest = row, state, render.thread(row, state, self._home)
        return newest[2]
