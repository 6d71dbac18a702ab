"""The recorder as the eventsourcing library's port: its applications and test cases run on our log.

Nothing that serves imports this, for the library costs a tenth of a cold start.
"""

import sqlite3
from collections.abc import Sequence
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)

from threadhost.events.store.chain import digest_of
from threadhost.events.store.recorder import SqlRecorder
from threadhost.events.store.rows import Row


class LibraryRecorder(SqlRecorder, ApplicationRecorder):
    """Stored events of the library in the log, without the host's own columns."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_options: object
    ) -> Sequence[int] | None:
        """Insert stored events in their own transaction. Raises the library's IntegrityError."""
        with self.database.lock:
            before = self.position, self.chain
            try:
                with self.database.transaction() as connection:
                    ends = self.insert(connection, list(map(_bare, stored_events)))
                    self.seal_end(connection)
                    return [end.position for end in ends]
            except sqlite3.IntegrityError as error:
                self.rewind(*before)
                raise IntegrityError(str(error)) from None
            except BaseException:
                self.rewind(*before)
                raise

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of a stream by version."""
        rows = self.rows.of_stream(str(originator_id), gt, limit, lte, newest_first=desc)
        return [StoredEvent(originator_id, r.version, r.kind, r.payload or b"") for r in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events of the whole log by position."""
        after = None if start is None else start - inclusive_of_start
        return [
            Notification(r.stream, r.version, r.kind, r.payload or b"", r.position)
            for r in self.rows.of_log(after, limit, stop, topics)
        ]

    def max_notification_id(self) -> int | None:
        """The newest position, or None for an empty log."""
        return self.rows.newest()

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Not offered: following the log is the feed's business."""
        raise NotImplementedError("follow the log through its feed")


def _bare(event: StoredEvent) -> Row:
    digest = digest_of(event.state)
    stream, version, kind = str(event.originator_id), event.originator_version, event.topic
    return [0, 0, stream, version, kind, 0, "", "", "", None], event.state, None, digest
