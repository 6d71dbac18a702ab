"""A host that takes in a codex home beside its own, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import threadhost
from tests.support.codex_home import CodexHome, thread_id
from threadhost.adapters.client.client import Client
from threadhost.events.base import Event

METHOD = "host/import/codex"
FIRST, SECOND, THIRD = map(thread_id, (1, 2, 3))


class Host:
    """A host with a client of it."""

    def __init__(self, host: Any, client: Client, codex: CodexHome) -> None:
        self.host = host
        self.client = client
        self._codex = codex

    async def import_codex(self, *, dry_run: bool = False) -> dict[str, Any]:
        """Import the codex home; the answer of the host."""
        params = {"path": str(self._codex.folder), "dryRun": dry_run}
        answer: dict[str, Any] = await self.client.call(METHOD, params)
        return answer

    async def left_files(self) -> list[tuple[str, str]]:
        """Import the codex home; the files that were left, as (end of the path, why)."""
        return [(one["path"][-44:], one["why"]) for one in (await self.import_codex())["left"]]

    async def read(self, number: int = 1) -> dict[str, Any]:
        """A thread with its turns."""
        params = {"threadId": thread_id(number), "includeTurns": True}
        thread: dict[str, Any] = (await self.client.call("thread/read", params))["thread"]
        return thread

    async def events(self, stream: str) -> list[Event]:
        """All events of a stream."""
        facts = await self.host.app.logs.durable.read_stream(stream)
        return [fact.event for fact in facts]


@asynccontextmanager
async def opened(codex: CodexHome, home: str = "home") -> AsyncIterator[Host]:
    """A host on a home beside that of codex."""
    folder = codex.folder.parent / home
    async with threadhost.open(folder) as host, host.connect() as client:
        yield Host(host, client, codex)


def counts(**of: int) -> dict[str, int]:
    """Counts, of which those that are not named are 0."""
    names = ("total", "done", "imported", "unchanged", "left", "keptLines")
    return {name: of.get(name, 0) for name in names}
