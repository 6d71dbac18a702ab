"""A turn waits until the servers whose tools its model is to be offered have started."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from threadhost.actors.runtime import tasks
from threadhost.actors.server_tools import ToolServers
from threadhost.events.named_tuple import NamedTuple

if TYPE_CHECKING:
    import asyncio


class ServersSettled(NamedTuple):
    """All of them have answered or failed."""

    run: "Settling"
    urgent: bool = True


Tell = Callable[[ServersSettled], Coroutine[Any, Any, None]]


class Settling:
    """The wait, as a child task of the thread's actor."""

    __slots__ = ("_tell", "task")

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self.task: asyncio.Task[None] | None = None

    def start(self, servers: ToolServers) -> None:
        """Begin to wait."""
        self.task = tasks.begin(self._run(servers))

    def cancel(self) -> None:
        """Wait no more; nothing of it is heard."""
        if self.task is not None:
            self.task.cancel()

    async def _run(self, servers: ToolServers) -> None:
        await servers.settled()
        await self._tell(ServersSettled(self))
