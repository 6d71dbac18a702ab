"""What a host does by itself while it runs: it lets go of threads that nobody has use for."""

import asyncio
from contextlib import suppress

from threadhost.actors.host import Host
from threadhost.actors.origin import policy
from threadhost.actors.runtime.passivation import IDLE, Passivation
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.jsonrpc.hub import Hub
from threadhost.events.operator_log import HOST_FAULT


class Housekeeping:
    """Looks at the live threads now and then until it is closed."""

    def __init__(self, host: Host, hub: Hub, clock: SystemClock, idle_unload_ms: int) -> None:
        self._host = host
        self._passivation = Passivation(host.live, hub.is_followed, clock, idle_unload_ms)
        self._closed = asyncio.Event()

    async def run(self) -> None:
        """Unload idle threads, again and again."""
        while not self._closed.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), self._passivation.interval_s)
                return
            try:
                await self._unload_idle()
            except Exception as error:  # noqa: BLE001  (it is tried again)
                HOST_FAULT.tell(error, what="unloading idle threads")

    def unload_after(self, idle_ms: int) -> None:
        """Take threads for idle that were for so long."""
        self._passivation.idle_after_ms = idle_ms

    async def close(self) -> None:
        """Stop looking."""
        self._closed.set()

    async def _unload_idle(self) -> None:
        due = self._passivation.due()
        if due:
            origin = policy("passivation", due[0], "")
            await self._host.life.unload(due, IDLE, origin, only_if_idle=True)
