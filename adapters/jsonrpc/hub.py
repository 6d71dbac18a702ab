"""Routes commits to connections: which threads each follows, and the notifications for it."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from threadhost.actors.models import ReasoningDelta
from threadhost.actors.runtime.watchers import Watchers
from threadhost.adapters import resources
from threadhost.adapters.jsonrpc.item_rendering import fault_of
from threadhost.adapters.jsonrpc.lineage import Lineage
from threadhost.adapters.jsonrpc.live_items import LiveItem, LiveItems
from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.notify import Notifier
from threadhost.events.base import Recorded
from threadhost.events.compaction import CompactionFailed
from threadhost.events.ids import thread_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import CLIENTS_WAIT, GOES_WITHOUT, HOST_FAULT, LOG_DAMAGED
from threadhost.events.store.errors import OutOfResources
from threadhost.events.thread import ThreadDeleted
from threadhost.events.turn import ItemRecorded, TurnCompleted

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.models.host_stats import NewsStats

T = TypeVar("T")
ENDS = frozenset((ItemRecorded, TurnCompleted, CompactionFailed))
"""The events that end live items."""


class Place(NamedTuple):
    """A position in the durable log, and one in the log of ephemeral threads."""

    durable: int
    in_memory: int


class Listener(Protocol):
    """A connection as the hub sees it."""

    is_gone: bool
    """Whether the connection is closed, and receives nothing more."""

    def deliver(self, notice: Notice) -> None:
        """Deliver a notification to the client."""

    def note_following(self, thread_id: str, *, on: bool) -> None:
        """Note that the connection follows a thread from now on, or no longer."""


class Hub:
    """Fans events out to connections, in log order; live notices carry the current cursor."""

    def __init__(
        self, notifier: Notifier, lineage: Lineage, position: int, now_ms: Callable[[], int]
    ) -> None:
        self._notifier = notifier
        self.lineage = lineage
        self._now_ms = now_ms
        self._everyone: dict[Listener, None] = {}
        self._followers: dict[str, dict[Listener, Place]] = {}
        """The followers of each thread, each with the place from which on it got all of it."""
        self.joins = Watchers()
        """Waiters for a connection to follow a thread."""
        self._follow_all: dict[Listener, Place] = {}
        self._live = LiveItems()
        self._untold: deque[tuple[Recorded, bool]] = deque()
        """Committed events not notified yet, each with whether it is of the durable log."""
        self._retelling: asyncio.Task[None] | None = None
        """Retries after a shortage of resources; while it runs no event is notified."""
        self.position = position
        """The newest durable position whose event was passed to its connections."""
        self._position_in_memory = 0

    def stats(self) -> "NewsStats":
        """Counts of connections, followers and waiting events."""
        from threadhost.adapters.jsonrpc.models.host_stats import NewsStats

        return NewsStats(
            initialized=len(self._everyone),
            subscribed=len(self._follow_all),
            followed_threads=len(self._followers),
            followers=sum(map(len, self._followers.values())),
            awaited_threads=len([*self.joins]),
            live_items=len(self._live.all()),
            untold_events=len(self._untold),
        )

    def join(self, listener: Listener) -> None:
        """Send an initialised connection the notifications for everyone."""
        if not listener.is_gone:
            self._everyone[listener] = None

    def leave(self, listener: Listener) -> None:
        """Remove a connection that is gone."""
        self._everyone.pop(listener, None)
        self._follow_all.pop(listener, None)
        for thread_id in [t for t, listeners in self._followers.items() if listener in listeners]:
            self.unfollow(listener, thread_id)

    def follow(self, listener: Listener, thread_id: str) -> None:
        """Send the connection the thread's turns and items from now on."""
        if listener.is_gone:
            return
        followers = self._followers.setdefault(thread_id, {})
        if listener not in followers:
            followers[listener] = self._place
            listener.note_following(thread_id, on=True)
        self.joins.notify(thread_id)

    def unfollow(self, listener: Listener, thread_id: str) -> bool:
        """End the following of a thread; returns whether the connection followed it."""
        followers = self._followers.get(thread_id, {})
        was_following = followers.pop(listener, None) is not None
        if not followers:
            self._followers.pop(thread_id, None)
        if was_following:
            listener.note_following(thread_id, on=False)
        return was_following

    def belongs(self, agent_id: str, parent_id: str) -> None:
        """Send the followers of the parent also what the agent does, from now on."""
        self.lineage.belongs(agent_id, parent_id)

    def may_belong(self, thread_id: str) -> None:
        """The same, if it turns out that the thread is an agent."""
        self.lineage.may_belong(thread_id)

    def _followers_to_root(self, thread_id: str) -> dict[Listener, Place]:
        """The followers of a thread, then those of its ancestors if it is an agent, in order."""
        followers = self._followers.get(thread_id, {})
        for ancestor_id in self.lineage.ancestors(thread_id):
            followers = {**followers, **self._followers.get(ancestor_id, {})}
        return followers

    def follow_all(self, listener: Listener, *, on: bool) -> None:
        """Set whether the connection receives the turns and items of all threads."""
        if on and not listener.is_gone:
            self._follow_all.setdefault(listener, self._place)
        else:
            self._follow_all.pop(listener, None)

    @property
    def _place(self) -> Place:
        return Place(self.position, self._position_in_memory)

    def note_catch_up(self, listener: Listener, position: int) -> None:
        """Note that a catch-up sends the connection all that it follows, from a position on."""
        for told_after in (self._follow_all, *self._followers.values()):
            if (place := told_after.get(listener)) is not None:
                told_after[listener] = place._replace(durable=min(place.durable, position))

    def told_after(self, listener: Listener, thread_id: str) -> Place:
        """The place from which on the connection got, and gets, all notifications of a thread."""
        thread_ids = (thread_id, *self.lineage.ancestors(thread_id))
        heard = (self._follow_all, *(self._followers.get(t, {}) for t in thread_ids))
        places = [each[listener] for each in heard if listener in each] or [self._place]
        return Place(*map(min, zip(*places, strict=True)))

    def is_followed(self, thread_id: str) -> bool:
        """Whether a connection follows this very thread; following all threads does not count."""
        return thread_id in self._followers

    def followers(self, thread_id: str) -> list[Listener]:
        """The connections that follow this thread or its ancestors, in order."""
        return list(self._followers_to_root(thread_id))

    def concerns(self, listener: Listener, notice: Notice) -> bool:
        """Whether a live notice like this would go to the connection."""
        if notice.thread_id is None:
            return listener in self._everyone
        return bool(self.heard(listener, (notice.thread_id,)))

    def heard(self, listener: Listener, thread_ids: Collection[str]) -> Collection[str]:
        """Those of these threads whose notifications for followers go to the connection."""
        if listener in self._follow_all:
            return thread_ids
        none: dict[Listener, Place] = {}
        heard_ids = {t for t in thread_ids if listener in self._followers.get(t, none)}
        agents = filter(self.lineage.is_agent, thread_ids)
        heard_ids.update(t for t in agents if listener in self._followers_to_root(t))
        return heard_ids

    def has_followers(self, thread_id: str) -> bool:
        """Whether the thread's turns and items go to any connection."""
        if thread_id in self._followers or self._follow_all:
            return True
        return self.lineage.is_agent(thread_id) and bool(self._followers_to_root(thread_id))

    def join_thread(self, listener: Listener, thread_id: str, correlation_id: str) -> None:
        """Let a connection follow a thread, and send it the live items that it missed.

        It also gets those of the thread's agents, except agents that it hears already. These
        notifications wait for the reply to the request that joins.
        """
        if listener in self._followers.get(thread_id, {}):
            return
        joined = self._live.of((thread_id, *self.lineage.below(thread_id, self._live.thread_ids)))
        heard_ids = self.heard(listener, {live.thread_id for live in joined})
        self.follow(listener, thread_id)
        for live in joined:
            if live.thread_id not in heard_ids:
                self._notify_live(listener, live, correlation_id)

    def send_running_items(self, listener: Listener) -> None:
        """Send a connection that reached the end of the log the live items of its threads."""
        for live in self._live.all():
            if listener in self._follow_all or listener in self._followers_to_root(live.thread_id):
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
        self._untold.extend((fact, True) for fact in recorded)
        self._tell()

    def published_in_memory(self, recorded: Sequence[Recorded]) -> None:
        """Notify of events of threads that live only in memory, without cursors of their own."""
        self._untold.extend((fact, False) for fact in recorded)
        self._tell()

    def _tell(self) -> None:
        """Notify of the waiting events in order; a shortage of resources delays them."""
        if self._retelling is not None:
            return
        position = self.position
        while self._untold:
            fact, is_durable = self._untold[0]
            try:
                notices = self._notifier.tell(fact, None if is_durable else position)
            except OutOfResources as error:
                self._later(fact, error)
                break
            self._untold.popleft()
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
        if self._retelling is None:
            self._retelling = asyncio.get_running_loop().create_task(self._retry_notifications())

    async def _retry_notifications(self) -> None:
        while True:
            await asyncio.sleep(resources.RETRY_S)
            untold = [fact for fact, _ in self._untold]
            try:
                await self._prepare(untold)
            except OutOfResources:
                continue
            if len(untold) == len(self._untold):  # else newer events are not prepared
                break
        self._retelling = None
        self._tell()

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
        if self.has_followers(thread_id):
            from threadhost.adapters.jsonrpc.notify_turns import item_started

            self._say(thread_id, lambda: item_started(thread_id, turn_id, item))

    def text_delta(self, thread_id: str, turn_id: str, item_id: str, text: str) -> None:
        """The model wrote more of an item."""
        self._live.grow(thread_id, item_id, (False, 0), text)
        if self.has_followers(thread_id):
            from threadhost.adapters.jsonrpc.notify_turns import text_delta

            self._say(thread_id, lambda: text_delta(thread_id, turn_id, item_id, text))

    def reasoning_delta(
        self, thread_id: str, turn_id: str, item_id: str, delta: ReasoningDelta
    ) -> None:
        """The model thought further."""
        part = delta.of_summary, delta.part
        begins_part = self._live.grow(thread_id, item_id, part, delta.text)
        if self.has_followers(thread_id):
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
        if self.has_followers(live.thread_id):
            from threadhost.adapters.jsonrpc.notify_turns import item_completed

            item = live.cut_off(self._now_ms())
            ids = live.thread_id, live.turn_id
            self._say(live.thread_id, lambda: item_completed(*ids, item), position)

    def _notify_live(self, listener: Listener, live: LiveItem, correlation_id: str = "") -> None:
        from threadhost.adapters.jsonrpc.notify_turns import so_far

        for params in self._made_or_reported(live.thread_id, lambda: list(so_far(live))) or ():
            listener.deliver(self.notice(params, live.thread_id, correlation_id))

    def _forget_deleted(self, thread_id: str) -> None:
        for listener in self._followers.pop(thread_id, ()):
            listener.note_following(thread_id, on=False)
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
        audience: Mapping[Listener, object] = self._everyone
        if notice.thread_id is not None:
            audience = self._followers.get(notice.thread_id, self._follow_all)
            if self.lineage.is_agent(notice.thread_id):
                audience = self._followers_to_root(notice.thread_id)
            if self._follow_all and audience is not self._follow_all:
                audience = {**audience, **self._follow_all}
        for listener in tuple(audience):
            try:
                listener.deliver(notice)
            except Exception as error:  # noqa: BLE001  (the others still get it)
                HOST_FAULT.emit(error, what=f"notifying a client of position {notice.position}")
