"""Reactors: each handles one kind of work that a thread's state may call for."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from threadhost.actors.command import Command
from threadhost.actors.origin import Origin
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended, Idempotency


class CommandEnvelope(NamedTuple):
    """A command, with its origin and its idempotency key."""

    command: Command
    origin: Origin
    idempotency: Idempotency | None = None


class Reactor(Protocol):
    """Looks at the thread after every message; its work comes behind all messages that wait."""

    def look(self) -> None:
        """Ask for a `React` if the recorded state has something due that is not in progress."""

    async def act(self) -> None:
        """Do what is due, if it still is, and log a refusal: there is no caller to raise it to.

        Any other error fails the actor.
        """

    def close(self) -> None:
        """Cancel pending work, as the actor stops."""


class React(NamedTuple):
    """Ask a reactor to act."""

    reactor: Reactor
    urgent: bool = True


CarryOut = Callable[[CommandEnvelope], Awaitable[Appended]]
Ask = Callable[[React], object]
