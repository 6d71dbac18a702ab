"""Notifies connections of commits, in log order, and of what happens live."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from threadhost.actors.models import ReasoningDelta
from threadhost.adapters import resources
from threadhost.adapters.jsonrpc.followers import Followers, Listener, Place
from threadhost.adapters.jsonrpc.item_rendering import fault_of
from threadhost.adapters.jsonrpc.lineage import Lineage
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.adapters.live_items import LiveItem, LiveItems
from threadhost.events.base import Recorded
from threadhost.events.compaction import CompactionFailed
from threadhost.events.ids import thread_of
from threadhost.events.operator_log import CLIENTS_WAIT, GOES_WITHOUT, HOST_FAULT
from threadhost.events.operator_log_store import LOG_DAMAGED
from threadhost.events.store.errors import OutOfResources
from threadhost.events.thread import ThreadDeleted
from threadhost.events.turn import ItemRecorded, TurnCompleted

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.models.host_stats import NewsStats

T = TypeVar("T")
ENDS = frozenset((ItemRecorded, TurnCompleted, CompactionFailed))
"""The events that end live items."""


class Hub:
    """Fans events out to connections, in log order; live notices carry the current cursor."""

    def __init__(
        self, notifier: Notifier, lineage: Lineage, position: int, now_ms: Callable[[], int]
    ) -> None:
        self._notifier = notifier
        self.lineage = lineage
        self._now_ms = now_ms
        self.followers = Followers(lineage, lambda: Place(self.position, self._position_in_memory))
        self._live = LiveItems()
        self._waiting: deque[tuple[Recorded, bool]] = deque()
        """Committed events not notified yet, each with whether it is of the durable log."""
        self._retrying: asyncio.Task[None] | None = None
        """Retries after a shortage of resources; while it runs no event is notified."""
        self.position = position
        """The newest durable position whose event was passed to its connections."""
        self._position_in_memory = 0

    def stats(self) -> "NewsStats":
        """Counts of connections, followers and waiting events."""
        from threadhost.adapters.jsonrpc.models.host_stats import NewsStats

        return NewsStats(
            **self.followers.counts,
            live_items=len(self._live.all()),
            untold_events=len(self._waiting),
        )

    def belongs(self, agent_id: str, parent_id: str) -> None:
        """Send the followers of the parent also what the agent does, from now on."""
        self.lineage.belongs(agent_id, parent_id)

    def may_belong(self, thread_id: str) -> None:
        """The same, if it turns out that the thread is an agent."""
        self.lineage.may_belong(thread_id)

    def join_thread(self, listener: Listener, thread_id: str, correlation_id: str) -> None:
        """Let a connection follow a thread, and send it the live items that it missed.

        It also gets those of the thread's agents, except agents that it hears already. These
        notifications wait for the reply to the request that joins.
        """
        if self.followers.follows(listener, thread_id):
            return
        joined = self._live.of((thread_id, *self.lineage.below(thread_id, self._live.thread_ids)))
        notified_ids = self.followers.notified_threads(
            listener, {live.thread_id for live in joined}
        )
        self.followers.follow(listener, thread_id)
        for live in joined:
            if live.thread_id not in notified_ids:
                self._notify_live(listener, live, correlation_id)

    def unfollow(self, listener: Listener, thread_id: str) -> bool:
        """End the following of a thread; returns whether the connection followed it."""
        agents = self.lineage.below(thread_id, self._live.thread_ids)
        with self._reporting_unfollowed(listener, agents):
            return self.followers.unfollow(listener, thread_id)

    def unfollow_all(self, listener: Listener) -> None:
        """Send a connection only the turns and items of the threads that it follows."""
        with self._reporting_unfollowed(listener, self._live.thread_ids):
            self.followers.follow_all(listener, on=False)

    @contextmanager
    def _reporting_unfollowed(
        self, listener: Listener, thread_ids: Collection[str]
    ) -> Iterator[None]:
        """Report to a connection which of these threads it gets no more notifications of."""
        before = {*self.followers.notified_threads(listener, thread_ids)}
        yield
        after = self.followers.notified_threads(listener, thread_ids)
        for thread_id in before.difference(after):
            listener.note_following(thread_id, on=False)

    def send_running_items(self, listener: Listener) -> None:
        """Send a connection that reached the end of the log the live items of its threads."""
        for live in self._live.all():
            if self.followers.notified_threads(listener, (live.thread_id,)):
                self._notify_live(listener, live)

    def ready(self, recorded: Sequence[Recorded]) -> bool:
        """Get ready to notify of new events; returns whether nothing has to be read first."""
        return self._notifier.ready(recorded) and self.lineage.is_complete

    async def prepare(self, recorded: Sequence[Recorded]) -> None:
        """Read what the notifications of new events need; a shortage of resources delays them."""
        try:
            await self._prepare(recorded)
        except OutOfResources as error:
            self._later(recorded[0], error)

    async def _prepare(self, recorded: Sequence[Recorded]) -> None:
        await self.lineage.complete()
        await self._notifier.prepare(recorded)

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Notify of committed and prepared events of the durable log."""
        self._waiting.extend((fact, True) for fact in recorded)
        self._notify_waiting()

    def published_in_memory(self, recorded: Sequence[Recorded]) -> None:
        """Notify of events of threads that live only in memory, without cursors of their own."""
        self._waiting.extend((fact, False) for fact in recorded)
        self._notify_waiting()

    def _notify_waiting(self) -> None:
        """Notify of the waiting events in order; a shortage of resources delays them."""
        if self._retrying is not None:
            return
        position = self.position
        while self._waiting:
            fact, is_durable = self._waiting[0]
            try:
                notices = self._notifier.tell(fact, None if is_durable else position)
            except OutOfResources as error:
                self._later(fact, error)
                break
            self._waiting.popleft()
            if type(fact.event) in ENDS:
                self._end_live_items(fact, fact.position - 1 if is_durable else position)
            for notice in notices:
                self._pass_on(notice)
            if isinstance(fact.event, ThreadDeleted):
                self._forget_deleted(fact.event.thread_id)
            if is_durable:
                position = fact.position
            else:
                self._position_in_memory = fact.position
        self.position = max(position, self.position)

    def _later(self, fact: Recorded, error: OutOfResources) -> None:
        CLIENTS_WAIT.emit(position=fact.position - 1, fault=error)
        if self._retrying is None:
            self._retrying = asyncio.get_running_loop().create_task(self._retry_notifications())

    async def _retry_notifications(self) -> None:
        while True:
            await asyncio.sleep(resources.RETRY_S)
            waiting = [fact for fact, _ in self._waiting]
            try:
                await self._prepare(waiting)
            except OutOfResources:
                continue
            if len(waiting) == len(self._waiting):  # else newer events are not prepared
                break
        self._retrying = None
        self._notify_waiting()

    def notice(
        self,
        params: Notification,
        thread_id: str | None = None,
        correlation_id: str = "",
        *,
        is_fleeting: bool = False,
    ) -> Notice:
        """A notice of something that is no event, at the current position."""
        return Notice(
            params,
            self._now_ms(),
            self.position,
            thread_id,
            correlation_id=correlation_id,
            is_fleeting=is_fleeting,
        )

    def say(
        self, params: Notification, thread_id: str | None = None, correlation_id: str = ""
    ) -> None:
        """Notify the followers of a thread, or everyone, of something that is no event."""
        self._pass_on(self.notice(params, thread_id, correlation_id))

    def item_started(self, thread_id: str, turn_id: str, item: dict[str, Any]) -> None:
        """The model began an item."""
        self._live.begin(thread_id, turn_id, item)
        if self.followers.are_any(thread_id):
            from threadhost.adapters.jsonrpc.notify_turns import item_started

            self._say(thread_id, lambda: item_started(thread_id, turn_id, item))

    def text_delta(self, thread_id: str, turn_id: str, item_id: str, text: str) -> None:
        """The model wrote more of an item."""
        self._live.grow(thread_id, item_id, (False, 0), text)
        if self.followers.are_any(thread_id):
            from threadhost.adapters.jsonrpc.notify_turns import text_delta

            self._say(thread_id, lambda: text_delta(thread_id, turn_id, item_id, text))

    def reasoning_delta(
        self, thread_id: str, turn_id: str, item_id: str, delta: ReasoningDelta
    ) -> None:
        """The model thought further."""
        part = delta.of_summary, delta.part
        begins_part = self._live.grow(thread_id, item_id, part, delta.text)
        if self.followers.are_any(thread_id):
            from threadhost.adapters.jsonrpc import notify_turns

            ids = thread_id, turn_id, item_id
            if begins_part and delta.of_summary:
                self._say(thread_id, lambda: notify_turns.summary_part(*ids, delta.part))
            self._say(thread_id, lambda: notify_turns.reasoning_delta(*ids, part, delta.text))

    def _end_live_items(self, fact: Recorded, position: int) -> None:
        event, thread_id = fact.event, thread_of(fact.stream)
        if thread_id is None:
            return
        if isinstance(event, ItemRecorded):
            self._live.complete(thread_id, event.item_id)
        elif isinstance(event, (TurnCompleted, CompactionFailed)):
            of_compaction = isinstance(event, CompactionFailed)
            for live in self._live.left_by(thread_id, event.turn_id, of_compaction=of_compaction):
                self._notify_cut_off(live, position)

    def _notify_cut_off(self, live: LiveItem, position: int) -> None:
        if self.followers.are_any(live.thread_id):
            from threadhost.adapters.jsonrpc.notify_turns import item_completed

            item = live.cut_off(self._now_ms())
            ids = live.thread_id, live.turn_id
            self._say(live.thread_id, lambda: item_completed(*ids, item), position)

    def _notify_live(self, listener: Listener, live: LiveItem, correlation_id: str = "") -> None:
        from threadhost.adapters.jsonrpc.notify_turns import so_far

        for params in self._made_or_reported(live.thread_id, lambda: list(so_far(live))) or ():
            listener.deliver(self.notice(params, live.thread_id, correlation_id))

    def _forget_deleted(self, thread_id: str) -> None:
        self.followers.forget(thread_id)
        self.lineage.forget(thread_id)
        self._live.forget(thread_id)

    def _say(
        self, thread_id: str, make: Callable[[], Notification], position: int | None = None
    ) -> None:
        """Notify of live progress; if it cannot be shown, the later event or a warning follows."""
        params = self._made_or_reported(thread_id, make)
        if params is not None:
            at = self.position if position is None else position
            self._pass_on(Notice(params, self._now_ms(), at, thread_id))

    def _made_or_reported(self, thread_id: str, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except Exception as error:  # noqa: BLE001  (a model may stream anything)
            GOES_WITHOUT.emit(
                what=f"the live notifications of thread {thread_id} are incomplete",
                fault=fault_of(error),
            )
            return None

    def _pass_on(self, notice: Notice) -> None:
        if notice.damage is not None:
            LOG_DAMAGED.emit(finding=f"clients cannot be notified of {notice.damage}")
        for listener in self.followers.audience(notice.thread_id):
            try:
                listener.deliver(notice)
            except Exception as error:  # noqa: BLE001  (the others still get it)
                HOST_FAULT.emit(error, what=f"notifying a client of position {notice.position}")
