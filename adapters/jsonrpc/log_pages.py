"""The log as catch-ups read it: a stretch is read once for all who have the same before them."""

import asyncio
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING

from threadhost.adapters.jsonrpc.notify import UNANNOUNCED
from threadhost.adapters.jsonrpc.notify_turns import FOR_FOLLOWERS, WAITS
from threadhost.events.base import Recorded, StreamState, names_of
from threadhost.events.gap_repair import repair_tombstone
from threadhost.events.ids import thread_of
from threadhost.events.store.rows import LogRow
from threadhost.events.thread import ThreadDeleted
from threadhost.events.turn import TurnCompleted

if TYPE_CHECKING:
    from collections.abc import Callable

    from threadhost.adapters.jsonrpc.hub import Hub
    from threadhost.adapters.jsonrpc.log_cursors import LogCursors
    from threadhost.adapters.jsonrpc.notice import Notice
    from threadhost.adapters.jsonrpc.notify import Notifier
    from threadhost.events.store.log import Log

PAGE_EVENTS = 64
"""What is read in one step, some milliseconds."""
PAGE_BYTES = 1024 * 1024
"""More than this is read in one step only where one event is larger."""
PAGES_AT_ONCE = 4
"""So many catch-ups read in one turn of the loop, however many there are: ten milliseconds."""
KEPT_EVENTS_MAX = 32 * 1024
"""Of so many events it is kept what everybody is told of them: a kilobyte each, or less."""
REMEMBERED = frozenset(names_of((*WAITS, *UNANNOUNCED)))
"""Kinds by which a notifier tells later ones otherwise, so that each catch-up needs its own."""


_position = attrgetter("position")


class Entry:
    """An event in a page: where it is, of what kind, and of which thread, if it is of one."""

    __slots__ = ("kind", "position", "stream", "thread_id")

    def __init__(self, row: LogRow) -> None:
        self.position, self.stream, self.kind = row.position, row.stream, row.kind
        # What an edited row has in its place may be no text: that is told as damage.
        self.thread_id = thread_of(row.stream) if isinstance(row.stream, str) else None

    @property
    def is_for_all(self) -> bool:
        """Whether who follows no thread may be told of it, and all the same."""
        return self.kind not in REMEMBERED and (
            self.thread_id is None or self.kind not in FOR_FOLLOWERS
        )


class Page:
    """A stretch of the log: its events, and what everybody is told of them, made once.

    It grows by what is read at its end, as long as there is room.
    """

    def __init__(self, after: int) -> None:
        self.after = self.upto = after
        """What position it follows, and which it was read up to."""
        self.entries: list[Entry] = []
        self.threads: set[str] = set()
        self.notices: dict[int, list[Notice]] = {}
        """By position, of those that tell everybody something, up to `noticed_upto`."""
        self.noticed_upto = after
        self.room_bytes = PAGE_BYTES
        """How large what is added may be; the last that fits in part is added whole."""

    @property
    def room(self) -> int:
        """How many events may be added."""
        return PAGE_EVENTS - len(self.entries) if self.room_bytes > 0 else 0

    def add(self, entries: Sequence[Entry], size_bytes: int) -> None:
        """More of the log was read, of this size."""
        self.entries += entries
        self.threads.update(entry.thread_id for entry in entries if entry.thread_id is not None)
        self.room_bytes -= size_bytes
        self.upto = entries[-1].position

    def beyond(self, position: int) -> list[Entry]:
        """What of it comes after a position."""
        return self.entries[bisect_right(self.entries, position, key=_position) :]

    def forget(self, streams: Collection[str]) -> None:
        """Nobody is told anything any more of what was deleted but that it was."""
        for entry in self.entries:
            if entry.stream in streams and entry.kind != ThreadDeleted.kind:
                self.notices.pop(entry.position, None)

    def continues(self, position: int) -> bool:
        """Whether it has what follows a position, or room for it at its end."""
        return self.after <= position and (
            position < self.upto or (position == self.upto and self.room > 0)
        )


