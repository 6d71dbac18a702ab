"""A catch-up: sends one connection the log's events from a position on, up to the log's end."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from threadhost.adapters import resources
from threadhost.adapters.jsonrpc.followers import Listener
from threadhost.adapters.jsonrpc.log_pages import REMEMBERED, Entry, Page
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.events.base import Recorded
from threadhost.events.damage import DamageReport
from threadhost.events.operator_log import CLIENT_MISSES, CLIENTS_WAIT, HOST_FAULT
from threadhost.events.store.faults import shortage
from threadhost.events.thread import ThreadDeleted

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.context import HostContext
    from threadhost.adapters.jsonrpc.outbox import Outbox

GAPS_SENT_MAX = 100
"""The warnings of unreadable events that are sent one by one; the last one sums up the rest."""


class Follower(Listener, Protocol):
    """A connection that receives the log from a catch-up."""

    id: str
    outbox: "Outbox"

    def pass_on(self, notice: Notice) -> None:
        """Send a notification, or queue it behind those that wait."""

    def stop_catch_up(self) -> None:
        """End the catch-up, which reached the end of the log, and receive live notifications."""


class CatchUp:
    """Reads the log in pages, and sends notifications only as fast as the client reads them.

    Events for followers of other threads are not decrypted: many clients that reconnect at once
    read the same part of the log, each for its own few threads.

    A deleted thread is notified only as deleted. Events that cannot be read become a warning, many
    in a row become one. The connection switches to live notifications in the step of the loop that
    sent the last published event, so no event is lost between the two.
    """

    def __init__(self, app: "HostContext", follower: Follower, after: int) -> None:
        self._app = app
        self._pages = app.log_pages
        self._notifier = app.notifier()
        self._follower = follower
        self._after = after
        self._gap = DamageReport()
        self._gaps_sent = 0
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start to send; later calls do nothing."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def cancel(self) -> None:
        """Stop sending."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        with self._pages.used():
            await self._try_until_done()

    async def _try_until_done(self) -> None:
        while True:
            try:
                await self._read_on()
            except Exception as error:  # noqa: BLE001  (else no more events would follow)
                if shortage(error) is None:
                    self._give_up(error)
                    return
                CLIENTS_WAIT.emit(position=self._after, fault=error)
                await asyncio.sleep(resources.RETRY_S)
            else:
                return

    def _give_up(self, error: Exception) -> None:
        CLIENT_MISSES.emit(peer=self._follower.id, position=self._after, fault=error)
        message = f"the events after position {self._after} cannot be read; see the host's log"
        try:
            self._finish()
            self._warn(message, self._app.hub.position)
        except Exception as fault:  # noqa: BLE001  (a client that is not told is hung up on)
            HOST_FAULT.emit(
                fault, what=f"notifying {self._follower.id} before its connection is closed"
            )
            self._follower.outbox.give_up()

    def _finish(self) -> None:
        self._task = None
        self._follower.stop_catch_up()
        self._app.hub.send_running_items(self._follower)

    async def _read_on(self) -> None:
        while True:
            async with self._pages.slots:
                page = await self._pages.at(self._after)
                entries = page.beyond(self._after)
                facts = await self._facts(page, entries)
            await self._tell(page, entries, facts)
            await self._app.cursors.fetch(self._after)  # no await between the last look and the end
            if not entries and self._after >= self._app.hub.position:
                self._warn_of_gap(is_last=True)
                self._finish()
                return
            await asyncio.sleep(0)

    async def _facts(self, page: Page, entries: Sequence[Entry]) -> dict[int, Recorded]:
        """The events to notify this connection of by its own notifier, prepared, by position."""
        heard_ids = self._app.hub.followers.notified_threads(self._follower, page.threads)
        positions = [
            entry.position
            for entry in entries
            if entry.thread_id in heard_ids or entry.kind in REMEMBERED
        ]
        facts = await self._pages.opened(positions) if positions else ()
        await self._notifier.prepare(facts)
        if len(positions) < len(entries):
            await self._pages.make_notices(page)
        return {fact.position: fact for fact in facts}

    async def _tell(
        self, page: Page, entries: Sequence[Entry], facts: Mapping[int, Recorded]
    ) -> None:
        for entry in entries:
            if (fact := facts.get(entry.position)) is not None:
                await self._app.cursors.fetch(entry.position - 1)
                self._app.cursors.note((fact,))
                self._pass_on(entry, self._notifier.tell(fact))
                await self._follower.outbox.drained()
            elif (notices := page.notices.get(entry.position)) is not None:
                self._pass_on(entry, notices)
            self._after = entry.position
        if entries:
            await self._follower.outbox.drained()

    def _pass_on(self, entry: Entry, notices: Iterable[Notice]) -> None:
        if entry.kind != ThreadDeleted.kind and self._pages.is_closed(entry.stream):
            return
        for notice in notices:
            if notice.damage is not None:
                self._gap.add(notice.damage)
                continue
            if self._gap:
                self._warn_of_gap()
            self._follower.pass_on(notice)

    def _warn_of_gap(self, *, is_last: bool = False) -> None:
        if not self._gap or (self._gaps_sent >= GAPS_SENT_MAX and not is_last):
            return
        gap, self._gap = self._gap, DamageReport()
        self._gaps_sent += 1
        self._warn(f"an event cannot be read or shown: {gap}", self._after)

    def _warn(self, message: str, position: int) -> None:
        from threadhost.adapters.jsonrpc.models.notices import WarningNotification

        warning = WarningNotification(message=message)
        self._follower.pass_on(Notice(warning, self._app.clock.now_ms(), position))
