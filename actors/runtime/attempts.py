"""The attempts of a reactor: one at a time, and none after a refusal until the thread changes."""

import asyncio
from collections.abc import Awaitable, Callable

from threadhost.actors.runtime import append_errors
from threadhost.actors.runtime.append_errors import RESUMABLE, TRANSIENT
from threadhost.actors.runtime.journal import Journal
from threadhost.actors.runtime.reactor import Ask, React, Reactor
from threadhost.events.operator_log import WORK_LEFT
from threadhost.events.store.errors import StreamFenced


class Attempts:
    """Asks a reactor to act on a `subject` of its thread, behind all messages that wait.

    If the store cannot take the append now, the attempt is repeated after a while. A refusal, or a
    fenced thread, ends the attempts until the thread changes: else they would repeat at once, for
    ever, and starve all other messages.
    """

    __slots__ = ("_ask", "_is_asked", "_journal", "_reactor", "_refused_at", "_subject")

    def __init__(self, reactor: Reactor, journal: Journal, ask: Ask, subject: str) -> None:
        self._reactor = reactor
        self._journal = journal
        self._ask = ask
        self._subject = subject
        self._is_asked = False
        self._refused_at = -1
        """The version of the thread at the last refusal."""

    def ask(self) -> None:
        """Ask the reactor to act, unless it is about to, or was refused at this version."""
        if not self._is_asked and self._journal.state.version != self._refused_at:
            self._is_asked = True
            self._ask(React(self._reactor))

    def refuse(self) -> None:
        """Make no attempt until the thread changes."""
        self._refused_at = self._journal.state.version

    async def make(self, act: Callable[[], Awaitable[object]]) -> None:
        """Act, as asked; a refusal is logged, since there is no caller to raise it to.

        Any other error fails the actor.
        """
        self._is_asked = False
        try:
            await act()
        except TRANSIENT:
            self._is_asked = True
            asyncio.get_running_loop().call_later(append_errors.RETRY_S, self._look_again)
        except StreamFenced:  # the thread is deleted, or another actor has it
            self.refuse()
        except RESUMABLE as refused:
            self.refuse()
            WORK_LEFT.emit(
                what=f"the {self._subject} of thread {self._journal.state.id}", fault=refused
            )

    def _look_again(self) -> None:
        self._is_asked = False
        self._reactor.look()
