"""A thread's stream in the hands of its actor: what it appends, and the state that follows."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from random import random
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from threadhost.actors.answers import Nobody, NoPictures
from threadhost.actors.errors import Refusal
from threadhost.actors.models import ModelClient, ReasoningDelta
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Clock, Ids, Pictures, Tools
from threadhost.actors.runtime.logs import Stored, history_of
from threadhost.actors.thread import Events
from threadhost.actors.tools import NO_TOOLS, Toolbox, toolbox_of
from threadhost.events.acceptable import noteworthy
from threadhost.events.base import Recorded
from threadhost.events.causes import causes_of
from threadhost.events.fold import Thread, fold_thread
from threadhost.events.history import History
from threadhost.events.ids import thread_stream
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.errors import (
    EventRefused,
    IdempotencyKeyReused,
    StoreFailed,
    StoreOverloaded,
    StoreUnavailable,
    StreamFenced,
)
from threadhost.events.store.log import Log
from threadhost.events.turn import ModelRequested

if TYPE_CHECKING:
    from threadhost.actors.runtime.thread_actor import ThreadActor
    from threadhost.events.thread import ThreadSettings

RETRY_S = 0.5
LATER = (StoreOverloaded, StoreUnavailable)
HARMLESS = (Refusal, EventRefused, IdempotencyKeyReused, StreamFenced, StoreFailed, *LATER)


class Live(Protocol):
    """Who is told what happens in a turn before it is in the log."""

    def item_started(self, thread_id: str, turn_id: str, item: dict[str, Any]) -> None:
        """The model began an item."""
        ...

    def text_delta(self, thread_id: str, turn_id: str, item_id: str, text: str) -> None:
        """The model wrote more of an item."""
        ...

    def reasoning_delta(
        self, thread_id: str, turn_id: str, item_id: str, delta: ReasoningDelta
    ) -> None:
        """The model thought further."""
        ...


class Outside(NamedTuple):
    """What a host is given of the outside world; `chance` gives numbers from 0 up to 1."""

    model: ModelClient
    clock: Clock
    ids: Ids
    live: Live
    tools: Tools = Nobody()
    pictures: Pictures = NoPictures()
    chance: Callable[[], float] = random


class ThreadServices(NamedTuple):
    """What the thread actors of a log share, and who is told when one is gone or failed."""

    log: Log
    gone: Callable[["ThreadActor"], None]
    failed: Callable[["ThreadActor", BaseException], None]
    tool_timeout_ms: int
    turn_timeout_ms: int
    model: ModelClient
    clock: Clock
    ids: Ids
    live: Live
    tools: Tools
    pictures: Pictures
    chance: Callable[[], float]


class Journal:
    """What is in the log of a thread, and the only way to add to it."""

    __slots__ = (
        "_chosen",
        "_kept_version",
        "_toolbox",
        "in_doubt",
        "loaded",
        "mended",
        "services",
        "state",
    )

    def __init__(
        self, services: ThreadServices, stored: Stored, history: History | None = None
    ) -> None:
        self.services = services
        self.state, self._kept_version = stored
        self.loaded = history
        """What the model sees of the thread; None until it is needed."""
        self._chosen: ThreadSettings | None = None
        self._toolbox = NO_TOOLS
        self.mended: Mapping[str, int] = {}
        """What of the history clients know to be sent in another form."""
        self.in_doubt = False
        """Whether something was appended since the actor took up its message."""

    def now_ms(self) -> int:
        """The time for what is recorded now."""
        return self.services.clock.now_ms()

    def tools(self, state: Thread) -> Toolbox:
        """What the model of the thread is offered in this state; made once for its settings."""
        if state.settings is not self._chosen:
            self._chosen, self._toolbox = state.settings, toolbox_of(state.settings)
        return self._toolbox

    @property
    def history(self) -> History:
        """What the model sees of the thread. Raises LookupError before it is loaded."""
        if self.loaded is None:
            raise LookupError(f"the history of {self.state.id} is not loaded")
        return self.loaded

    async def load_history(self) -> None:
        """Read what the model sees of the thread, unless that is known."""
        if self.loaded is None:
            self.loaded = await history_of(self.services.log, self.state.id)

    async def append(
        self, events: Events, origin: Origin, idempotency: Idempotency | None = None
    ) -> Appended:
        """Append, then let state and history follow. Raises StoreError."""
        state = self.state
        snapshot = Stored(state, self._kept_version).snapshot(events)
        stream, version = thread_stream(state.id), state.version
        causes = causes_of(state, events)
        appended = await self.services.log.append(
            StreamAppend(stream, events, version, state.incarnation, snapshot, causes),
            meta=origin.at(self.now_ms()),
            idempotency=idempotency,
        )
        if not appended.replayed:
            self._follow(appended.recorded)
            if snapshot is not None:
                self._kept_version = self.state.version
        return appended

    def _follow(self, recorded: Sequence[Recorded]) -> None:
        self.in_doubt = True
        self.state = fold_thread(recorded, self.state)
        for fact in recorded:
            if self.loaded is not None:
                self.loaded.take(fact.event)
            if isinstance(fact.event, ModelRequested):
                self.mended = noteworthy(fact.event.mended)

    async def append_patiently(self, events: Events, origin: Origin) -> None:
        """Append as soon as the store takes anything."""
        while True:
            try:
                await self.append(events, origin)
            except LATER:
                await asyncio.sleep(RETRY_S)
            else:
                return
