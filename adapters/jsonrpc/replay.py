"""Telling one connection what it missed, from a position on, until it is level with the log."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.notify import Narrator
from threadhost.events.base import Recorded
from threadhost.events.store.errors import StoreError
from threadhost.events.thread import ThreadDeleted

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.session import Session
    from threadhost.events.store.log import Log

PAGE_EVENTS = 64
"""What is read and sent in one step of the loop, some milliseconds."""
logger = logging.getLogger("threadhost.session")


class Replay:
    """Reads the log in pages and waits for the client to take them.

    Of a deleted thread only the deletion is told. The session hears the log directly again in the
    same step of the loop in which everything published so far was sent, so nothing falls between.
    """

    def __init__(
        self,
        log: "Log",
        narrator: Narrator,
        session: "Session",
        after: int,
        is_deleted: Callable[[str], bool],
    ) -> None:
        self._log = log
        self._narrator = narrator
        self._session = session
        self._after = after
        self._is_deleted = is_deleted
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start sending; once."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def cancel(self) -> None:
        """Send no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            await self._catch_up()
        except StoreError:
            logger.exception("a replay could not go on after position %d", self._after)
            from threadhost.adapters.jsonrpc.models.notices import WarningNotification

            message = f"what follows position {self._after} cannot be read; see the host's log"
            warning = WarningNotification(message=message)
            clock, hub = self._session.app.clock, self._session.app.hub
            self._finish()
            self._session.pass_on(Notice(warning, clock.now_ms(), hub.position))

    def _finish(self) -> None:
        self._task = None
        self._session.stop_replay()
        self._session.app.hub.tell_all_running(self._session)

    async def _catch_up(self) -> None:
        while True:
            newest = self._session.app.hub.position
            read = self._log.read(self._after, PAGE_EVENTS)
            page = [fact for fact in read if fact.position <= newest]
            for fact in page:
                self._send(fact)
            if page:
                self._after = page[-1].position
                await asyncio.sleep(0)
                await self._session.outbox.drained()
            elif self._after >= self._session.app.hub.position:
                self._finish()
                return
            else:
                await asyncio.sleep(0)

    def _send(self, fact: Recorded) -> None:
        if isinstance(fact.event, ThreadDeleted) or not self._is_deleted(fact.stream):
            for notice in self._narrator.tell(fact):
                self._session.pass_on(notice)
