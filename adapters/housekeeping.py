"""The host's own routine work: it unloads idle threads."""

from threadhost.actors.host import Host
from threadhost.actors.origin import policy
from threadhost.actors.runtime.passivation import IDLE, Passivation
from threadhost.actors.runtime.tasks import Closable
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.jsonrpc.hub import Hub
from threadhost.events.operator_log import HOST_FAULT


class Housekeeping(Closable):
    """Looks at the live threads at intervals until it is closed."""

    def __init__(self, host: Host, hub: Hub, clock: SystemClock, idle_unload_ms: int) -> None:
        super().__init__()
        self._host = host
        self._passivation = Passivation(host.live, hub.followers.is_followed, clock, idle_unload_ms)

    async def run(self) -> None:
        """Unload idle threads at intervals, until closed."""
        while not await self.closes_within(self._passivation.interval_s):
            try:
                await self._unload_idle()
            except Exception as error:  # noqa: BLE001  (it is tried again)
                HOST_FAULT.emit(error, what="unloading idle threads")

    def unload_after(self, idle_ms: int) -> None:
        """Set how long a thread must be idle before it is unloaded."""
        self._passivation.idle_after_ms = idle_ms

    async def _unload_idle(self) -> None:
        due = self._passivation.due()
        if due:
            origin = policy("passivation", due[0], "")
            await self._host.life.unload(due, IDLE, origin, only_if_idle=True)
