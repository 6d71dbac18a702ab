"""Who hears what: connections, the threads they follow, and the log's news for them."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from threadhost.adapters.jsonrpc.models.base import Notification
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.notify import Narrator
from threadhost.events.base import Recorded
from threadhost.events.thread import ThreadDeleted


class Listener(Protocol):
    """A connection as the hub sees it."""

    is_gone: bool
    """Whether it will never hear anything again."""

    def hear(self, notice: Notice) -> None:
        """Take a notification."""
        ...


class Hub:
    """Fans events out to connections, in log order; live notices carry the cursor of the moment."""

    def __init__(self, narrator: Narrator, position: int, now_ms: Callable[[], int]) -> None:
        self._narrator = narrator
        self._now_ms = now_ms
        self._everyone: dict[Listener, None] = {}
        self._followers: dict[str, dict[Listener, None]] = {}
        self._awaited: dict[str, list[asyncio.Event]] = {}
        self._follow_all: dict[Listener, None] = {}
        self.position = position
        """The newest durable position that every connection has been given."""

    def join(self, listener: Listener) -> None:
        """An initialised connection hears what concerns everyone."""
        if not listener.is_gone:
            self._everyone[listener] = None

    def leave(self, listener: Listener) -> None:
        """The connection is gone."""
        self._everyone.pop(listener, None)
        self._follow_all.pop(listener, None)
        for thread_id in [t for t, who in self._followers.items() if listener in who]:
            self.unfollow(listener, thread_id)

    def follow(self, listener: Listener, thread_id: str) -> None:
        """From now on the connection hears the thread's turns and items."""
        if not listener.is_gone:
            self._followers.setdefault(thread_id, {})[listener] = None
            for told in tuple(self._awaited.get(thread_id, ())):
                told.set()

    def unfollow(self, listener: Listener, thread_id: str) -> bool:
        """Whether the connection had followed the thread; now it does not."""
        followers = self._followers.get(thread_id, {})
        found = listener in followers
        followers.pop(listener, None)
        if not followers:
            self._followers.pop(thread_id, None)
        return found

    def follow_all(self, listener: Listener, *, on: bool) -> None:
        """Whether the connection hears the turns and items of all threads."""
        if on and not listener.is_gone:
            self._follow_all[listener] = None
        else:
            self._follow_all.pop(listener, None)

    def is_followed(self, thread_id: str) -> bool:
        """Whether a connection follows this thread, not only all of them."""
        return thread_id in self._followers

    def followers(self, thread_id: str) -> list[Listener]:
        """The connections that follow this thread, in the order in which they came."""
        return list(self._followers.get(thread_id, ()))

    @contextmanager
    def told_of_followers(self, thread_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever a connection begins to follow the thread."""
        told = asyncio.Event()
        self._awaited.setdefault(thread_id, []).append(told)
        try:
            yield told
        finally:
            self._awaited[thread_id].remove(told)
            if not self._awaited[thread_id]:
                del self._awaited[thread_id]

    def concerns(self, listener: Listener, notice: Notice) -> bool:
        """Whether the connection would hear this if it were news."""
        if notice.thread_id is None:
            return listener in self._everyone
        followers = self._followers.get(notice.thread_id, {})
        return listener in followers or listener in self._follow_all

    def has_followers(self, thread_id: str) -> bool:
        """Whether anybody would miss the thread's turns."""
        return thread_id in self._followers or bool(self._follow_all)

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Events of the durable log were committed."""
        for fact in recorded:
            for notice in self._narrator.tell(fact):
                self._pass_on(notice)
            self._forget_deleted(fact)
        self.position = recorded[-1].position

    def published_in_memory(self, recorded: Sequence[Recorded]) -> None:
        """Events of threads that live only in memory: they have no cursor of their own."""
        for fact in recorded:
            for notice in self._narrator.tell(fact, self.position):
                self._pass_on(notice)
            self._forget_deleted(fact)

    def item_started(self, thread_id: str, turn_id: str, item: dict[str, Any]) -> None:
        """The model began an item."""
        if self.has_followers(thread_id):
            from threadhost.adapters.jsonrpc.notify_turns import item_started

            self._say(thread_id, item_started(thread_id, turn_id, item))

    def text_delta(self, thread_id: str, turn_id: str, item_id: str, text: str) -> None:
        """The model wrote more of an item."""
        if self.has_followers(thread_id):
            from threadhost.adapters.jsonrpc.notify_turns import text_delta

            self._say(thread_id, text_delta(thread_id, turn_id, item_id, text))

    def _forget_deleted(self, fact: Recorded) -> None:
        if isinstance(fact.event, ThreadDeleted):
            self._followers.pop(fact.event.thread_id, None)

    def _say(self, thread_id: str, params: Notification) -> None:
        self._pass_on(Notice(params, self._now_ms(), self.position, thread_id))

    def _pass_on(self, notice: Notice) -> None:
        if notice.thread_id is None:
            audience = self._everyone
        else:
            audience = {**self._followers.get(notice.thread_id, {}), **self._follow_all}
        for listener in tuple(audience):
            listener.hear(notice)
