"""Who hears what: connections, the threads they follow, and the log's news for them."""

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
"""What ends an item that a model is at work on."""


class Place(NamedTuple):
    """Positions in the durable log, and in that of the threads that live only in memory."""

    durable: int
    in_memory: int


class Listener(Protocol):
    """A connection as the hub sees it."""

    is_gone: bool
    """Whether it will never hear anything again."""

    def deliver(self, notice: Notice) -> None:
        """Take a notification."""


class Hub:
    """Fans events out to connections, in log order; live notices carry the cursor of the moment."""

    def __init__(
        self, notifier: Notifier, lineage: Lineage, position: int, now_ms: Callable[[], int]
    ) -> None:
        self._notifier = notifier
        self.lineage = lineage
        self._now_ms = now_ms
        self._everyone: dict[Listener, None] = {}
        self._followers: dict[str, dict[Listener, Place]] = {}
        """Those of each thread, and the place past which each was told all of it."""
        self.joins = Watchers()
        """Those of threads who wait for a connection that follows them."""
        self._follow_all: dict[Listener, Place] = {}
        self._live = LiveItems()
        self._untold: deque[tuple[Recorded, bool]] = deque()
        """Events that were committed and not told yet, and whether they are of the durable log."""
        self._retelling: asyncio.Task[None] | None = None
        """Tells them once what was scarce is there again; until then nothing is told."""
        self.position = position
        """The newest durable position that every connection has been given."""
        self._position_in_memory = 0

    def stats(self) -> "NewsStats":
        """Who hears what, in numbers."""
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
        """An initialised connection hears what concerns everyone."""
        if not listener.is_gone:
            self._everyone[listener] = None

    def leave(self, listener: Listener) -> None:
        """The connection is gone."""
        self._everyone.pop(listener, None)
        self._follow_all.pop(listener, None)
        for thread_id in [t for t, listeners in self._followers.items() if listener in listeners]:
            self.unfollow(listener, thread_id)

    def follow(self, listener: Listener, thread_id: str) -> None:
        """From now on the connection hears the thread's turns and items."""
        if not listener.is_gone:
            self._followers.setdefault(thread_id, {}).setdefault(listener, self._place)
            self.joins.notify(thread_id)

    def unfollow(self, listener: Listener, thread_id: str) -> bool:
        """Whether the connection had followed the thread; now it does not."""
        followers = self._followers.get(thread_id, {})
        was_following = listener in followers
        followers.pop(listener, None)
        if not followers:
            self._followers.pop(thread_id, None)
        return was_following

    def belongs(self, agent_id: str, parent_id: str) -> None:
        """From now on whoever follows the parent hears the agent."""
        self.lineage.belongs(agent_id, parent_id)

    def _followers_to_root(self, thread_id: str) -> dict[Listener, Place]:
        """Who follows a thread, or one that it is an agent of, in the order in which they came."""
        followers = self._followers.get(thread_id, {})
        for ancestor_id in self.lineage.ancestors(thread_id):
            followers = {**followers, **self._followers.get(ancestor_id, {})}
        return followers

    def follow_all(self, listener: Listener, *, on: bool) -> None:
        """Whether the connection hears the turns and items of all threads."""
        if on and not listener.is_gone:
            self._follow_all.setdefault(listener, self._place)
        else:
            self._follow_all.pop(listener, None)

    @property
    def _place(self) -> Place:
        return Place(self.position, self._position_in_memory)

    def goes_back(self, listener: Listener, position: int) -> None:
        """The connection is told by a catch-up of all that it hears by now, from a position on."""
        for told_after in (self._follow_all, *self._followers.values()):
            if (place := told_after.get(listener)) is not None:
                told_after[listener] = place._replace(durable=min(place.durable, position))

    def told_after(self, listener: Listener, thread_id: str) -> Place:
        """The place past which the connection was told all of a thread, and is."""
        thread_ids = (thread_id, *self.lineage.ancestors(thread_id))
        heard = (self._follow_all, *(self._followers.get(t, {}) for t in thread_ids))
        places = [each[listener] for each in heard if listener in each] or [self._place]
        return Place(*map(min, zip(*places, strict=True)))

    def is_followed(self, thread_id: str) -> bool:
        """Whether a connection follows this thread, not only all of them."""
        return thread_id in self._followers

    def followers(self, thread_id: str) -> list[Listener]:
        """The connections that follow this thread, in the order in which they came."""
        return list(self._followers_to_root(thread_id))

    def concerns(self, listener: Listener, notice: Notice) -> bool:
        """Whether the connection would hear this if it were news."""
        if notice.thread_id is None:
            return listener in self._everyone
        return bool(self.heard(listener, (notice.thread_id,)))

    def heard(self, listener: Listener, thread_ids: Collection[str]) -> Collection[str]:
        """The threads, of these, of which it hears what goes to their followers alone."""
        if listener in self._follow_all:
            return thread_ids
        none: dict[Listener, Place] = {}
        heard_ids = {t for t in thread_ids if listener in self._followers.get(t, none)}
        agents = filter(self.lineage.is_agent, thread_ids)
        heard_ids.update(t for t in agents if listener in self._followers_to_root(t))
        return heard_ids

    def has_followers(self, thread_id: str) -> bool:
        """Whether anybody would miss the thread's turns."""
        if thread_id in self._followers or self._follow_all:
            return True
        return self.lineage.is_agent(thread_id) and bool(self._followers_to_root(thread_id))

    def join_thread(self, listener: Listener, thread_id: str, correlation_id: str) -> None:
        """Let a connection follow a thread that may be at work, and hear what it missed of that.

        So it is of the thread's agents, save those that it hears already. What it missed waits for
        the answer of the request by which it joins.
        """
        if listener in self._followers.get(thread_id, {}):
            return
        joined = [
            live
            for live in self._live.all()
            if thread_id in (live.thread_id, *self.lineage.ancestors(live.thread_id))
        ]
        heard_ids = self.heard(listener, {live.thread_id for live in joined})
        self.follow(listener, thread_id)
        for live in joined:
            if live.thread_id not in heard_ids:
                self._tell_live(listener, live, correlation_id)

    def tell_all_running(self, listener: Listener) -> None:
        """Tell a connection that is level with the log what models of its threads work on."""
        for live in self._live.all():
            if listener in self._follow_all or listener in self._followers_to_root(live.thread_id):
                self._tell_live(listener, live)

    def ready(self, recorded: Sequence[Recorded]) -> bool:
        """Get ready to tell of new events; whether nothing has to be read before."""
        return self._notifier.ready(recorded) and self.lineage.is_complete

    async def prepare(self, recorded: Sequence[Recorded]) -> None:
        """Events were committed, and are told next; what is scarce just now only makes it later."""
        try:
            await self._prepare(recorded)
        except OutOfResources as error:
            self._later(recorded[0], error)

    async def _prepare(self, recorded: Sequence[Recorded]) -> None:
        await self.lineage.complete()
        await self._notifier.prepare(recorded)

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Events of the durable log were committed, and were prepared."""
        self._untold.extend((fact, True) for fact in recorded)
        self._tell()

    def published_in_memory(self, recorded: Sequence[Recorded]) -> None:
        """Events of threads that live only in memory: they have no cursor of their own."""
        self._untold.extend((fact, False) for fact in recorded)
        self._tell()

    def _tell(self) -> None:
        """Tell what was not told yet, in order; what is scarce just now only makes it later."""
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
            self._retelling = asyncio.get_running_loop().create_task(self._tell_again())

    async def _tell_again(self) -> None:
        while True:
            await asyncio.sleep(resources.RETRY_S)
            untold = [fact for fact, _ in self._untold]
            try:
                await self._prepare(untold)
            except OutOfResources:
                continue
            if len(untold) == len(self._untold):  # else there is more, which may lack something
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
        """What is told of this moment, and is no event."""
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
        """Tell the followers of a thread, or everyone, of what is no event."""
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
                self._tell_cut_off(live, position)

    def _tell_cut_off(self, live: LiveItem, position: int) -> None:
        if self.has_followers(live.thread_id):
            from threadhost.adapters.jsonrpc.notify_turns import item_completed

            item = live.cut_off(self._now_ms())
            ids = live.thread_id, live.turn_id
            self._say(live.thread_id, lambda: item_completed(*ids, item), position)

    def _tell_live(self, listener: Listener, live: LiveItem, correlation_id: str = "") -> None:
        from threadhost.adapters.jsonrpc.notify_turns import so_far

        for params in self._made_or_reported(live.thread_id, lambda: list(so_far(live))) or ():
            listener.deliver(self.notice(params, live.thread_id, correlation_id))

    def _forget_deleted(self, thread_id: str) -> None:
        self._followers.pop(thread_id, None)
        self.lineage.forget(thread_id)
        self._live.forget(thread_id)

    def _say(
        self, thread_id: str, make: Callable[[], Notification], position: int | None = None
    ) -> None:
        """Tell what happens just now; what cannot be told is told, or missed, when it is a fact."""
        params = self._made_or_reported(thread_id, make)
        if params is not None:
            at = self.position if position is None else position
            self._pass_on(Notice(params, self._now_ms(), at, thread_id))

    def _made_or_reported(self, thread_id: str, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except Exception as error:  # noqa: BLE001  (whatever a model streams)
            GOES_WITHOUT.emit(
                what=f"what thread {thread_id} does cannot be told live", fault=fault_of(error)
            )
            return None

    def _pass_on(self, notice: Notice) -> None:
        if notice.damage is not None:
            LOG_DAMAGED.emit(finding=f"clients cannot be told of {notice.damage}")
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
            except Exception as error:  # noqa: BLE001  (it keeps nothing from the others)
                HOST_FAULT.emit(error, what=f"telling a client of position {notice.position}")
