"""The notifications to one connection: in the order of the log, within the bound of its outbox."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.outbox import Unwritten
from threadhost.adapters.jsonrpc.server_requests import ServerRequest
from threadhost.events.operator_log import CLIENT_BEHIND, HOST_FAULT

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.catch_up import CatchUp, Follower
    from threadhost.adapters.jsonrpc.context import HostContext

Outgoing = Notice | ServerRequest

BEHIND = (
    "notifications came faster than they were read: what follows position {} is told from the log,"
    " later than it happens and without what the log does not have, such as the deltas of a text"
)
LOST = "notifications of threads in memory, which no log has, came faster than they were read: lost"


class Delivery:
    """Notifications and requests on their way to one client.

    Those that a request of its own caused wait until it is answered, and all after them wait with
    them, so that what a client has seen is always a prefix of the log. A client for which there is
    no more room has fallen behind: from there on nothing is kept for it, and when it has read what
    waits it is told of the log by a catch-up.
    """

    def __init__(
        self,
        app: "HostContext",
        follower: "Follower",
        is_wanted: Callable[[Outgoing], bool],
        is_held: Callable[[Outgoing], bool],
        catch_up: "Callable[[int], CatchUp]",
    ) -> None:
        self._app, self._outbox = app, follower.outbox
        self.limits = app.settings.limits
        self._cursor_at = app.cursors.at
        self._follower = follower
        self._catch_up_after = catch_up
        self._is_wanted = is_wanted
        self._is_held = is_held
        self._waiting: deque[Outgoing] = deque()
        self._unlogged: list[Outgoing] = []
        """What is to be told after a catch-up, since no log has it."""
        self._catch_up: CatchUp | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._owed_after = 0
        """While a catch-up tells of the log: up to where all was told that goes without one."""
        self._caught_up_to = 0
        """The newest position that a catch-up told of."""
        self._is_subscription = False
        """Whether the client asked for the catch-up."""
        self._has_lost = False

    @property
    def is_behind(self) -> bool:
        """Whether a catch-up tells of the log, or will."""
        return self._catch_up is not None

    @property
    def waiting(self) -> int:
        """Notifications that wait for an answer or for the end of a catch-up."""
        return len(self._waiting) + len(self._unlogged)

    def deliver(self, outgoing: Outgoing) -> None:
        """Take a notification as it is made; never raises.

        While a catch-up tells of the log, only what is not in the log is kept, for later. What
        cannot be taken is told from the log, too; a client that cannot have it so either is hung up
        on.
        """
        try:
            if self._catch_up is not None:
                self._keep_for_later(outgoing)
            elif isinstance(outgoing, ServerRequest):
                self.pass_on(outgoing)
            elif self._is_wanted(outgoing):
                self._pass_on_news(outgoing)
        except Exception as error:  # noqa: BLE001  (it is made up for)
            HOST_FAULT.emit(error, what=f"telling {self._follower.id} of {outgoing.method}")
            self._make_up_for(outgoing)

    def _keep_for_later(self, outgoing: Outgoing) -> None:
        if not (outgoing.is_fleeting and self._is_wanted(outgoing)):
            return
        if self._has_room(outgoing):
            self._keep(self._unlogged, outgoing)
        else:
            self._has_lost = True

    def _make_up_for(self, outgoing: Outgoing) -> None:
        """Nobody misses anything without being told."""
        if isinstance(outgoing, ServerRequest):
            outgoing.fail("the request could not be sent")
        elif self._catch_up is not None:
            self._has_lost = True
        else:
            with self._delivered_or_hung_up_on():
                self._fall_behind(outgoing)

    @contextmanager
    def _delivered_or_hung_up_on(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001  (nobody misses anything without being told)
            HOST_FAULT.emit(error, what=f"telling {self._follower.id}, which is hung up on,")
            self._outbox.give_up()

    def deliver_ahead(self, notice: Notice) -> None:
        """Take a notification that goes ahead of those that wait, and moves no cursor past them."""
        if not self._waiting:
            self.deliver(notice)
        elif self._catch_up is None and self._is_wanted(notice):
            notice = notice.at(self._cursor(notice))
            size = self._size(notice)
            self._waiting.appendleft(notice)
            self._outbox.hold(size)

    def deliver_now(self, notice: Notice) -> None:
        """Send what is of use only now, past all that waits; drop it if there is no room.

        It moves no cursor. While a catch-up tells of the log, which cursor would be right is not
        known, and it is dropped, too.
        """
        notice = notice.at(self._cursor(notice))
        if self._catch_up is None and self._is_wanted(notice) and self._has_room(notice):
            self._send(notice)

    def pass_on(self, outgoing: Outgoing) -> None:
        """Send a notification, unless something ahead of it has to wait, or there is no room."""
        if not self._is_wanted(outgoing):
            return
        if self._catch_up is not None:
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
        """What a catch-up tells, which waits for room by itself."""
        if isinstance(outgoing, Notice):
            if not self._app.hub.concerns(self._follower, outgoing):
                return
            self._caught_up_to = outgoing.position
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
        self.stop_catch_up()
        self._drop(self._waiting)
        self._drop(self._unlogged)

    # -- catch-ups --

    def subscribe(self, after: int) -> None:
        """Be told of the log from a position on, by a catch-up until that caught up."""
        self._begin_with(self._catch_up_after(after), self._app.hub.position)
        self._is_subscription = True

    def unsubscribe(self) -> None:
        """Hear of the log only what goes without a subscription, and all of that.

        A catch-up past what was told before goes on with what still concerns this connection.
        """
        if (
            self._catch_up is not None
            and self._is_subscription
            and self._caught_up_to < self._owed_after
        ):
            after = self._owed_after
            self._begin_with(self._catch_up_after(after), after)

    def _begin_with(self, catch_up: "CatchUp", heard_up_to: int) -> None:
        """What waits to be sent and is not in the log comes after the catch-up."""
        cursors = (n.cursor_before for n in self._waiting if isinstance(n, Notice))
        if self._catch_up is None:
            self._owed_after = next(cursors, heard_up_to)
        self._cancel()
        fleeting = [outgoing for outgoing in self._waiting if outgoing.is_fleeting]
        self._drop(self._waiting)
        for outgoing in fleeting:
            self._keep(self._unlogged, outgoing)
        self._catch_up, self._caught_up_to, self._is_subscription = catch_up, 0, False

    def begin_catch_up(self) -> None:
        """The request for it is answered; one that nobody asked for waits for the reader."""
        if self._catch_up is not None and self._beginning is None:
            self._catch_up.begin()

    def stop_catch_up(self) -> None:
        """Hear the log directly again."""
        if self._catch_up is None:
            return
        self._cancel()
        postponed = tuple(self._unlogged)
        self._drop(self._unlogged)
        for outgoing in postponed:
            self.deliver(outgoing.at(self._app.hub.position))
        if self._has_lost and self._catch_up is None:
            self._has_lost = False
            self._warn(LOST, self._app.hub.position)

    def _cancel(self) -> None:
        if self._catch_up is not None:
            self._catch_up.cancel()
        if self._beginning is not None:
            self._beginning.cancel()
        self._catch_up = self._beginning = None

    def _fall_behind(self, notice: Notice) -> None:
        after = self._cursor(notice)
        CLIENT_BEHIND.emit(whose=self._follower.id, position=after)
        self._has_lost |= notice.is_fleeting
        catch_up = self._catch_up_after(after)
        self._begin_with(catch_up, after)
        beginning = self._begin_when_drained(catch_up, after)
        self._beginning = asyncio.get_running_loop().create_task(beginning)

    async def _begin_when_drained(self, catch_up: "CatchUp", after: int) -> None:
        await self._outbox.drained()
        await self._app.cursors.fetch(after)
        with self._delivered_or_hung_up_on():
            self._warn(BEHIND.format(after), after)
            self._beginning = None
            catch_up.begin()

    def _warn(self, message: str, position: int) -> None:
        from threadhost.adapters.jsonrpc.models.notices import WarningNotification

        warning = WarningNotification(message=message)
        self.pass_on(Notice(warning, self._app.clock.now_ms(), position))

    # -- what waits --

    def _cursor(self, notice: Notice) -> int:
        """Up to where this connection was told everything that goes ahead of this."""
        cursors = (n.cursor_before for n in self._waiting if isinstance(n, Notice))
        return next(cursors, notice.cursor_before)

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

    def _keep(self, queue: deque[Outgoing] | list[Outgoing], outgoing: Outgoing) -> None:
        size = self._size(outgoing)
        queue.append(outgoing)
        self._outbox.hold(size)

    def _drop(self, queue: deque[Outgoing] | list[Outgoing]) -> None:
        self._outbox.hold(-sum(map(self._size, queue)))
        queue.clear()

    def _send(self, outgoing: Outgoing) -> None:
        if isinstance(outgoing, Notice) or outgoing.sends(self.limits.frame_bytes_max):
            self._outbox.send(self._message(outgoing))
