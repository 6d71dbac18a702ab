"""What one connection is told besides its answers: in the log's order, and never past its bound."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.outbox import Unwritten
from threadhost.adapters.jsonrpc.server_requests import ServerRequest

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.replay import Replay
    from threadhost.adapters.jsonrpc.session import Session

Outgoing = Notice | ServerRequest
logger = logging.getLogger("threadhost.session")

BEHIND = (
    "notifications came faster than they were read: what follows position {} is told from the log,"
    " later than it happens and without what the log does not have, such as the deltas of a text"
)
LOST = "notifications of threads in memory, which no log has, came faster than they were read: lost"


class News:
    """Notifications and requests on their way to one client.

    Those that a request of its own caused wait until it is answered, and all after them wait with
    them, so that what a client has seen is always a prefix of the log. A client for which there is
    no more room has fallen behind: from there on nothing is kept for it, and when it has read what
    waits it is told of the log by a replay.
    """

    def __init__(
        self,
        session: "Session",
        is_wanted: Callable[[Outgoing], bool],
        is_held: Callable[[Outgoing], bool],
    ) -> None:
        self._app, self._outbox = session.app, session.outbox
        self.limits = session.app.settings.limits
        self._cursor_at = session.app.cursors.at
        self._session = session
        self._is_wanted = is_wanted
        self._is_held = is_held
        self._waiting: deque[Outgoing] = deque()
        self._behind: list[Outgoing] = []
        """What is to be told after a replay, since no log has it."""
        self._replay: Replay | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._owed_after = 0
        """While a replay tells of the log: up to where all was told that goes without one."""
        self._replayed = 0
        """The newest position that a replay told of."""
        self._is_subscription = False
        """Whether the client asked for the replay."""
        self._has_lost = False

    @property
    def is_behind(self) -> bool:
        """Whether a replay tells of the log, or will."""
        return self._replay is not None

    @property
    def waiting(self) -> int:
        """Notifications that wait for an answer or for the end of a replay."""
        return len(self._waiting) + len(self._behind)

    def hear(self, outgoing: Outgoing) -> None:
        """Take a notification as it is made; never raises.

        While a replay tells of the log, only what is not in the log is kept, for later. What cannot
        be taken is told from the log, too; a client that cannot have it so either is hung up on.
        """
        try:
            if self._replay is None:
                self.pass_on(outgoing)
            elif outgoing.is_fleeting and self._is_wanted(outgoing):
                if self._has_room(outgoing):
                    self._keep(self._behind, outgoing)
                else:
                    self._has_lost = True
        except Exception:
            logger.exception("%s cannot be told of %s", self._session.id, outgoing.method)
            self._make_up_for(outgoing)

    def _make_up_for(self, outgoing: Outgoing) -> None:
        """Nobody misses anything without being told."""
        if isinstance(outgoing, ServerRequest):
            outgoing.fail("the request could not be sent")
        elif self._replay is not None:
            self._has_lost = True
        else:
            with self._told_or_hung_up_on():
                self._fall_behind(outgoing)

    @contextmanager
    def _told_or_hung_up_on(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            logger.exception("%s is hung up on: it would miss something", self._session.id)
            self._outbox.give_up()

    def hear_ahead(self, notice: Notice) -> None:
        """Take a notification that goes ahead of those that wait, and moves no cursor past them."""
        if not self._waiting:
            self.hear(notice)
        elif self._replay is None and self._is_wanted(notice):
            ahead = notice.at(self._cursor(notice))
            size = self._size(ahead)
            self._waiting.appendleft(ahead)
            self._outbox.hold(size)

    def tell_at_once(self, notice: Notice) -> None:
        """Send what is of use only now, past all that waits; drop it if there is no room.

        It moves no cursor. While a replay tells of the log, which cursor would be right is not
        known, and it is dropped, too.
        """
        now = notice.at(self._cursor(notice))
        if self._replay is None and self._is_wanted(now) and self._has_room(now):
            self._send(now)

    def pass_on(self, outgoing: Outgoing) -> None:
        """Send a notification, unless something ahead of it has to wait, or there is no room."""
        if not self._is_wanted(outgoing):
            return
        if self._replay is not None:
            self._pass_on_again(outgoing)
        elif isinstance(outgoing, ServerRequest):
            self._send_in_turn(outgoing)
        else:
            self._pass_on_news(outgoing)

    def _pass_on_news(self, notice: Notice) -> None:
        try:
            message = notice.encode(self.limits.frame_bytes_max, self._cursor_at)
        except MemoryError:  # told from the log, once there is some
            self._fall_behind(notice)
            return
        if not self._outbox.has_room(len(message)):
            self._fall_behind(notice)
        elif self._waiting or self._is_held(notice):
            self._keep(self._waiting, notice)
        else:
            self._outbox.send(message)

    def _pass_on_again(self, outgoing: Outgoing) -> None:
        """What a replay tells, which waits for room by itself."""
        if isinstance(outgoing, Notice):
            if not self._app.hub.concerns(self._session, outgoing):
                return
            self._replayed = outgoing.position
        self._send_in_turn(outgoing)

    def _send_in_turn(self, outgoing: Outgoing) -> None:
        if self._waiting or self._is_held(outgoing):
            self._keep(self._waiting, outgoing)
        else:
            self._send(outgoing)

    def let_go(self) -> None:
        """Send what waited for a request that is answered now."""
        while self._waiting and not self._is_held(self._waiting[0]):
            outgoing = self._waiting.popleft()
            self._outbox.hold(-self._size(outgoing))
            self._send(outgoing)

    def close(self) -> None:
        """Nobody hears anything more."""
        self.stop_replay()
        self._drop(self._waiting)
        self._drop(self._behind)

    # -- replays --

    def subscribe(self, replay: "Replay") -> None:
        """From here on this connection is told of the log by a replay, until that caught up."""
        self._begin_with(replay, self._app.hub.position)
        self._is_subscription = True

    def unsubscribe(self) -> None:
        """Hear of the log only what goes without a subscription, and all of that.

        A replay that is past what was told before goes on with what still concerns this connection.
        """
        if self._replay is not None and self._is_subscription and self._replayed < self._owed_after:
            after = self._owed_after
            self._begin_with(self._app.replay(self._session, after), after)

    def _begin_with(self, replay: "Replay", heard_up_to: int) -> None:
        """What waits to be sent and is not in the log comes after the replay."""
        waiting = (each.cursor_before for each in self._waiting if isinstance(each, Notice))
        if self._replay is None:
            self._owed_after = next(waiting, heard_up_to)
        self._cancel()
        fleeting = [outgoing for outgoing in self._waiting if outgoing.is_fleeting]
        self._drop(self._waiting)
        for outgoing in fleeting:
            self._keep(self._behind, outgoing)
        self._replay, self._replayed, self._is_subscription = replay, 0, False

    def begin_replay(self) -> None:
        """The request for it is answered; one that nobody asked for waits for the reader."""
        if self._replay is not None and self._catching_up is None:
            self._replay.begin()

    def stop_replay(self) -> None:
        """Hear the log directly again."""
        if self._replay is None:
            return
        self._cancel()
        behind = tuple(self._behind)
        self._drop(self._behind)
        for outgoing in behind:
            self.hear(outgoing.at(self._app.hub.position))
        if self._has_lost and self._replay is None:
            self._has_lost = False
            self._warn(LOST, self._app.hub.position)

    def _cancel(self) -> None:
        if self._replay is not None:
            self._replay.cancel()
        if self._catching_up is not None:
            self._catching_up.cancel()
        self._replay = self._catching_up = None

    def _fall_behind(self, notice: Notice) -> None:
        after = self._cursor(notice)
        logger.info("%s has fallen behind at position %d", self._session.id, after)
        self._has_lost |= notice.is_fleeting
        replay = self._app.replay(self._session, after)
        self._begin_with(replay, after)
        catching_up = self._catch_up(replay, after)
        self._catching_up = asyncio.get_running_loop().create_task(catching_up)

    async def _catch_up(self, replay: "Replay", after: int) -> None:
        await self._outbox.drained()
        await self._app.cursors.fetch(after)
        with self._told_or_hung_up_on():
            self._warn(BEHIND.format(after), after)
            self._catching_up = None
            replay.begin()

    def _warn(self, message: str, position: int) -> None:
        from threadhost.adapters.jsonrpc.models.notices import WarningNotification

        warning = WarningNotification(message=message)
        self.pass_on(Notice(warning, self._app.clock.now_ms(), position))

    # -- what waits --

    def _cursor(self, notice: Notice) -> int:
        """Up to where this connection was told everything that goes ahead of this."""
        waiting = (each.cursor_before for each in self._waiting if isinstance(each, Notice))
        return next(waiting, notice.cursor_before)

    def _size(self, outgoing: Outgoing) -> int:
        return outgoing.size_bytes or len(self._message(outgoing))

    def _message(self, outgoing: Outgoing) -> bytes | Unwritten:
        bytes_max = self.limits.frame_bytes_max
        if isinstance(outgoing, Notice):
            return outgoing.encode(bytes_max, self._cursor_at)
        return outgoing.encode(bytes_max)

    def _has_room(self, outgoing: Outgoing) -> bool:
        """Requests have a bound of their own."""
        return isinstance(outgoing, ServerRequest) or self._outbox.has_room(self._size(outgoing))

    def _keep(self, where: deque[Outgoing] | list[Outgoing], outgoing: Outgoing) -> None:
        size = self._size(outgoing)
        where.append(outgoing)
        self._outbox.hold(size)

    def _drop(self, where: deque[Outgoing] | list[Outgoing]) -> None:
        self._outbox.hold(-sum(map(self._size, where)))
        where.clear()

    def _send(self, outgoing: Outgoing) -> None:
        if isinstance(outgoing, Notice) or outgoing.sends(self.limits.frame_bytes_max):
            self._outbox.send(self._message(outgoing))
