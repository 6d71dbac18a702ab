"""Logs for tests: facts to append, and an open log that is closed again."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from tests.support.yielding import at_once
from threadhost.events import failpoints
from threadhost.events.base import Event, Meta, Recorded
from threadhost.events.store.committer import InlineViews
from threadhost.events.store.errors import StoreFailed
from threadhost.events.store.log import Log
from threadhost.events.store.log_reader import LogReader
from threadhost.events.store.port import Tx
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.engine import SqliteReads, run_sync
from threadhost.events.thread import ThreadDeleted, ThreadRenamed, ThreadStarted
from threadhost.events.turn import ItemRecorded

META = Meta("client:test", "request-1", "request-1", 1_763_798_400_000)
STREAM = "thread-a"
OTHER = "thread-b"
WAIT_S = 10


T = TypeVar("T")


def database_of(log: LogReader) -> Database:
    """The database beneath a log, for those who look at the file itself."""
    return cast(SqliteReads, log.reads).database  # type: ignore[return-value]


def now(work: Coroutine[Any, Any, T]) -> T:
    """What reads of a log come to, for those who cannot wait for them."""
    with at_once():
        return run_sync(work)


def at(recorded_at_ms: int) -> Meta:
    """Who and why as always, at another time."""
    return Meta(META.principal, META.correlation_id, META.causation_id, recorded_at_ms)


def started(thread_id: str = "a", parent_id: str | None = None) -> ThreadStarted:
    """A thread begins: a structural event."""
    return ThreadStarted(
        thread_id=thread_id, session_id=thread_id, parent_id=parent_id, source="test"
    )


def renamed(name: str = "a name") -> ThreadRenamed:
    """A thread is renamed: a sealed event."""
    return ThreadRenamed(name=name)


def deleted(thread_id: str = "a") -> ThreadDeleted:
    """A thread's tombstone."""
    return ThreadDeleted(thread_id=thread_id, deletion_id="d", root_id=thread_id)


def message(text: str = "hello", turn_id: str = "turn-1") -> ItemRecorded:
    """An agent's message."""
    item: dict[str, Any] = {"type": "agentMessage", "id": "msg-1", "text": text}
    return ItemRecorded(turn_id=turn_id, item_id="msg-1", type="agentMessage", item=item)


class NoViews:
    """Views of nothing."""

    private = ()
    kinds = ()

    def create(self, tx: Tx) -> None:
        """Nothing to make."""

    def apply(self, tx: Tx, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        """Nothing to do."""
        return {}


class Fussy(NoViews):
    """Views that fail for threads with a certain name."""

    def apply(self, tx: Tx, recorded: Sequence[Recorded]) -> Mapping[str, int]:
        """Raise ArithmeticError for the name "bad"."""
        for fact in recorded:
            if isinstance(fact.event, ThreadRenamed) and fact.event.name == "bad":
                raise ArithmeticError("a view failed")
        return {}


@asynccontextmanager
async def opened(
    home: Path,
    views: InlineViews | None = None,
    key_file: Path | None = None,
    on_failure: Callable[[StoreFailed], None] = lambda _: None,
) -> AsyncIterator[Log]:
    """A log of the home, closed at the end."""
    log = Log.open(home, views or NoViews(), key_file, on_failure)
    try:
        yield log
    finally:
        await log.close()


def put_in_place(path: Path, kind: str) -> None:
    """Something else in the place of a file, which is kept as the target of a link."""
    kept = path.with_name("kept")
    path.rename(kept)
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a symbolic link":
        path.symlink_to(kept)
    else:
        path.mkdir()


def events_of(recorded: Sequence[Recorded]) -> list[Event | object]:
    """The events alone."""
    return [fact.event for fact in recorded]


class Gate:
    """Holds the writer, just before it begins if not elsewhere, until it is opened."""

    def __init__(self, point: str = "store.begin") -> None:
        self._open, self.reached = threading.Event(), threading.Event()
        failpoints.arm(point, self._wait)

    def _wait(self) -> None:
        self.reached.set()
        assert self._open.wait(WAIT_S)

    async def closed(self) -> None:
        """Until the writer stands before it."""
        assert await asyncio.to_thread(self.reached.wait, WAIT_S)

    def open(self) -> None:
        self._open.set()
