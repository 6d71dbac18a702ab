"""Lets a turn wait until the servers that offer its model tools have started."""

from collections.abc import Callable, Coroutine
from typing import Any

from threadhost.actors.runtime.tasks import ChildTask, begin
from threadhost.actors.server_tools import ToolServers
from threadhost.events.named_tuple import NamedTuple


class ServersSettled(NamedTuple):
    """All servers have answered or failed."""

    run: "Settling"
    urgent: bool = True


Tell = Callable[[ServersSettled], Coroutine[Any, Any, None]]


class Settling(ChildTask):
    """Waits for the servers, as a child task of the thread's actor."""

    __slots__ = ("_tell",)

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def start(self, servers: ToolServers) -> None:
        """Begin to wait."""
        self.task = begin(self._run(servers))

    async def _run(self, servers: ToolServers) -> None:
        await servers.settled()
        await self._tell(ServersSettled(self))
