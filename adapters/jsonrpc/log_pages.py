"""The log as catch-ups read it: catch-ups at the same part of the log share one reading."""

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
"""The events read in one step, which takes some milliseconds."""
PAGE_BYTES = 1024 * 1024
"""The bytes read in one step; a single larger event exceeds it."""
PAGES_AT_ONCE = 4
"""The catch-ups that read in one turn of the loop, of any number: it takes ten milliseconds."""
KEPT_EVENTS_MAX = 32 * 1024
"""The events whose notifications for everyone are kept: a kilobyte each, or less."""
REMEMBERED = frozenset(names_of((*WAITS, *UNANNOUNCED)))
"""Types that change how a notifier shows later events, so that each catch-up needs its own."""


_position = attrgetter("position")


class Entry:
    """An event in a page: its position, its stream, its type, and its thread if it has one."""

    __slots__ = ("kind", "position", "stream", "thread_id")

    def __init__(self, row: LogRow) -> None:
        self.position, self.stream, self.kind = row.position, row.stream, row.kind
        # The stream of an edited row may be no text: clients are warned of the damage.
        self.thread_id = thread_of(row.stream) if isinstance(row.stream, str) else None

    @property
    def is_for_all(self) -> bool:
        """Whether the event may have notifications for everyone, the same in each catch-up."""
        return self.kind not in REMEMBERED and (
            self.thread_id is None or self.kind not in FOR_FOLLOWERS
        )


class Page:
    """A part of the log: its events, and the notifications for everyone, made once.

    Events are added at its end while it has room.
    """

    def __init__(self, after: int) -> None:
        self.after = self.upto = after
        """The position before its first event, and the position that it was read up to."""
        self.entries: list[Entry] = []
        self.threads: set[str] = set()
        self.notices: dict[int, list[Notice]] = {}
        """The notifications for everyone, by position, up to `noticed_upto`."""
        self.noticed_upto = after
        self.room_bytes = PAGE_BYTES
        """The bytes that may be added; an event that fits only in part is added whole."""

    @property
    def room(self) -> int:
        """How many events may be added."""
        return PAGE_EVENTS - len(self.entries) if self.room_bytes > 0 else 0

    def add(self, entries: Sequence[Entry], size_bytes: int) -> None:
        """Add events that were read, of this size together."""
        self.entries += entries
        self.threads.update(entry.thread_id for entry in entries if entry.thread_id is not None)
        self.room_bytes -= size_bytes
        self.upto = entries[-1].position

    def beyond(self, position: int) -> list[Entry]:
        """The events of the page after a position."""
        return self.entries[bisect_right(self.entries, position, key=_position) :]

    def forget(self, streams: Collection[str]) -> None:
        """Drop the notifications of deleted streams, except those of their deletion."""
        for entry in self.entries:
            if entry.stream in streams and entry.kind != ThreadDeleted.kind:
                self.notices.pop(entry.position, None)

    def continues(self, position: int) -> bool:
        """Whether the page has the event after a position, or room for it at its end."""
        return self.after <= position and (
            position < self.upto or (position == self.upto and self.room > 0)
        )


class LogPages:
    """The pages that all catch-ups share; the newest are kept while any catch-up runs.

    A page has no bodies: each catch-up opens the events for its own connection's threads.
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
        """Makes a new notifier, without the state of another."""
        self._bytes_max = bytes_max
        """The limit of a message."""
        self.slots = asyncio.Semaphore(PAGES_AT_ONCE)
        """One is held while a page is read for a connection, so that other work gets the loop."""
        self._pages: dict[int, Page] = {}
        self._rows: dict[int, LogRow] = {}
        """The rows read last, by position: the catch-up that read them opens most of them next."""
        self._closed: set[str] = set()
        self._users = 0

    @contextmanager
    def used(self) -> Iterator[None]:
        """Keep pages, and track deletions, while any catch-up is within this context."""
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
        """Whether a stream of a page was deleted when the page was read, or since."""
        return stream in self._closed

    async def at(self, position: int) -> Page:
        """The page with the events after a position; it has none if there are no more."""
        page = self._page_from(position)
        if page is None:
            page = self._pages[position] = Page(position)
            while len(self._pages) * PAGE_EVENTS > KEPT_EVENTS_MAX:
                del self._pages[next(iter(self._pages))]
        if page.upto == position:
            await self._read_on(page)
        return page

    def _page_from(self, position: int) -> Page | None:
        """The page that begins at a position, or any other page that continues from it."""
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
        if not rows or page.upto != after:  # nothing new, or another catch-up was quicker
            return
        self._closed |= {s for s, head in heads.items() if head.state is StreamState.CLOSED}
        self._rows = {row.position: row for row in rows}
        self._cursors.note(rows)
        page.add(entries, self._log.stored_bytes(rows))

    async def opened(self, positions: Sequence[int]) -> list[Recorded]:
        """The events at these positions of a page; of a deleted thread only the deletion."""
        rows = [row for position in positions if (row := self._rows.get(position)) is not None]
        if len(rows) < len(positions):
            rows = await self._log.stored_at(positions)
        rows = [r for r in rows if r.kind == ThreadDeleted.kind or not self.is_closed(r.stream)]
        if any(row.blob for row in rows):  # a blob takes too long for the loop
            facts = await asyncio.to_thread(self._log.opened, rows)
        else:
            facts = self._log.opened(rows)
        facts = [repair_tombstone(fact, self.is_closed) for fact in facts]
        return [
            f for f in facts if isinstance(f.event, ThreadDeleted) or not self.is_closed(f.stream)
        ]

    async def make_notices(self, page: Page) -> None:
        """Make the notifications for everyone of a page, independent of who follows its threads."""
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
