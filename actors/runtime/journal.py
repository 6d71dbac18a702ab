"""The stream of a thread's actor: appends events to it and folds them into the thread's state."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from random import random
from typing import TYPE_CHECKING

from threadhost.actors.account import Account
from threadhost.actors.answers import NoClients, NoPictures
from threadhost.actors.goal_pacing import GoalPacing
from threadhost.actors.model_settings import digests_of, model_settings
from threadhost.actors.models import ModelClient, ModelSettings
from threadhost.actors.origin import Origin
from threadhost.actors.ports import Budgets, Clock, HostWork, Ids, OutboxRelay, Pictures, Tools
from threadhost.actors.runtime.append_errors import patiently
from threadhost.actors.runtime.logs import Stored, history_of
from threadhost.actors.runtime.pending_events import NOT_MEASURED, PendingHistory, Steps
from threadhost.actors.server_tools import NoServers, Offer, ToolServers
from threadhost.actors.thread import Events
from threadhost.events.base import Event, Gap
from threadhost.events.causes import causes_of
from threadhost.events.fold import Thread
from threadhost.events.history_events import is_changed_by
from threadhost.events.ids import thread_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.revert import ThreadReverted
from threadhost.events.store.committer import Appended, Idempotency, StreamAppend
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadSettings

if TYPE_CHECKING:
    from threadhost.actors.job_ports import JobOutside
    from threadhost.actors.runtime.live import Live
    from threadhost.actors.tools import HostTools, Toolbox
    from threadhost.events.history import History

Recall = Callable[[Thread], str | None]
"""The memory that the model of a thread is given; None for none."""
DropLines = Callable[[Iterable[bytes]], None]
"""Is told of history lines that are no longer kept here."""


def drop_nothing(lines: Iterable[bytes]) -> None:
    """For hosts that cache nothing of them."""


class Outside(NamedTuple):
    """The outside world of a host; `chance` gives numbers from 0 up to 1."""

    model: ModelClient
    clock: Clock
    ids: Ids
    live: "Live"
    tools: Tools = NoClients()
    pictures: Pictures = NoPictures()
    chance: Callable[[], float] = random
    drop_lines: DropLines = drop_nothing
    servers: ToolServers = NoServers()
    jobs: "Callable[[], JobOutside] | None" = None
    """Makes the outside parts of jobs, on first use."""


class ThreadServices(NamedTuple):
    """The parts of the host that all thread actors of a log share."""

    log: Log
    tool_timeout_ms: int
    turn_timeout_ms: int
    pacing: GoalPacing
    begins_unattended_turns: bool
    """Whether the host begins queued turns, and turns for goals, without a client."""
    host_tools: Callable[[Thread], "HostTools"]
    """The host tools that the model of a thread is offered."""
    recall: Recall
    host_work: Mapping[str, HostWork]
    """The work of calls of host tools outside of their thread, by family."""
    mail: OutboxRelay
    budgets: Budgets
    memory: Account
    model: ModelClient
    clock: Clock
    ids: Ids
    live: "Live"
    tools: Tools
    pictures: Pictures
    chance: Callable[[], float]
    drop_lines: DropLines
    servers: ToolServers
    jobs: "Callable[[], JobOutside] | None"


class _MadeFor(NamedTuple):
    """Values derived from a thread's settings and the servers' offer."""

    settings: "ThreadSettings"
    offer: Offer
    toolbox: "Toolbox"
    model: ModelSettings


class _Digested(NamedTuple):
    """The digests for some model settings."""

    settings: ModelSettings
    digests: Mapping[str, str]


class Journal:
    """The recorded state of a thread, and the only way to append to its stream."""

    __slots__ = (
        "_blank_version",
        "_digested",
        "_foreseen",
        "_is_over",
        "_kept_version",
        "_made_for_settings",
        "_measured",
        "_reverted_to",
        "_settings_bytes",
        "_steps",
        "_weighed_settings",
        "in_doubt",
        "loaded",
        "services",
        "size_bytes",
        "state",
    )

    def __init__(
        self, services: ThreadServices, stored: Stored, history: "History | None" = None
    ) -> None:
        self.services = services
        self.state, self._kept_version, self._blank_version = stored
        self.loaded = history
        """The model's history; None until it is needed."""
        self._made_for_settings: _MadeFor | None = None
        self._digested: _Digested | None = None
        self._foreseen: PendingHistory | None = None
        self._reverted_to: History | None = None
        self._measured = NOT_MEASURED
        self._steps = Steps.none(self.state)
        self.in_doubt = False
        """Whether an error may leave state and log apart: after an append, or without an asker."""
        self._weighed_settings: ThreadSettings | None = None
        self.size_bytes = self._settings_bytes = 0
        self._is_over = False
        self._book_size()

    def now_ms(self) -> int:
        """The time for new records."""
        return self.services.clock.now_ms()

    def tools(self, state: Thread) -> "Toolbox":
        """The tools for the model in this state; cached until they change."""
        if state.settings:
            return self._made_for(state.settings).toolbox
        from threadhost.actors.tools import NO_TOOLS

        return NO_TOOLS

    def model_settings(self, settings: ThreadSettings) -> ModelSettings:
        """The settings of a model call under these thread settings; cached until they change."""
        return self._made_for(settings).model

    def _made_for(self, settings: ThreadSettings) -> _MadeFor:
        made_for, offer = self._made_for_settings, self.services.servers.offer
        if made_for is None or made_for.settings is not settings or made_for.offer is not offer:
            tools = self._toolbox(settings, offer)
            model = self._asked_with(settings)
            made_for = self._made_for_settings = _MadeFor(settings, offer, tools, model)
        return made_for

    def renew(self) -> None:
        """Drop the cached tools and settings: inputs other than the thread's have changed."""
        if self._made_for_settings is not None:
            self.services.drop_lines(self._made_for_settings.toolbox.definitions)
            self._made_for_settings = None

    def without_memory(self, settings: ModelSettings) -> ModelSettings:
        """These settings without the memory of other threads."""
        made_for = self._made_for_settings
        if made_for is None or self.services.recall(self.state) is None:
            return settings
        return settings._replace(developer=model_settings(made_for.settings).developer)

    def _asked_with(self, settings: ThreadSettings) -> ModelSettings:
        return model_settings(settings, self.services.recall(self.state))

    def _toolbox(self, settings: "ThreadSettings", offer: Offer) -> "Toolbox":
        from threadhost.actors.tools import toolbox_of

        return toolbox_of(settings, self.services.host_tools(self.state), offer)

    def digests(self, settings: ModelSettings) -> Mapping[str, str]:
        """The digests of these settings; cached until they change."""
        if self._digested is None or self._digested.settings != settings:
            self._digested = _Digested(settings, digests_of(settings))
        return self._digested.digests

    @property
    def history(self) -> "History":
        """The model's history. Raises LookupError before it is loaded."""
        if self.loaded is None:
            raise LookupError(f"the history of {self.state.id} is not loaded")
        return self.loaded

    def foresee(self, events: Sequence[Event], added: Sequence[Event] = ()) -> "History":
        """The history with these events; cached until they are in the log."""
        pending = self._foreseen
        if pending is None or not pending.is_of(self.history, events):
            pending = PendingHistory.made(self.history, events)
        if added:
            pending = PendingHistory(pending.of, [*events, *added], pending.then.foreseen(added))
        self._foreseen = pending
        return pending.then

    async def prepare(self, events: Sequence[Event]) -> None:
        """Compute the history with large events, off the loop."""
        pending = self._foreseen
        if self.loaded is None or (
            pending is not None and pending.is_recorded_in(self.loaded, events)
        ):
            return
        if self._are_large(events):
            self._foreseen = await asyncio.to_thread(PendingHistory.made, self.loaded, events)

    def then(self, events: Sequence[Event]) -> Thread:
        """The thread after these events; cached for their append."""
        return self._passed(events)[-1]

    def _passed(self, events: Sequence[Event]) -> Sequence[Thread]:
        """The state before each of these events, and the state after the last."""
        self._steps = self._steps.through(events, self.state)
        return self._steps.passed

    def _are_large(self, events: Sequence[Event]) -> bool:
        """Whether these events are large; each event is measured only once."""
        self._measured = self._measured.at(events)
        return self._measured.are_large

    def expect_revert(self, reverted_to: "History | None") -> None:
        """Set the history that the next revert will lead to; None if no revert comes."""
        if reverted_to is not self._reverted_to:
            self._reverted_to = reverted_to
            self._book_size()

    async def load_history(self) -> None:
        """Read the model's history, unless it is loaded."""
        if self.loaded is None and self.state.version == self._blank_version:
            self.loaded = _no_history()
        elif self.loaded is None:
            settings, model = self.state.settings, self.services.model
            provider = settings.model_provider if settings else model.name
            self.loaded = await history_of(self.services.log, self.state.id, provider)
            self._book_size()

    def drop_history(self) -> None:
        """Drop the model's history from memory; the log has it."""
        self.replace_history(None)

    def replace_history(self, history: "History | None") -> None:
        """Set the model's history; None drops it until it is needed."""
        self._drop_lines()
        self.loaded, self._reverted_to, self._foreseen = history, None, None
        self._book_size()

    def close(self) -> None:
        """Release everything, as the actor may stay in memory as garbage for a while."""
        self._is_over = True
        self.replace_history(None)
        if self._made_for_settings is not None:
            self.services.drop_lines(self._made_for_settings.toolbox.definitions)
        self.state = self.state._replace(settings=None)
        self._steps = Steps.none(self.state)
        self._made_for_settings = self._weighed_settings = self._digested = None

    def _drop_lines(self) -> None:
        if self.loaded is not None:
            self.services.drop_lines(line.json for line in self.loaded.lines)

    def _book_size(self) -> None:
        """Book the present size of the thread's settings and history."""
        settings, size = self.state.settings, 0
        if settings is not self._weighed_settings:
            self._weighed_settings = settings
            self._settings_bytes = len(settings.model_dump_json()) if settings else 0
        if not self._is_over:
            size = self._settings_bytes + (self.loaded.size_bytes if self.loaded else 0)
            if self._reverted_to is not None:
                size += self._reverted_to.size_bytes
        self.services.memory.book(size - self.size_bytes)
        self.size_bytes = size

    async def append(
        self,
        events: Events,
        origin: Origin,
        idempotency: Idempotency | None = None,
        asker: str = "",
    ) -> Appended:
        """Append, then update state and history. Raises StoreError."""
        await self.prepare(events)
        state, states = self.state, self._passed(events)
        causes, foreseen = causes_of(events, states), states[-1]
        snapshot = Stored(state, self._kept_version).snapshot(foreseen)
        stream, version = thread_stream(state.id), state.version
        appended = await self.services.log.append(
            StreamAppend(stream, events, version, state.incarnation, snapshot, causes),
            meta=origin.at(self.now_ms()),
            idempotency=idempotency,
            is_large=self._are_large(events),
            asker=asker,
        )
        self._measured = NOT_MEASURED
        if appended.replayed:
            self.expect_revert(None)
        else:
            self._follow([fact.event for fact in appended.recorded], foreseen)
            if snapshot is not None:
                self._kept_version = self.state.version
        return appended

    def _follow(self, events: Sequence[Event | Gap], state: Thread) -> None:
        self.in_doubt = True
        self.state = state
        self._steps = Steps.none(state)
        self._follow_in_history(events)
        for event in events:
            if isinstance(event, ThreadReverted):
                self.replace_history(self._reverted_to)
        self._book_size()

    def _follow_in_history(self, events: Sequence[Event | Gap]) -> None:
        pending, self._foreseen = self._foreseen, None
        if self.loaded is None:
            self._begin_history(events)
        if self.loaded is None:
            return
        if pending is not None and pending.is_recorded_in(self.loaded, events):
            self.loaded, events = pending.then, events[len(pending.events) :]
        for event in events:
            self.loaded.take(event)

    def _begin_history(self, events: Sequence[Event | Gap]) -> None:
        """Begin an empty history, if these are the first events that belong to one."""
        if self.state.version - len(events) != self._blank_version:
            return
        self._blank_version = self.state.version
        if is_changed_by(events):
            self._blank_version = -1
            self.loaded = _no_history()

    async def append_with_retries(self, events: Events, origin: Origin) -> None:
        """Append, with retries until the store takes it."""
        await patiently(partial(self.append, events, origin))


def _no_history() -> "History":
    from threadhost.events.history import History

    return History()
