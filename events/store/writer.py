"""The one writer: takes what has gathered, commits it at once, then answers all."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from threadhost.events.base import Recorded
from threadhost.events.failpoints import reach
from threadhost.events.store.committer import Appended, AppendRequest, Committer
from threadhost.events.store.database import Database, rollback
from threadhost.events.store.errors import StoreFailed, StoreOverloaded, StoreUnavailable
from threadhost.events.store.faults import classify, hits_the_whole_store
from threadhost.events.store.recorder import SqlRecorder

BATCH_REQUESTS_MAX = 512
T = TypeVar("T")
log = logging.getLogger("threadhost.store")


@dataclass(slots=True)
class _Append:
    request: AppendRequest
    future: asyncio.Future[Appended]


@dataclass(slots=True)
class _Task:
    work: Callable[[], Any]
    future: asyncio.Future[Any]


_Answer = Callable[[], None]


class Writer:
    """Serialises all writes of a log; on a thread of its own, or in place for a store in memory.

    `publish` is called on the event loop with the events of each commit, in log order, before
    those who appended them go on. `on_failure` is called once, when nothing can be written any more.
    """

    def __init__(
        self,
        database: Database,
        recorder: SqlRecorder,
        committer: Committer,
        publish: Callable[[Sequence[Recorded]], None],
        queue_bytes_max: int,
        on_failure: Callable[[StoreFailed], None],
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._committer = committer
        self._publish = publish
        self._queue_bytes_max = queue_bytes_max
        self._on_failure = on_failure
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Append | _Task | None] = SimpleQueue()
        self._queued_bytes = 0
        self._failed: StoreFailed | None = None
        self._closed = False
        self._thread: threading.Thread | None = None
        if not database.in_memory:
            self._thread = threading.Thread(target=self._run, name="threadhost-writer", daemon=True)
            self._thread.start()

    async def append(self, request: AppendRequest) -> Appended:
        """Append durably. Raises StoreError, or whatever a view raised."""
        self._refuse_if_down()
        if self._queued_bytes and self._queued_bytes + request.size_bytes > self._queue_bytes_max:
            raise StoreOverloaded(f"{self._queued_bytes} bytes wait to be written")
        self._queued_bytes += request.size_bytes
        future: asyncio.Future[Appended] = self._loop.create_future()
        try:
            return await self._submit(_Append(request, future), future)
        finally:
            self._queued_bytes -= request.size_bytes

    async def run(self, work: Callable[[], T]) -> T:
        """Run something on the writer's thread, between transactions."""
        self._refuse_if_down()
        future: asyncio.Future[T] = self._loop.create_future()
        return await self._submit(_Task(work, future), future)

    async def close(self) -> None:
        """Write what is queued, then stop; idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)

    def _refuse_if_down(self) -> None:
        if self._failed is not None:
            raise self._failed
        if self._closed:
            raise StoreUnavailable("the log is closed")

    async def _submit(self, entry: _Append | _Task, future: asyncio.Future[T]) -> T:
        if self._thread is None:
            for answer in self._work_off([entry]):
                answer()
        else:
            self._queue.put(entry)
        # Shielded: what was handed over will happen, whoever stops waiting for it.
        return await asyncio.shield(future)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            entries, stop = [first], False
            while len(entries) < BATCH_REQUESTS_MAX and not self._queue.empty():
                entry = self._queue.get()
                if entry is None:
                    stop = True
                    break
                entries.append(entry)
            self._answer(self._work_off(entries))
            if stop:
                return

    def _answer(self, answers: list[_Answer]) -> None:
        def all_of_them() -> None:
            for answer in answers:
                answer()

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(all_of_them)

    def _work_off(self, entries: Sequence[_Append | _Task]) -> list[_Answer]:
        answers: list[_Answer] = []
        appends: list[_Append] = []
        for entry in entries:
            if isinstance(entry, _Append):
                appends.append(entry)
                continue
            answers += self._commit(appends)
            appends = []
            answers.append(_outcome(entry))
        return answers + self._commit(appends)

    def _commit(self, entries: list[_Append]) -> list[_Answer]:
        if not entries:
            return []
        if self._failed is not None:
            return [_refusal(entry, self._failed) for entry in entries]
        before = self._recorder.position, self._recorder.chain
        connection = self._database.writer
        with self._database.lock:
            try:
                reach("store.begin")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                outcomes = [self._attempt(connection, e, alone=len(entries) == 1) for e in entries]
                reach("store.before_commit")
                connection.exec_driver_sql("COMMIT")
                reach("store.committed")
            except Exception as error:  # noqa: BLE001  (sorted by what it means for the store)
                return self._abandon(entries, before, error)
        fresh = [o for o in outcomes if isinstance(o, Appended) and not o.replayed]
        recorded = [fact for outcome in fresh for fact in outcome.recorded]
        answers = [_reply(e, o) for e, o in zip(entries, outcomes, strict=True)]
        return [lambda: self._publish(recorded), *answers]

    def _attempt(
        self, connection: Connection, entry: _Append, *, alone: bool
    ) -> Appended | Exception:
        position, chain = self._recorder.position, self._recorder.chain
        if not alone:
            connection.exec_driver_sql("SAVEPOINT request")
        try:
            appended = self._committer.carry_out(connection, entry.request)
        except Exception as error:
            if alone or hits_the_whole_store(error):
                raise
            connection.exec_driver_sql("ROLLBACK TO request")
            connection.exec_driver_sql("RELEASE request")
            self._committer.undo(entry.request, position, chain)
            return error
        if not alone:
            connection.exec_driver_sql("RELEASE request")
        return appended

    def _abandon(
        self, entries: list[_Append], before: tuple[int, bytes], error: Exception
    ) -> list[_Answer]:
        failure = classify(error)
        try:
            rollback(self._database.writer)
        except DBAPIError as again:
            failure = StoreFailed(f"a transaction could not be rolled back: {again.orig}")
        for entry in entries:
            self._committer.undo(entry.request, *before)
        if isinstance(failure, StoreFailed):
            self._failed = failure
            log.critical("the log cannot be written any more: %s", failure)
            return [*(_refusal(e, failure) for e in entries), lambda: self._on_failure(failure)]
        return [_refusal(entry, failure) for entry in entries]


def _outcome(task: _Task) -> _Answer:
    try:
        result = task.work()
    except Exception as error:  # noqa: BLE001  (handed to whoever asked)
        failure = error
        return lambda: _settle(task.future, failure)
    return lambda: _settle(task.future, result)


def _reply(entry: _Append, outcome: Appended | Exception) -> _Answer:
    return lambda: _settle(entry.future, outcome)


def _refusal(entry: _Append, error: Exception) -> _Answer:
    return lambda: _settle(entry.future, error)


def _settle(future: asyncio.Future[T], outcome: T | Exception) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
        future.exception()  # whoever waited may be gone; that is no reason for a warning
    else:
        future.set_result(outcome)
