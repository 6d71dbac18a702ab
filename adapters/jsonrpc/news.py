"""What one connection is told besides its answers: in the log's order, and never past its bound."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.outbox import Unwritten
from threadhost.adapters.jsonrpc.server_requests import ServerRequest

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.replay import Replay
    from threadhost.adapters.jsonrpc.session import Session

Told = Notice | ServerRequest
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
        self, session: "Session", is_wanted: Callable[[Told], bool], is_held: Callable[[Told], bool]
    ) -> None:
        self._app, self._outbox = session.app, session.outbox
        self._limits = session.app.settings.limits
        self._session = session
        self._is_wanted = is_wanted
        self._is_held = is_held
        self._waiting: deque[Told] = deque()
        self._behind: list[Told] = []
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

    def hear(self, told: Told) -> None:
        """Take a notification as it is made.

        While a replay tells of the log, only what is not in the log is kept, for later.
        """
        if self._replay is None:
            self.pass_on(told)
        elif told.is_fleeting and self._is_wanted(told):
            if self._has_room(told):
                self._keep(self._behind, told)
            else:
                self._has_lost = True

    def hear_ahead(self, notice: Notice) -> None:
        """Take a notification that goes ahead of those that wait, and moves no cursor past them."""
        if not self._waiting:
            self.hear(notice)
        elif self._replay is None and self._is_wanted(notice):
            ahead = notice.at(self._cursor(notice))
            self._waiting.appendleft(ahead)
            self._outbox.hold(self._size(ahead))

    def tell_at_once(self, notice: Notice) -> None:
        """Send what is of use only now, past all that waits; drop it if there is no room.

        It moves no cursor. While a replay tells of the log, which cursor would be right is not
        known, and it is dropped, too.
        """
        now = notice.at(self._cursor(notice))
        if self._replay is None and self._is_wanted(now) and self._has_room(now):
            self._send(now)

    def pass_on(self, told: Told) -> None:
        """Send a notification, unless something ahead of it has to wait, or there is no room."""
        if not self._is_wanted(told):
            return
        if self._replay is not None:
            self._pass_on_again(told)
        elif isinstance(told, ServerRequest):
            self._send_in_turn(told)
        else:
            self._pass_on_news(told)

    def _pass_on_news(self, notice: Notice) -> None:
        message = self._message(notice)
        if not self._outbox.has_room(len(message)):
            self._fall_behind(notice)
        elif self._waiting or self._is_held(notice):
            self._keep(self._waiting, notice)
        else:
            self._outbox.send(message)

    def _pass_on_again(self, told: Told) -> None:
        """What a replay tells, which waits for room by itself."""
        if isinstance(told, Notice):
            if not self._app.hub.concerns(self._session, told):
                return
            self._replayed = told.position
        self._send_in_turn(told)

    def _send_in_turn(self, told: Told) -> None:
        if self._waiting or self._is_held(told):
            self._keep(self._waiting, told)
        else:
            self._send(told)

    def let_go(self) -> None:
        """Send what waited for a request that is answered now."""
        while self._waiting and not self._is_held(self._waiting[0]):
            told = self._waiting.popleft()
            self._outbox.hold(-self._size(told))
            self._send(told)

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

    def _begin_with(self, replay: "Replay", told_up_to: int) -> None:
        """What waits to be sent and is not in the log comes after the replay."""
        waiting = (one.cursor_before for one in self._waiting if isinstance(one, Notice))
        if self._replay is None:
            self._owed_after = next(waiting, told_up_to)
        self._cancel()
        fleeting = [told for told in self._waiting if told.is_fleeting]
        self._drop(self._waiting)
        for told in fleeting:
            self._keep(self._behind, told)
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
        for told in behind:
            self.hear(told.at(self._app.hub.position))
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
        waiting = (one.cursor_before for one in self._waiting if isinstance(one, Notice))
        return next(waiting, notice.cursor_before)

    def _size(self, told: Told) -> int:
        return told.size_bytes or len(self._message(told))

    def _message(self, told: Told) -> bytes | Unwritten:
        bytes_max = self._limits.frame_bytes_max
        if isinstance(told, Notice):
            return told.encode(bytes_max, self._app.cursors.at)
        return told.encode(bytes_max)

    def _has_room(self, told: Told) -> bool:
        """Requests have a bound of their own."""
        return isinstance(told, ServerRequest) or self._outbox.has_room(self._size(told))

    def _keep(self, where: deque[Told] | list[Told], told: Told) -> None:
        where.append(told)
        self._outbox.hold(self._size(told))

    def _drop(self, where: deque[Told] | list[Told]) -> None:
        self._outbox.hold(-sum(map(self._size, where)))
        where.clear()

    def _send(self, told: Told) -> None:
        if isinstance(told, Notice) or told.sends(self._limits.frame_bytes_max):
            self._outbox.send(self._message(told))
