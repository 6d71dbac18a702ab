"""The two logs of a host: the durable one, and the one in memory for ephemeral threads."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from threadhost.actors.errors import (
    Refusal,
    ThreadBeingDeleted,
    ThreadClosing,
    ThreadNotFound,
)
from threadhost.actors.ports import JobTies, NoProgramLog, NoRollouts, ProgramLog, Rollouts
from threadhost.events.base import Recorded, StreamState
from threadhost.events.damage import DamageReport
from threadhost.events.fold import Thread, Tree, fold_thread, fold_tree, no_tree
from threadhost.events.gap_repair import (
    edge_positions,
    edge_repair_positions,
    repair_edge,
    thread_from_edge,
)
from threadhost.events.history_events import LANDMARKS, TYPES
from threadhost.events.ids import memory_stream, thread_stream, tree_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log_store import STREAM_DAMAGED
from threadhost.events.snapshot import decode, encode
from threadhost.events.store.log import Log
from threadhost.events.store.rows import StreamHead
from threadhost.events.thread import ThreadDeleted

if TYPE_CHECKING:
    from threadhost.actors.ports import Clock
    from threadhost.actors.runtime.memory_log import MemoryLog
    from threadhost.events.history import History

T = TypeVar("T")
INLINE_EVENTS_MAX = 200
"""A stream with more events than this is read on another OS thread, off the event loop."""


OF_THE_START = ("id", "session_id", "parent_id", "depth")
"""The fields of a thread that its first event sets."""

SNAPSHOT_EVENTS = 200
"""A snapshot is stored every so many events, so that activation reads few events."""


class Stored(NamedTuple):
    """A thread folded from its stream, and the version of its snapshot."""

    state: Thread
    snapshot_version: int = 0
    blank_version: int = -1
    """The version up to which no event belongs to the history; -1 if it is not known."""

    def snapshot(self, foreseen: Thread) -> bytes | None:
        """The snapshot to store after the next events, if one is due; else None.

        A state with gaps is not stored: a backup may bring the lost events back.
        """
        if self.state.gaps or foreseen.version - self.snapshot_version < SNAPSHOT_EVENTS:
            return None
        return encode(foreseen)


class Logs:
    """Threads are durable unless they were started as ephemeral."""

    def __init__(self, durable: Log, ephemeral: Log) -> None:
        self.durable = durable
        self.ephemeral = ephemeral
        self.program: ProgramLog = NoProgramLog()
        self.rollouts: Rollouts = NoRollouts()
        self.ties: Callable[[], JobTies] | None = None
        """Finds the jobs of threads, for deletions; None without jobs."""
        self._memory: MemoryLog | None = None
        self._ephemeral_ids: set[str] = set()
        self._forks_in_memory: dict[str, dict[str, None]] = {}
        self._sources: dict[str, str] = {}
        """The source of each fork in memory."""
        self._fenced_in_memory: set[str] = set()

    def memory(self, clock: "Clock") -> "MemoryLog":
        """The memory of threads, imported on first use."""
        if self._memory is None:
            from threadhost.actors.runtime.memory_log import MemoryLog

            self._memory = MemoryLog(self.durable, clock)
        return self._memory

    async def remember(self) -> bool:
        """Whether this log has ever held any memory."""
        return await self.durable.stream_head(memory_stream(self.durable.log_id)) is not None

    def of(self, thread_id: str) -> Log:
        """The log that holds the thread's stream."""
        return self.ephemeral if thread_id in self._ephemeral_ids else self.durable

    def is_ephemeral(self, thread_id: str) -> bool:
        """Whether the thread lives only in memory, and still exists."""
        return thread_id in self._ephemeral_ids

    def keep_in_memory(self, thread_id: str, source_id: str | None = None) -> None:
        """Keep the thread's stream in memory from now on; with a source, the thread is a fork."""
        self._ephemeral_ids.add(thread_id)
        if source_id is not None:
            self._sources[thread_id] = source_id
            self._forks_in_memory.setdefault(source_id, {})[thread_id] = None

    def forks_in_memory(self, source_id: str) -> Sequence[str]:
        """The forks of a thread that live only in memory; they hold copies of its content."""
        return tuple(self._forks_in_memory.get(source_id, ()))

    async def tree_in_memory(self, session_id: str) -> Tree:
        """The edges of a spawn tree that live only in memory; most trees have none."""
        if self.ephemeral.is_blank:
            return no_tree()
        return fold_tree(await self.ephemeral.read_stream(tree_stream(session_id)))

    def fence_in_memory(self, thread_ids: Iterable[str]) -> None:
        """Fence these threads for a deletion; no event of the durable log can fence them."""
        self._fenced_in_memory.update(thread_ids)

    def unfence_in_memory(self, thread_ids: Iterable[str]) -> None:
        """Undo the fences of a deletion that was not planned after all."""
        self._fenced_in_memory.difference_update(thread_ids)

    def are_fenced_in_memory(self, *thread_ids: str) -> bool:
        """Whether a deletion has fenced any of these threads in memory."""
        return not self._fenced_in_memory.isdisjoint(thread_ids)

    async def is_fenced(self, thread_id: str) -> bool:
        """Whether a deletion has fenced the thread.

        For a thread in memory this holds until the next await: only this process fences those.
        """
        head = await self.of(thread_id).stream_head(thread_stream(thread_id))
        is_fenced = head is not None and head.state is StreamState.FENCED
        return is_fenced or self.are_fenced_in_memory(thread_id)

    async def require_open(self, thread_id: str, *, fenced_is_fine: bool = False) -> None:
        """Return if the thread's stream is open. Raises ThreadNotFound or ThreadBeingDeleted."""
        head = await self.of(thread_id).stream_head(thread_stream(thread_id))
        state = StreamState.CLOSED if head is None else head.state
        if state is StreamState.CLOSED or (state is StreamState.FENCED and not fenced_is_fine):
            raise refusal_of(thread_id, head)

    async def forget(self, thread_id: str) -> None:
        """Drop a thread that lived only in memory; does nothing for other threads."""
        if thread_id in self._ephemeral_ids:
            self._ephemeral_ids.discard(thread_id)
            self._fenced_in_memory.discard(thread_id)
            if source_id := self._sources.pop(thread_id, None):
                forks = self._forks_in_memory[source_id]
                del forks[thread_id]
                if not forks:
                    del self._forks_in_memory[source_id]
            deleted = ThreadDeleted(thread_id=thread_id, deletion_id="", root_id=thread_id)
            await self.ephemeral.forget(thread_stream(thread_id), deleted)

    async def stored(self, thread_id: str) -> Stored:
        """The thread folded from the log; unreadable events count as gaps.

        Raises ThreadNotFound.
        """
        log, stream = self.of(thread_id), thread_stream(thread_id)
        head = await log.stream_head(stream)
        if head is None:
            raise ThreadNotFound(thread_id)
        thread = await off_loop(log, stream, head.version, lambda: _fold(log, thread_id, head))
        if not thread.state.exists:
            raise ThreadNotFound(thread_id)
        return thread


