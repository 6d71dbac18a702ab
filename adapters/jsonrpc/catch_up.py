"""Telling one connection what it missed, from a position on, until it is level with the log."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from threadhost.adapters import resources
from threadhost.adapters.jsonrpc.hub import Listener
from threadhost.adapters.jsonrpc.notice import Notice
from threadhost.adapters.jsonrpc.notify_turns import FOR_FOLLOWERS
from threadhost.events.base import Recorded, StreamState
from threadhost.events.damage import Damages
from threadhost.events.ids import thread_of
from threadhost.events.lost import with_tombstone
from threadhost.events.store.faults import shortage
from threadhost.events.store.rows import LogRow
from threadhost.events.thread import ThreadDeleted
from threadhost.events.turn import TurnCompleted

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.context import HostContext
    from threadhost.adapters.jsonrpc.outbox import Outbox

PAGE_EVENTS = 64
"""What is read in one step, some milliseconds."""
PAGE_BYTES = 1024 * 1024
"""More than this is read in one step only where one event is larger."""
GAPS_TOLD_MAX = 100
"""After so many warnings of what cannot be read the rest is summed up in one, at the end."""


class Follower(Listener, Protocol):
    """A connection that is told of the log by a catch-up."""

    id: str
    outbox: "Outbox"

    def pass_on(self, notice: Notice) -> None:
        """Send a notification, unless something ahead of it has to wait."""

    def stop_catch_up(self) -> None:
        """Hear the log directly again: the catch-up caught up."""


class CatchUp:
    """Reads the log in pages and waits for the client to take what it is told of each fact.

    What goes to followers of other threads is not even opened: a crowd that comes back together has
    the same stretch of the log before it, each for its own few threads.

    Of a deleted thread only the deletion is told. What cannot be read is told as a warning, many in
    a row as one. The connection hears the log directly again in the same step of the loop in which
    everything published so far was sent, so nothing falls between.
    """

    def __init__(self, app: "HostContext", follower: Follower, after: int) -> None:
        self._app = app
        self._log = app.logs.durable
        self._notifier = app.notifier()
        self._follower = follower
        self._after = after
        self._deleted: set[str] = set()
        """Streams that were deleted when a page of theirs was read, or have been since."""
        self._gap = Damages()
        self._gaps_told = 0
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
        stop = self._log.feed.listen(self._published)
        try:
            await self._try_until_done()
        finally:
            stop()

    async def _try_until_done(self) -> None:
        while True:
            try:
                await self._read_on()
            except Exception as error:  # noqa: BLE001  (a catch-up that ended unseen would end all news)
                if shortage(error) is None:
                    self._give_up(error)
                    return
                from threadhost.events.operator_log import CLIENTS_WAIT

                CLIENTS_WAIT.tell(position=self._after, fault=error)
                await asyncio.sleep(resources.RETRY_S)
            else:
                return

    def _give_up(self, error: Exception) -> None:
        from threadhost.events.operator_log import CLIENT_MISSES, HOST_FAULT

        CLIENT_MISSES.tell(peer=self._follower.id, position=self._after, fault=error)
        message = f"what follows position {self._after} cannot be read; see the host's log"
        try:
            self._finish()
            self._warn(message, self._app.hub.position)
        except Exception as fault:  # noqa: BLE001  (nobody misses anything without being told)
            HOST_FAULT.tell(fault, what=f"telling {self._follower.id}, which is hung up on,")
            self._follower.outbox.give_up()

    def _finish(self) -> None:
        self._task = None
        self._follower.stop_catch_up()
        self._app.hub.tell_all_running(self._follower)

    async def _read_on(self) -> None:
        while True:
            newest = self._app.hub.position
            async with self._app.hub.catching_up:
                rows = await self._log.stored(self._after, PAGE_EVENTS, PAGE_BYTES)
                rows = [row for row in rows if row.position <= newest]
                page = await self._opened(
                    [r for r in rows if r.kind not in FOR_FOLLOWERS or self._is_heard(r.stream)]
                )
                await self._look_up(page)
            for fact in page:
                await self._app.cursors.fetch(fact.position - 1)
                self._app.cursors.note((fact,))
                self._send(with_tombstone(fact, self._is_deleted))
                self._after = fact.position
                await self._follower.outbox.drained()
            if rows:
                self._after = rows[-1].position
            elif self._after >= self._app.hub.position:
                await self._app.cursors.fetch(self._after)
                self._tell_gap(is_last=True)
                self._finish()
                return
            await asyncio.sleep(0)

    def _is_heard(self, stream: str) -> bool:
        # What an edited row has in its place may be no text: that is told as damage.
        thread_id = thread_of(stream) if isinstance(stream, str) else None
        return thread_id is None or self._app.hub.is_heard(self._follower, thread_id)

    async def _opened(self, rows: Sequence[LogRow]) -> Sequence[Recorded]:
        if any(row.blob for row in rows):  # it takes longer than the loop should stand still
            return await asyncio.to_thread(self._log.opened, rows)
        return self._log.opened(rows)

    async def _look_up(self, page: Sequence[Recorded]) -> None:
        """What telling of a page takes: which of its streams are deleted, and what is shown."""
        heads = await self._log.stream_heads(list({fact.stream for fact in page}))
        self._deleted |= {s for s, head in heads.items() if head.state is StreamState.CLOSED}
        await self._notifier.prepare(
            [f for f in page if not isinstance(f.event, TurnCompleted) or self._is_heard(f.stream)]
        )

    def _published(self, recorded: Sequence[Recorded]) -> None:
        self._deleted |= {f.stream for f in recorded if isinstance(f.event, ThreadDeleted)}

    def _is_deleted(self, stream: str) -> bool:
        return stream in self._deleted

    def _send(self, fact: Recorded) -> None:
        if not isinstance(fact.event, ThreadDeleted) and self._is_deleted(fact.stream):
            return
        for notice in self._notifier.tell(fact):
            if notice.damage is not None:
                self._gap.add(notice.damage)
                continue
            self._tell_gap()
            self._follower.pass_on(notice)

    def _tell_gap(self, *, is_last: bool = False) -> None:
        if not self._gap or (self._gaps_told >= GAPS_TOLD_MAX and not is_last):
            return
        gap, self._gap = self._gap, Damages()
        self._gaps_told += 1
        self._warn(f"this cannot be read or told: {gap}", self._after)

    def _warn(self, message: str, position: int) -> None:
        from threadhost.adapters.jsonrpc.models.notices import WarningNotification

        warning = WarningNotification(message=message)
        self._follower.pass_on(Notice(warning, self._app.clock.now_ms(), position))
