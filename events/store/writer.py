"""The only writer and its group commit: commits all waiting appends at once, then answers them."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from threadhost.events.base import Recorded
from threadhost.events.failpoints import reach
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT
from threadhost.events.operator_log_store import (
    STORE_FAILED,
    STORE_FULL,
    STORE_SLOW,
    STORE_WRITES_AGAIN,
)
from threadhost.events.store.committer import Appended, AppendRequest, Committer
from threadhost.events.store.eager import start_eagerly
from threadhost.events.store.errors import StoreFailed, StoreOverloaded, StoreUnavailable
from threadhost.events.store.fair_queue import FairQueue, QueueEntry
from threadhost.events.store.faults import translate_shortage
from threadhost.events.store.port import Engine, Tx
from threadhost.events.store.recorder import Recorder

LOOK_AGAIN_S = 0.01
SLOW_S = 2.0
"""For one commit: the operator has to know why everyone waits."""
T = TypeVar("T")


class _Append(NamedTuple):
    future: asyncio.Future[Appended]
    request: AppendRequest


class _Task(NamedTuple):
    future: asyncio.Future[Any]
    work: Callable[[], Any]


_Entry = _Append | _Task
_Answer = Callable[[], Coroutine[Any, Any, None] | None]


class Writer:
    """Serialises all writes of a log; on its own thread, or in place for a store in memory.

    `publish` is called on the event loop with the events of each commit, in log order; it may
    return a coroutine, which must not raise. The coroutine ends before the appenders of these
    events continue and before any other answer is delivered. `on_failure` is called once, when
    nothing can be written any more. `fault_of_files` returns, after each commit, what is wrong if
    files were removed or replaced.
    """

    def __init__(
        self,
        engine: Engine,
        recorder: Recorder,
        committer: Committer,
        publish: Callable[[Sequence[Recorded]], Coroutine[Any, Any, None] | None],
        queue_bytes_max: int,
        on_failure: Callable[[StoreFailed], None],
        fault_of_files: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._recorder = recorder
        self._committer = committer
        self._publish = publish
        self._queue_bytes_max = queue_bytes_max
        self._on_failure = on_failure
        self._fault_of_files = fault_of_files
        self._loop = asyncio.get_running_loop()
        self._waiting: FairQueue[_Entry] = FairQueue(later=self._loop.call_soon)
        self._queued_bytes = 0
        self._sync_s = 0.0
        """How long the disk took for the newest commit."""
        self._due: deque[_Answer] = deque()
        self._publishing: asyncio.Task[None] | None = None
        self._failed: StoreFailed | None = None
        self.shortage = ""
        """Why the last attempt to write failed; empty if it succeeded."""
        self._closed = False
        self._thread: threading.Thread | None = None
        if not engine.in_memory:
            self._thread = threading.Thread(target=self._run, name="threadhost-writer", daemon=True)
            with translate_shortage():
                self._thread.start()

    @property
    def has_failed(self) -> bool:
        """Whether the writer has failed for good."""
        return self._failed is not None

    @property
    def queued_bytes(self) -> int:
        """The bytes of appends that wait to be written."""
        return self._queued_bytes

    async def append(self, request: AppendRequest, asker: str = "") -> Appended:
        """Append durably, for the client `asker`, if any. Raises StoreError, or a view's error."""
        self._refuse_if_down()
        size = request.size_bytes
        if self._queued_bytes and self._queued_bytes + size > self._queue_bytes_max:
            raise StoreOverloaded(f"{self._queued_bytes} bytes wait to be written")
        self._queued_bytes += size
        future: asyncio.Future[Appended] = self._loop.create_future()
        return await self._submit(QueueEntry(_Append(future, request), size, asker), future)

    async def run(self, work: Callable[[], T]) -> T:
        """Run work on the writer's thread, between transactions."""
        self._refuse_if_down()
        future: asyncio.Future[T] = self._loop.create_future()
        return await self._submit(QueueEntry(_Task(future, work)), future)

    async def close(self) -> None:
        """Write what is queued, then stop; idempotent."""
        if not self._closed:
            self._closed = True
            self._waiting.close()
        if self._thread is not None:
            await _joined(self._thread)
        while self._publishing is not None:
            await asyncio.wait((self._publishing,))

    def _refuse_if_down(self) -> None:
        if self._failed is not None:
            raise StoreFailed(str(self._failed))
        if self._closed:
            raise StoreUnavailable("the log is closed")

    async def _submit(self, waiting: QueueEntry[_Entry], future: asyncio.Future[T]) -> T:
        if self._thread is None:
            self._hand_out(self._answers_to([waiting.entry]))
        else:
            self._waiting.put(waiting)
        return await future  # a cancelled caller changes nothing: the entry is already queued

    def _run(self) -> None:
        while entries := self._waiting.take(self._sync_s):
            answers = self._answers_to(entries)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._hand_out, answers)

    def _hand_out(self, answers: Sequence[_Answer]) -> None:
        due = self._due
        due.extend(answers)
        while due and self._publishing is None:
            try:
                continuation = due.popleft()()
                publishing = start_eagerly(continuation) if continuation is not None else None
                if publishing is not None:
                    self._publishing = publishing
                    publishing.add_done_callback(self._published)
            except Exception as error:  # noqa: BLE001  (the other answers are still delivered)
                HOST_FAULT.emit(error, what="returning an answer of the store")

    def _published(self, _: asyncio.Task[None]) -> None:
        self._publishing = None
        self._hand_out(())

    def _answers_to(self, entries: Sequence[_Entry]) -> list[_Answer]:
        try:
            return self._work_off(entries)
        except BaseException as error:  # noqa: BLE001  (else all callers would wait for ever)
            failure = StoreFailed(f"the writer failed: {type(error).__name__}")
            return [*(self._settled(e, failure) for e in entries), *self._fail(failure)]

    def _work_off(self, entries: Sequence[_Entry]) -> list[_Answer]:
        answers: list[_Answer] = []
        appends: list[_Append] = []
        for entry in entries:
            if isinstance(entry, _Append):
                appends.append(entry)
                continue
            answers += self._commit(appends)
            appends = []
            answers += self._carry_out(entry)
        return answers + self._commit(appends)

    def _carry_out(self, task: _Task) -> list[_Answer]:
        if self._failed is not None:
            return [self._settled(task, self._failed)]
        try:
            result = task.work()
        except Exception as error:  # noqa: BLE001  (raised to the caller)
            failure = self._engine.meaning(error)
            return [self._settled(task, failure), *self._fail(failure)]
        if fault := self._fault_of_files():
            return self._fail_entries([task], fault)
        return [self._settled(task, result)]

    def _fail_entries(self, entries: Sequence[_Entry], fault: str) -> list[_Answer]:
        """Fail entries whose writes went into files that were removed or replaced."""
        failure = StoreFailed(fault)
        return [*(self._settled(entry, failure) for entry in entries), *self._fail(failure)]

    def _commit(self, entries: list[_Append]) -> list[_Answer]:
        if not entries:
            return []
        if self._failed is not None:
            return [self._settled(entry, self._failed) for entry in entries]
        before = self._recorder.position, self._recorder.chain
        try:
            reach("store.begin")
            with self._engine.transaction() as tx:
                outcomes = self._carried_out(tx, entries)
                if self._recorder.position > before[0]:
                    self._recorder.seal_end(tx)
                reach("store.before_commit")
                began_s = monotonic()
        except Exception as error:  # noqa: BLE001  (classified by `meaning`)
            return self._abandon(entries, before, self._engine.meaning(error))
        self._note_sync(monotonic() - began_s)
        reach("store.committed")
        if fault := self._fault_of_files():
            return self._fail_entries(entries, fault)
        if self.shortage:
            self.note_success()
        recorded: list[Recorded] = []
        for outcome in outcomes:
            if isinstance(outcome, Appended) and not outcome.replayed:
                recorded += outcome.recorded
        answers = [self._settled(e, o) for e, o in zip(entries, outcomes, strict=True)]
        return [lambda: self._publish(recorded), *answers]

    def _note_sync(self, sync_s: float) -> None:
        if sync_s >= SLOW_S > self._sync_s:
            STORE_SLOW.emit(seconds=round(sync_s))
        self._sync_s = sync_s

    def note_success(self) -> None:
        """Note that a write succeeded."""
        if self.shortage:
            self.shortage = ""
            STORE_WRITES_AGAIN.emit()

    def _note_shortage(self, failure: StoreUnavailable) -> None:
        if not self.shortage:
            STORE_FULL.emit(fault=failure)
        self.shortage = str(failure)

    def _carried_out(self, tx: Tx, entries: Sequence[_Append]) -> Sequence[Appended | Exception]:
        requests = [entry.request for entry in entries]
        self._committer.begin(tx, requests)
        if len(requests) == 1:
            return [self._committer.carry_out(tx, requests[0])]
        if self._committer.are_independent(requests):
            together = self._attempt(
                tx, requests, lambda: self._committer.carry_out_batch(tx, requests)
            )
            if not isinstance(together, Exception):
                return together
        return [
            self._attempt(tx, (request,), partial(self._committer.carry_out, tx, request))
            for request in requests
        ]

    def _attempt(
        self, tx: Tx, requests: Sequence[AppendRequest], work: Callable[[], T]
    ) -> T | Exception:
        before = self._recorder.position, self._recorder.chain
        outcome = tx.attempt(work)
        if isinstance(outcome, Exception):
            for request in requests:
                self._committer.undo(request, *before)
        return outcome

    def _abandon(
        self, entries: list[_Append], before: tuple[int, bytes], failure: Exception
    ) -> list[_Answer]:
        for entry in entries:
            self._committer.undo(entry.request, *before)
        return [*(self._settled(e, failure) for e in entries), *self._fail(failure)]

    def _settled(self, entry: _Entry, outcome: object) -> _Answer:
        def settle() -> None:
            if isinstance(entry, _Append):
                self._queued_bytes -= entry.request.size_bytes
            _settle(entry.future, outcome)

        return settle

    def _fail(self, failure: Exception) -> list[_Answer]:
        """Refuse everything from now on if the failure leaves the outcome of a write open."""
        if isinstance(failure, StoreUnavailable):
            self._note_shortage(failure)
        if not isinstance(failure, StoreFailed):
            return []
        self._failed = failure
        STORE_FAILED.emit(fault=failure)
        return [lambda: self._on_failure(failure)]


async def _joined(thread: threading.Thread) -> None:
    """Wait for a thread to end; poll if no other thread can be started to wait for it."""
    try:
        await asyncio.to_thread(thread.join)
    except RuntimeError:
        while thread.is_alive():  # noqa: ASYNC110  (no event: its loop may be closed)
            await asyncio.sleep(LOOK_AGAIN_S)


def _settle(future: asyncio.Future[Any], outcome: object) -> None:
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
        future.exception()  # the caller may be gone; that is no reason for a warning
    else:
        future.set_result(outcome)
