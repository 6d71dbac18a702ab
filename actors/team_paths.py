"""The paths of team members: each is read once, for a path never changes."""

from collections.abc import Awaitable, Callable, Iterable

from threadhost.events.agent import AGENT
from threadhost.events.agent_words import ROOT
from threadhost.events.fold import Thread

KEPT_MAX = 100_000
"""Paths of some hundred bytes; beyond this number the oldest are dropped, and read again."""
StateOf = Callable[[str], Awaitable[Thread | None]]


class TeamPaths:
    """The paths of those threads whose teams were asked for since the start."""

    def __init__(self, paths_max: int = KEPT_MAX) -> None:
        self._paths_max = paths_max
        self._paths: dict[str, str] = {}

    async def of(self, thread_ids: Iterable[str], state_of: StateOf) -> dict[str, str]:
        """Threads by path; threads that do not exist are left out."""
        paths: dict[str, str] = {}
        for thread_id in thread_ids:
            path = self._paths.get(thread_id) or await self._read(thread_id, state_of)
            if path:
                paths[path] = thread_id
        return paths

    async def _read(self, thread_id: str, state_of: StateOf) -> str:
        state = await state_of(thread_id)
        if state is None:
            return ""
        if len(self._paths) >= self._paths_max:
            del self._paths[next(iter(self._paths))]
        path = self._paths[thread_id] = path_in_team(state)
        return path


def path_in_team(state: Thread) -> str:
    """The path of a thread for its team; one that a client started is named by its id."""
    if path := AGENT.of(state).path:
        return path
    return ROOT if state.parent_id is None else f"{ROOT}/{state.id.replace('-', '_')}"
