"""Reads and follows a log as the eventsourcing library does, and writes one as the library does."""

from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Self
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)

from threadhost.events.store.chain import digest_of
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.feed import PAGE_BYTES
from threadhost.events.store.rows import LogRow, Row
from threadhost.events.store.sqlite.database import Transaction
from threadhost.events.store.sqlite.read_only import POLL_S
from threadhost.events.store.sqlite.recorder import SqlRecorder
from threadhost.events.store.sqlite.rows import LogRows
from threadhost.events.store.sqlite.tx import SqliteTx
from threadhost.events.store.wakes import listen, unlisten, wake

PAGE_EVENTS = 1000
SPAN_POSITIONS = 10_000
"""Positions covered by one read. Even if few events match, no read is long enough to keep the host
from truncating its write-ahead log."""


class LogFollowing(ApplicationRecorder):
    """The reading half of a recorder: pages of a log, and a subscription to it."""

    rows: LogRows

    @property
    @abstractmethod
    def place(self) -> Path | object:
        """The database whose commits are news: its path, or the one in memory itself."""

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return events of the whole log by position; only of these topics, if any are given."""
        kinds = self.kinds_of(topics)
        after = 0 if start is None else start - inclusive_of_start
        newest = self.newest_of(())
        end = newest if stop is None else min(stop, newest)
        notifications: list[Notification] = []
        while len(notifications) < limit and after < end:
            rows, after = self.page(after, kinds, limit - len(notifications), end)
            notifications += [self.notification(row) for row in rows]
        return notifications

    def max_notification_id(self) -> int | None:
        """The newest position, or None for an empty log."""
        return self.newest_of(()) or None

    def newest_of(self, topics: Sequence[str]) -> int:
        """Return the newest position of these topics' events (of all, if none are given), or 0."""
        return self.rows.newest(self.kinds_of(topics)) or 0

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Return a subscription to all events after a position, whichever process commits them."""
        return LogSubscription(self, gt, topics)

    def page(
        self, after: int, kinds: Sequence[str], limit: int, stop: int | None = None
    ) -> tuple[Sequence[LogRow], int]:
        """Return rows after a position, and the position that the next page follows.

        A page may be empty before the end of the log; the end is where that position stays the
        same.
        """
        newest = self.newest_of(()) if stop is None else stop
        until = min(after + SPAN_POSITIONS, newest)
        rows = self.rows.of_log(after, limit, until, kinds, PAGE_BYTES)
        return rows, rows[-1].position if rows else max(after, until)

    def kinds_of(self, topics: Sequence[str]) -> Sequence[str]:
        """Return the stored types of these topics."""
        return topics

    def notification(self, row: LogRow, *, more_follow: bool = False) -> Notification:
        """Return the event in a row; `more_follow`: more rows of its page are at hand."""
        return Notification(row.stream, row.version, row.kind, row.payload or b"", row.position)


class LogSubscription(Subscription[ApplicationRecorder]):
    """Follows a log: woken by commits of this process, polling every 200 ms for those of others.

    An event is opened only when it is asked for, so that none is returned after its key is
    destroyed.
    """

    def __init__(self, recorder: LogFollowing, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._log = recorder
        self._kinds = recorder.kinds_of(topics)
        self._after = gt or 0
        self._page: deque[LogRow] = deque()
        self._news = Event()
        listen(recorder.place, self._news)

    def stop(self) -> None:
        """End the iteration, also from another thread; idempotent."""
        super().stop()
        unlisten(self._log.place, self._news)
        self._news.set()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Notification:
        """Return the next event, waiting for one; StopIteration after `stop`."""
        while not self._has_been_stopped:
            if self._page:
                row = self._page.popleft()
                return self._log.notification(row, more_follow=bool(self._page))
            self._news.clear()
            rows, after = self._log.page(self._after, self._kinds, PAGE_EVENTS)
            self._page.extend(rows)
            if after == self._after and not self._has_been_stopped:
                self._news.wait(POLL_S)
            self._after = after
        raise StopIteration


class LibraryRecorder(SqlRecorder, LogFollowing):
    """Stored events of the library in a log, without the host's own columns.

    No host starts on a log that it wrote, because the end is not sealed with the host's key.
    """

    @property
    def place(self) -> Path | object:
        """The path of the database, or the database itself if it is in memory."""
        return self.database.path or self.database

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_options: object
    ) -> Sequence[int] | None:
        """Insert stored events in their own transaction. Raises the library's IntegrityError."""
        with self.database.lock:
            before = self.position, self.chain
            writing = SqliteTx(self.database.writer, self.database.names)
            try:
                with Transaction(self.database, writing) as tx:
                    (places,) = self.insert(tx, [list(map(_bare, stored_events))])
                    self.seal_end(tx)
            except WrongExpectedVersion as error:
                self.rewind(*before)
                raise IntegrityError(str(error)) from None
            except BaseException:
                self.rewind(*before)
                raise
        wake(self.place)
        return [position for position, _ in places]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the events of a stream by version."""
        rows = self.rows.of_stream(str(originator_id), gt, limit, lte, newest_first=desc)
        return [StoredEvent(originator_id, r.version, r.kind, r.payload or b"") for r in rows]


def _bare(event: StoredEvent) -> Row:
    digest = digest_of(event.state)
    stream, version, kind = str(event.originator_id), event.originator_version, event.topic
    return [0, 0, stream, version, kind, 0, "", "", "", None], event.state, None, digest