class LogPages:
    """Pages for all catch-ups; they are kept while there are some, the newest of them.

    A page has no bodies: what goes to the followers of a thread is read by those who hear it.
    """

    def __init__(
        self,
        log: "Log",
        hub: "Hub",
        cursors: "LogCursors",
        notifier: "Callable[[], Notifier]",
        bytes_max: int,
    ) -> None:
        self._log = log
        self._hub = hub
        self._cursors = cursors
        self._notifier = notifier
        """Makes one, without what another remembers."""
        self._bytes_max = bytes_max
        """Of a message."""
        self.slots = asyncio.Semaphore(PAGES_AT_ONCE)
        """Each is held while a page is read for one connection: others have the loop, too."""
        self._pages: dict[int, Page] = {}
        self._rows: dict[int, LogRow] = {}
        """Of what was read last, by position: who reads on opens most of it next."""
        self._closed: set[str] = set()
        self._users = 0

    @contextmanager
    def used(self) -> Iterator[None]:
        """While any catch-up is within: pages are kept, and it is noted what is deleted."""
        if not self._users:
            self._stop = self._log.feed.listen(self._published)
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._stop()
                self._pages, self._rows, self._closed = {}, {}, set()

    def is_closed(self, stream: str) -> bool:
        """Whether a stream of a page was deleted when that was read, or has been since."""
        return stream in self._closed

    async def at(self, position: int) -> Page:
        """The page with what follows a position; it ends there if all is told that there is."""
        page = self._page_from(position)
        if page is None:
            page = self._pages[position] = Page(position)
            while len(self._pages) * PAGE_EVENTS > KEPT_EVENTS_MAX:
                del self._pages[next(iter(self._pages))]
        if page.upto == position:
            await self._read_on(page)
        return page

    def _page_from(self, position: int) -> Page | None:
        """The page that begins there, or one that others began before and has it in its middle."""
        page = self._pages.get(position)
        if page is not None and page.continues(position):
            return page
        return next((p for p in self._pages.values() if p.continues(position)), None)

    async def _read_on(self, page: Page) -> None:
        after, newest = page.upto, self._hub.position
        rows = await self._log.stored(after, page.room, page.room_bytes)
        rows = [row for row in rows if row.position <= newest]
        heads = await self._log.stream_heads(list({row.stream for row in rows}))
        entries = [Entry(row) for row in rows]
        await self._hub.lineage.read({entry.thread_id for entry in entries if entry.thread_id})
        if not rows or page.upto != after:  # nothing, or somebody else was quicker
            return
        self._closed |= {s for s, head in heads.items() if head.state is StreamState.CLOSED}
        self._rows = {row.position: row for row in rows}
        self._cursors.note(rows)
        page.add(entries, self._log.stored_bytes(rows))

    async def opened(self, positions: Sequence[int]) -> list[Recorded]:
        """The events at these positions of a page, of deleted threads only the deletion."""
        rows = [row for position in positions if (row := self._rows.get(position)) is not None]
        if len(rows) < len(positions):
            rows = await self._log.stored_at(positions)
        rows = [r for r in rows if r.kind == ThreadDeleted.kind or not self.is_closed(r.stream)]
        if any(row.blob for row in rows):  # it takes longer than the loop should stand still
            facts = await asyncio.to_thread(self._log.opened, rows)
        else:
            facts = self._log.opened(rows)
        facts = [repair_tombstone(fact, self.is_closed) for fact in facts]
        return [
            f for f in facts if isinstance(f.event, ThreadDeleted) or not self.is_closed(f.stream)
        ]

    async def make_notices(self, page: Page) -> None:
        """Make what everybody is told of a page, whoever follows the threads."""
        if page.noticed_upto == page.upto:
            return
        upto, notifier = page.upto, self._notifier()
        unread = [p.position for p in page.beyond(page.noticed_upto) if p.is_for_all]
        facts = await self.opened(unread)
        await notifier.prepare([f for f in facts if not isinstance(f.event, TurnCompleted)])
        await self._cursors.fetch(page.noticed_upto)
        for fact in facts:
            await self._cursors.fetch(fact.position - 1)
            self._cursors.note((fact,))
            notices = [
                n for n in notifier.tell(fact) if n.thread_id is None or n.damage is not None
            ]
            for notice in notices:
                notice.encode(self._bytes_max, self._cursors.at)
            if notices:
                page.notices[fact.position] = notices
        page.noticed_upto = max(upto, page.noticed_upto)

    def _published(self, recorded: Sequence[Recorded]) -> None:
        deleted = {
            f.stream: f.event.thread_id for f in recorded if isinstance(f.event, ThreadDeleted)
        }
        self._closed |= deleted.keys()
        for page in self._pages.values() if deleted else ():
            if not page.threads.isdisjoint(deleted.values()):
                page.forget(deleted)