async def history_of(log: Log, thread_id: str, provider: str = "") -> "History":
    """The model's history, folded from the log; reads nothing before a compaction.

    It is rendered for the provider that will be asked.
    """
    from threadhost.events.history import History, begins_after

    stream = thread_stream(thread_id)
    head = await log.stream_head(stream)

    async def read() -> "History":
        after = begins_after(await log.read_stream(stream, types=LANDMARKS))
        history = History(await log.read_stream(stream, after, types=TYPES))
        history.rendered_for(provider)
        return history

    return await off_loop(log, stream, head.version if head else 0, read)


async def off_loop(
    log: Log,
    stream: str,
    events: int,
    read: Callable[[], Coroutine[Any, Any, T]],
    inline_max: int | None = None,
) -> T:
    """Read this many events of a stream, off the loop if they are many or some are large.

    `read` awaits nothing but the log. More than `inline_max`, or INLINE_EVENTS_MAX, are many.
    """
    events_max = INLINE_EVENTS_MAX if inline_max is None else inline_max
    is_little = events <= events_max and not await log.reads.has_blobs(stream)
    if is_little or not log.is_durable:
        return await read()
    return await log.reads.apart(read)


async def tree_of(log: Log, session_id: str) -> Tree:
    """A spawn tree folded from the log; an unreadable edge is restored from its thread."""
    stream = tree_stream(session_id)
    head = await log.stream_head(stream)
    if head is None:
        return no_tree(session_id)
    check, tree = _StreamCheck(f"the tree of {session_id}"), no_tree()
    async for page in log.walk_stream(stream, 0, head.version):
        facts = [await _whole_edge(fact, log) for fact in check.all_of(page)]
        tree = fold_tree(facts, tree)
        await asyncio.sleep(0)  # the tree of a large job may have a million events
    check.missing_of(head.version)
    return tree._replace(session_id=session_id, version=head.version)


