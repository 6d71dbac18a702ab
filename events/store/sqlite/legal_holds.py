"""The legal holds in the log of a home, read from its events alone, without keys or views."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from threadhost.events.hold import ALL_OF_IT, HoldReleased, HoldSet, unreadable
from threadhost.events.ids import TREE
from threadhost.events.store.chain import digest_of
from threadhost.events.store.codec import decode
from threadhost.events.store.errors import CorruptEvent, StoreMismatch
from threadhost.events.store.home import DATABASE
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase

Hold = tuple[str, str, str]
"""The session, the thread, and the matter."""


def threads_on_hold(home: Path) -> Sequence[str]:
    """Return the threads on hold, in order; the root of the tree for a damaged hold.

    A log that cannot be read counts as holding nothing, so that a backup can replace it.
    """
    holds: dict[Hold, None] = {}
    if (home / DATABASE).exists():
        with suppress(sqlite3.Error, StoreMismatch):
            for is_set, hold in _changes(home):
                holds |= {hold: None} if is_set else {}
                if not is_set:
                    holds.pop(hold, None)
    return sorted({thread_id or session_id for session_id, thread_id, _ in holds})


def _changes(home: Path) -> Iterator[tuple[bool, Hold]]:
    """Yield each hold that was set or released, in the order of the log."""
    with closing(ReadOnlyDatabase(home / DATABASE)) as log:
        for stream, version, kind, body, digest in RawRows(log).all(
            schema.OF_KINDS, (HoldSet.kind, HoldReleased.kind)
        ):
            session_id = str(stream).removeprefix(TREE)
            event = _event(kind, body, digest)
            if isinstance(event, HoldSet | HoldReleased):
                yield isinstance(event, HoldSet), (session_id, event.thread_id, event.matter)
            elif kind == HoldSet.kind:
                yield True, (session_id, ALL_OF_IT, unreadable(version))


def _event(kind: str, body: Any, digest: Any) -> object:  # noqa: ANN401  (as stored)
    """Return the event, or None if it is damaged."""
    if not isinstance(body, bytes) or digest_of(body) != digest:
        return None
    try:
        return decode(0, kind, body)
    except CorruptEvent:
        return None
