"""What a reactor has to do, tried once at a time, and not again where it was refused."""

import asyncio
from collections.abc import Awaitable, Callable

from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.append_errors import RESUMABLE, TRANSIENT
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.reactor import Ask, React, Reactor
from threadhost.events.operator_log import WORK_LEFT
from threadhost.events.store.errors import StreamFenced


class Attempts:
    """Has a reactor see to a `subject` of its thread, after all that the actor has to do before.

    What the store cannot take just now is tried again after a while. What was refused, or is of a
    thread that is fenced, is not tried before the thread changes: else it would be asked for again
    at once, for ever, and nobody else would come to anything.
    """

    __slots__ = ("_ask", "_is_asked", "_journal", "_reactor", "_refused_at", "_subject")

    def __init__(self, reactor: Reactor, journal: Journal, ask: Ask, subject: str) -> None:
        self._reactor = reactor
        self._journal = journal
        self._ask = ask
        self._subject = subject
        self._is_asked = False
        self._refused_at = -1
        """The version of the thread at which it was refused."""

    def ask(self) -> None:
        """Have the reactor act, unless it is about to, or was refused at this version."""
        if not self._is_asked and self._journal.state.version != self._refused_at:
            self._is_asked = True
            self._ask(React(self._reactor))

    def refuse(self) -> None:
        """It cannot be done as the thread is now."""
        self._refused_at = self._journal.state.version

    async def make(self, act: Callable[[], Awaitable[object]]) -> None:
        """Act, as it was asked for; a refusal is logged, since nobody else hears of it.

        With any other error the actor fails.
        """
        self._is_asked = False
        try:
            await act()
        except TRANSIENT:
            self._is_asked = True
            asyncio.get_running_loop().call_later(append_errors.RETRY_S, self._look_again)
        except StreamFenced:  # deleted, or superseded: another has the thread now
            self.refuse()
        except RESUMABLE as refused:
            self.refuse()
            WORK_LEFT.emit(
                what=f"the {self._subject} of thread {self._journal.state.id}", fault=refused
            )

    def _look_again(self) -> None:
        self._is_asked = False
        self._reactor.look()
