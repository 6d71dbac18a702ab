"""Reactors: each sees to one thing that the state of a thread may ask for next."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from threadhost.actors.command import Command
from threadhost.actors.origin import Origin
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended, Idempotency


class CommandEnvelope(NamedTuple):
    """Carry out a command."""

    command: Command
    origin: Origin
    idempotency: Idempotency | None = None


class Reactor(Protocol):
    """Looks at the thread after every message; what it has to do comes after all that waits."""

    def look(self) -> None:
        """Ask for a `React` where the state in the log has something due that is not under way."""

    async def act(self) -> None:
        """Do what is due, if it still is, and log a refusal: nobody else hears of it.

        With any other error the actor fails.
        """

    def close(self) -> None:
        """Let go of whatever would come later: the actor stops."""


class React(NamedTuple):
    """Have a reactor act."""

    reactor: Reactor
    urgent: bool = True


CarryOut = Callable[[CommandEnvelope], Awaitable[Appended]]
Ask = Callable[[React], object]
