"""Serialises requests by scope: those of one scope run one at a time, in the order of arrival."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from threadhost.events.named_tuple import NamedTuple


class ScopeKey(NamedTuple):
    """The key that a request is serialised on; shared holders next to each other run together."""

    key: str
    shared: bool = False


class _Line:
    """The holders of one key, and the tickets that wait for it."""

    __slots__ = ("holders", "shared", "waiting")

    def __init__(self) -> None:
        self.holders = 0
        self.shared = False
        self.waiting: deque[Ticket] = deque()

    def admits(self, ticket: "Ticket") -> bool:
        return self.holders == 0 or (self.shared and ticket.scope.shared)

    def admit(self, ticket: "Ticket") -> None:
        self.holders += 1
        self.shared = ticket.scope.shared
        ticket.granted = True


class Ticket:
    """A place in line; `async with in_turn(it)` to run when its turn comes.

    The place is taken when the ticket is made, so that the order of arrival counts, not that of the
    tasks' first steps. A ticket whose turn comes at once costs no future and no task switch.
    """

    __slots__ = ("_future", "_scopes", "granted", "scope")

    def __init__(self, scopes: "Scopes", scope: ScopeKey) -> None:
        self._scopes = scopes
        self.scope = scope
        self.granted = False
        self._future: asyncio.Future[None] | None = None

    async def wait(self) -> None:
        """Wait for the turn; a caller that gives up has to call `leave`."""
        if not self.granted:
            self._future = asyncio.get_running_loop().create_future()
            await self._future

    def wake(self) -> None:
        """Wake the waiting task, if there is one, since its turn has come."""
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def leave(self) -> None:
        """Release the key, or the place in line; idempotent."""
        self._scopes.leave(self)


@asynccontextmanager
async def in_turn(*tickets: Ticket) -> AsyncIterator[None]:
    """Wait for the turn of all tickets, run, and release all of them in any case."""
    try:
        for ticket in tickets:
            await ticket.wait()
        yield
    finally:
        for ticket in tickets:
            ticket.leave()


class Scopes:
    """Every key that is held or waited for, across all connections of a host."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def enter(self, scope: ScopeKey) -> Ticket:
        """Take the next place in line; the caller must call `leave`, or use `in_turn`."""
        line = self._lines.get(scope.key)
        if line is None:
            line = self._lines[scope.key] = _Line()
        ticket = Ticket(self, scope)
        if not line.waiting and line.admits(ticket):
            line.admit(ticket)
        else:
            line.waiting.append(ticket)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Remove a ticket, a holder or a waiting one; does nothing for one that is out already."""
        line = self._lines.get(ticket.scope.key)
        if line is None:
            return
        if ticket.granted:
            ticket.granted = False
            line.holders -= 1
        elif ticket in line.waiting:
            line.waiting.remove(ticket)
        else:
            return
        while line.waiting and line.admits(line.waiting[0]):
            following = line.waiting.popleft()
            line.admit(following)
            following.wake()
        if line.holders == 0:
            del self._lines[ticket.scope.key]
