"""Which connections receive the notifications of which threads, and since which position."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from threadhost.actors.runtime.watchers import Watchers
from threadhost.adapters.jsonrpc.lineage import Lineage
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.events.named_tuple import NamedTuple


class Place(NamedTuple):
    """A position in the durable log, and one in the log of ephemeral threads."""

    durable: int
    in_memory: int


class Listener(Protocol):
    """A connection that receives notifications."""

    is_gone: bool
    """Whether the connection is closed, and receives nothing more."""

    def deliver(self, notice: Notice) -> None:
        """Deliver a notification to the client."""

    def note_following(self, thread_id: str, *, on: bool) -> None:
        """Note that the connection follows a thread from now on, or no longer.

        `on=False` is also sent for a thread with live items that the connection got notifications
        of without following it, and gets no longer.
        """


Places = dict[Listener, Place]
"""Connections, in the order in which they came, each with the place from which it hears all."""


class Followers:
    """Knows for each connection which threads it follows; `place` is the present place.

    A follower of a thread also hears its agents, and theirs.
    """

    def __init__(self, lineage: Lineage, place: Callable[[], Place]) -> None:
        self._lineage = lineage
        self._place = place
        self._everyone: dict[Listener, None] = {}
        self._followers: dict[str, Places] = {}
        self._follow_all: Places = {}
        self.joins = Watchers()
        """Waiters for a connection to follow a thread."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many connections there are, and how many follow what."""
        return {
            "initialized": len(self._everyone),
            "subscribed": len(self._follow_all),
            "followed_threads": len(self._followers),
            "followers": sum(map(len, self._followers.values())),
            "awaited_threads": len([*self.joins]),
        }

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
            followers[listener] = self._place()
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

    def follow_all(self, listener: Listener, *, on: bool) -> None:
        """Set whether the connection receives the turns and items of all threads."""
        if on and not listener.is_gone:
            self._follow_all.setdefault(listener, self._place())
        else:
            self._follow_all.pop(listener, None)

    def forget(self, thread_id: str) -> None:
        """End the following of a deleted thread."""
        for listener in self._followers.pop(thread_id, ()):
            listener.note_following(thread_id, on=False)

    def note_catch_up(self, listener: Listener, position: int) -> None:
        """Note that a catch-up sends the connection all that it follows, from a position on."""
        for places in (self._follow_all, *self._followers.values()):
            if (place := places.get(listener)) is not None:
                places[listener] = place._replace(durable=min(place.durable, position))

    def notified_since(self, listener: Listener, thread_id: str) -> Place:
        """The place from which on the connection got, and gets, all notifications of a thread."""
        thread_ids = (thread_id, *self._lineage.ancestors(thread_id))
        heard = (self._follow_all, *(self._followers.get(t, {}) for t in thread_ids))
        places = [each[listener] for each in heard if listener in each] or [self._place()]
        return Place(*map(min, zip(*places, strict=True)))

    def is_followed(self, thread_id: str) -> bool:
        """Whether a connection follows this very thread; following all threads does not count."""
        return thread_id in self._followers

    def follows(self, listener: Listener, thread_id: str) -> bool:
        """Whether the connection follows this very thread."""
        return listener in self._followers.get(thread_id, ())

    def of(self, thread_id: str) -> list[Listener]:
        """The connections that follow this thread or its ancestors, in order."""
        return list(self._up_to_root(thread_id))

    def are_any(self, thread_id: str) -> bool:
        """Whether the thread's turns and items go to any connection."""
        if thread_id in self._followers or self._follow_all:
            return True
        return self._lineage.is_agent(thread_id) and bool(self._up_to_root(thread_id))

    def concerns(self, listener: Listener, notice: Notice) -> bool:
        """Whether a live notice like this would go to the connection."""
        if notice.thread_id is None:
            return listener in self._everyone
        return bool(self.notified_threads(listener, (notice.thread_id,)))

    def notified_threads(self, listener: Listener, thread_ids: Collection[str]) -> Collection[str]:
        """Those of these threads whose notifications for followers go to the connection."""
        if listener in self._follow_all:
            return thread_ids
        heard_ids = {t for t in thread_ids if self.follows(listener, t)}
        agents = filter(self._lineage.is_agent, thread_ids)
        heard_ids.update(t for t in agents if listener in self._up_to_root(t))
        return heard_ids

    def audience(self, thread_id: str | None) -> Iterable[Listener]:
        """The connections that receive a notification of this thread, or one for everyone."""
        if thread_id is None:
            return tuple(self._everyone)
        followers = self._followers.get(thread_id, self._follow_all)
        if self._lineage.is_agent(thread_id):
            followers = self._up_to_root(thread_id)
        if self._follow_all and followers is not self._follow_all:
            followers = {**followers, **self._follow_all}
        return tuple(followers)

    def _up_to_root(self, thread_id: str) -> Places:
        """The followers of a thread, then those of its ancestors if it is an agent, in order."""
        followers = self._followers.get(thread_id, {})
        for ancestor_id in self._lineage.ancestors(thread_id):
            followers = {**followers, **self._followers.get(ancestor_id, {})}
        return followers