async def _whole_edge(fact: Recorded, log: Log) -> Recorded:
    positions = edge_repair_positions(fact)
    return repair_edge(fact, await log.read_at(positions)) if positions else fact


async def _fold(log: Log, thread_id: str, head: StreamHead) -> Stored:
    stream = thread_stream(thread_id)
    snapshot = await log.snapshot(stream)
    begin = decode(snapshot.body) if snapshot else None
    if snapshot is None or begin is None or not begin.version == snapshot.version <= head.version:
        begin = Thread()
    check, state = _StreamCheck(f"thread {thread_id}"), begin
    async for page in log.walk_stream(stream, begin.version, head.version):
        state = fold_thread(check.all_of(page), state)
    missing = check.missing_of(head.version - begin.version)
    if not state.id:
        beginning = await beginning_of(log, thread_id)
        state = state._replace(**{name: getattr(beginning, name) for name in OF_THE_START})
    # The store's own record of the stream outweighs the events.
    state = state._replace(
        version=head.version,
        incarnation=head.incarnation,
        state=state.state if head.state is StreamState.FENCED else head.state,
        gaps=state.gaps + missing,
    )
    return Stored(state, begin.version)


class _StreamCheck:
    """Counts the facts of a stream on their way to a fold, and notes damages and missing events."""

    def __init__(self, whose: str) -> None:
        self._whose = whose
        self._count = 0
        self._damages = DamageReport()

    def all_of(self, facts: Iterable[Recorded]) -> Iterator[Recorded]:
        """Pass the facts on, and check each."""
        for fact in self._damages.noted(facts):
            self._count += 1
            yield fact

    def missing_of(self, count: int) -> int:
        """How many of this many facts are missing, once all were passed on; logs all faults."""
        missing = max(0, count - self._count)
        if self._damages or missing:
            damaged = f"what is damaged: {self._damages}" if self._damages else ""
            lacking = f"{missing} missing events" if missing else ""
            for fault in filter(None, (damaged, lacking)):
                STREAM_DAMAGED.emit(whose=self._whose, what=fault)
        return missing


async def beginning_of(log: Log, thread_id: str) -> Thread:
    """A thread by its first event; if that is unreadable, by the edge recorded beside it."""
    first = await log.read_stream(thread_stream(thread_id), limit=1)
    state = fold_thread(first)
    if state.id:
        return state
    return thread_from_edge(
        thread_id, await log.read_at(edge_positions(first[0].position if first else 0))
    )


def refusal_of(thread_id: str, head: StreamHead | None) -> Refusal:
    """The refusal for a thread whose stream has this head."""
    if head is None or head.state is StreamState.CLOSED:
        return ThreadNotFound(thread_id)
    if head.state is StreamState.FENCED:
        return ThreadBeingDeleted(thread_id)
    return ThreadClosing(thread_id)
