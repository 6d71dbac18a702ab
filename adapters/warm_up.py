"""Imports modules before they are needed, while the host is idle: those of a turn first."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from time import monotonic

from threadhost.actors.models import ModelClient
from threadhost.adapters.jsonrpc.registry import Registry
from threadhost.events.operator_log import GOES_WITHOUT
from threadhost.events.store.faults import shortage

QUIET_S = 0.25
"""The host is idle when nothing was recorded for this time; until then clients have the loop."""
LATEST_S = 10.0
"""After this time everything is imported, however busy the host is."""
PAUSE_S = 0.005
METHODS = ("turn/start", "thread/read", "thread/list")
OF_A_TURN = (
    "threadhost.adapters.jsonrpc.notify_turns",
    "threadhost.actors.goal_tools",
    "threadhost.actors.runtime.model_request",
    "threadhost.actors.runtime.preparation",
    "threadhost.actors.runtime.turn_work",
)
MODULES = (
    *(f"threadhost.adapters.jsonrpc.{name}" for name in ("catch_up", "not_offered")),
    *(f"threadhost.adapters.jsonrpc.models.{name}" for name in ("notices", "server_requests")),
    *(f"threadhost.actors.runtime.{name}" for name in ("deletion", "forking", "preview")),
    *(f"threadhost.actors.runtime.{name}_reactor" for name in ("goal", "queue")),
    *(f"threadhost.adapters.{name}" for name in ("host_stats", "turn_reader")),
    "threadhost.actors.runtime.reverting",
    "threadhost.actors.tool_specs",
    "threadhost.adapters.models.failures",
    "threadhost.events.operator_log",
    "threadhost.events.store.findings",
    "threadhost.projections.thread_search",
    "rpds",
    "unicodedata",
)
"""Modules that code imports on use, perhaps when no file can be opened any more."""


class WarmUp:
    """Imports step by step; `position` returns the position of the log."""

    def __init__(self, registry: Registry, model: ModelClient, position: Callable[[], int]) -> None:
        self._registry = registry
        self._model = model
        self._position = position
        self._last_position = -1
        """The position of the log at the last look."""
        self._latest_s = 0.0

    async def run(self) -> None:
        """Prepare the first turn and everything else, without delaying requests."""
        self._latest_s = monotonic() + LATEST_S
        await self._quiet()
        try:
            await self._model.warm_up()
        except Exception as error:  # noqa: BLE001  (any model's error; the first call reports it)
            GOES_WITHOUT.emit(
                what="the model could not be prepared", fault=shortage(error) or error
            )
        try:
            for name in METHODS:
                self._registry.get(name)
                await asyncio.sleep(0)
            for module in (*OF_A_TURN, *self._registry.deferred, *MODULES):
                import_module(module)
                await asyncio.sleep(PAUSE_S)
                await self._quiet()
        except (OSError, MemoryError) as error:
            GOES_WITHOUT.emit(
                what="not everything is imported that may be needed", fault=shortage(error) or error
            )

    async def _quiet(self) -> None:
        """Wait until nothing new is recorded; return at once if nothing was since the last wait."""
        while self._position() != self._last_position and monotonic() < self._latest_s:
            self._last_position = self._position()
            await asyncio.sleep(QUIET_S)
