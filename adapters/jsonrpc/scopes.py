"""Serialises requests by scope: those of one scope run one at a time, in the order of arrival."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from threadhost.events.named_tuple import NamedTuple


class ScopeKey(NamedTuple):
    """What a request is serialised on; shared holders that follow one another run together."""

    key: str
    shared: bool = False


class _Line:
    """Who holds one key, and who waits for it."""

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

    The place is taken where the ticket is made, so that arrival decides and not when a task first
    ran. A ticket whose turn has come at once costs no future and no switch of task.
    """

    __slots__ = ("_future", "_scopes", "granted", "scope")

    def __init__(self, scopes: "Scopes", scope: ScopeKey) -> None:
        self._scopes = scopes
        self.scope = scope
        self.granted = False
        self._future: asyncio.Future[None] | None = None

    async def wait(self) -> None:
        """Wait for the turn; whoever gives up has to `leave`."""
        if not self.granted:
            self._future = asyncio.get_running_loop().create_future()
            await self._future

    def wake(self) -> None:
        """Tell a waiting task, if there is one, that its turn has come."""
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def leave(self) -> None:
        """Give the key, or the place in line, to whoever is next; idempotent."""
        self._scopes.leave(self)


@asynccontextmanager
async def in_turn(*tickets: Ticket) -> AsyncIterator[None]:
    """Run once it is the turn of all of these; whatever happens, all are given back."""
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
        """Take the next place in line; whoever does so must `leave`, or use `in_turn`."""
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
        """Take a ticket out, holder or not; does nothing for one that is out already."""
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
