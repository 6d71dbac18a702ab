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
    "this client reads notifications too slowly: those after position {} are sent"
    " later, from the log, without what the log does not store, such as text deltas"
)
LOST = (
    "this client reads notifications too slowly: some notifications of ephemeral threads,"
    " which no log stores, were lost"
)


class Delivery:
    """Delivers notifications and requests to one client.

    A notification that the client's own request caused waits for the reply, and all later ones wait
    behind it, so that a client has always seen a prefix of the log. A client whose outbox has no
    more room has fallen behind: from then on nothing is kept for it, and once it has read its
    outbox a catch-up sends it the log.
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
        """Sent after a catch-up, which cannot read them from the log."""
        self._catch_up: CatchUp | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._owed_after = 0
        """During a catch-up: the position up to which live delivery came."""
        self._caught_up_to = 0
        """The newest position that a catch-up sent."""
        self._is_subscription = False
        """Whether the client asked for the catch-up."""
        self._has_lost = False

    @property
    def is_behind(self) -> bool:
        """Whether a catch-up sends the log, or is going to."""
        return self._catch_up is not None

    @property
    def waiting(self) -> int:
        """How many notifications and requests wait for a reply or the end of a catch-up."""
        return len(self._waiting) + len(self._unlogged)

    def deliver(self, outgoing: Outgoing) -> None:
        """Deliver a new notification or request; never raises.

        During a catch-up only notifications that are not in the log are kept, for later. After a
        fault a catch-up sends the notification from the log; if that fails too, the connection is
        dropped.
        """
        try:
            if self._catch_up is not None:
                self._keep_for_later(outgoing)
            elif isinstance(outgoing, ServerRequest):
                self.pass_on(outgoing)
            elif self._is_wanted(outgoing):
                self._pass_on_news(outgoing)
        except Exception as error:  # noqa: BLE001  (a catch-up sends it)
            HOST_FAULT.emit(error, what=f"notifying {self._follower.id} of {outgoing.method}")
            self._make_up_for(outgoing)

    def _keep_for_later(self, outgoing: Outgoing) -> None:
        if not (outgoing.is_fleeting and self._is_wanted(outgoing)):
            return
        if self._has_room(outgoing):
            self._keep(self._unlogged, outgoing)
        else:
            self._has_lost = True

    def _make_up_for(self, outgoing: Outgoing) -> None:
        """Ensure that the client gets a notification later, or learns that it is lost."""
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
        except Exception as error:  # noqa: BLE001  (a client that is not told is hung up on)
            HOST_FAULT.emit(
                error, what=f"notifying {self._follower.id} before its connection is closed"
            )
            self._outbox.give_up()

    def deliver_ahead(self, notice: Notice) -> None:
        """Deliver a notification ahead of those that wait; its cursor does not pass theirs."""
        if not self._waiting:
            self.deliver(notice)
        elif self._catch_up is None and self._is_wanted(notice):
            notice = notice.at(self._cursor(notice))
            size = self._size(notice)
            self._waiting.appendleft(notice)
            self._outbox.hold(size)

    def deliver_now(self, notice: Notice) -> None:
        """Send a notification that is of use only now, past all that wait; drop it without room.

        It moves no cursor. During a catch-up the right cursor is not known, so it is dropped, too.
        """
        notice = notice.at(self._cursor(notice))
        if self._catch_up is None and self._is_wanted(notice) and self._has_room(notice):
            self._send(notice)

    def pass_on(self, outgoing: Outgoing) -> None:
        """Send a notification, or queue it behind those that wait; without room, fall behind."""
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
        except MemoryError:  # a catch-up sends it once there is memory
            self._fall_behind(notice)
            return
        if not self._outbox.has_room(len(message)):
            self._fall_behind(notice)
        elif self._waiting or self._is_held(notice):
            self._keep(self._waiting, notice)
        else:
            self._outbox.send(message)

    def _pass_on_again(self, outgoing: Outgoing) -> None:
        """Send a notification of a catch-up, which waits for room by itself."""
        if isinstance(outgoing, Notice):
            if not self._app.hub.followers.concerns(self._follower, outgoing):
                return
            self._caught_up_to = outgoing.position
        self._send_in_turn(outgoing)

    def _send_in_turn(self, outgoing: Outgoing) -> None:
        if self._waiting or self._is_held(outgoing):
            self._keep(self._waiting, outgoing)
        else:
            self._send(outgoing)

    def send_waiting(self) -> None:
        """Send the notifications that waited for a reply that was just sent."""
        while self._waiting and not self._is_held(self._waiting[0]):
            outgoing = self._waiting.popleft()
            self._outbox.hold(-self._size(outgoing))
            self._send(outgoing)

    def close(self) -> None:
        """Stop any catch-up, and drop all that waits."""
        self._cancel()
        self._drop(self._waiting)
        self._drop(self._unlogged)

    # -- catch-ups --

    def subscribe(self, after: int) -> None:
        """Send the log from a position on: by a catch-up to its end, then live."""
        self._begin_with(self._catch_up_after(after), self._app.hub.position)
        self._is_subscription = True

    def unsubscribe(self) -> None:
        """Send only what the client gets without a subscription, and all of that.

        A subscription's catch-up that has not reached the position where live delivery stopped
        restarts there; any other goes on, for what still concerns this connection.
        """
        if (
            self._catch_up is not None
            and self._is_subscription
            and self._caught_up_to < self._owed_after
        ):
            after = self._owed_after
            self._begin_with(self._catch_up_after(after), after)

    def _begin_with(self, catch_up: "CatchUp", heard_up_to: int) -> None:
        """Set the catch-up; waiting messages that are not in the log are sent after it."""
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
        """Begin a requested catch-up, whose reply was sent; others wait for a drained outbox."""
        if self._catch_up is not None and self._beginning is None:
            self._catch_up.begin()

    def stop_catch_up(self) -> None:
        """End any catch-up, and deliver live again."""
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
        self.pass_on(Notice(warning, self._app.clock.now_ms(), position, is_fleeting=True))

    # -- what waits --

    def _cursor(self, notice: Notice) -> int:
        """The position up to which this connection was sent everything ahead of this notice."""
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
        """Whether the outbox has room; requests have a limit of their own and always do."""
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
