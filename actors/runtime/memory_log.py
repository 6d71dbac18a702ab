"""The memory in a log: read, changed by its rules, and erased text by text."""

from collections.abc import Sequence

from threadhost.actors.command import Command
from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.memory_jobs import Changes, Forget, NoteKeysDestroyed, decide_memory
from threadhost.actors.origin import Origin, policy
from threadhost.actors.ports import Clock
from threadhost.events.base import StreamState
from threadhost.events.causes import by_event
from threadhost.events.failpoints import reach
from threadhost.events.ids import memory_stream, thread_stream
from threadhost.events.memory import TextDropped, TextWritten, Why
from threadhost.events.memory_state import Memory, fold_memory
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.committer import Appended, StreamAppend
from threadhost.events.store.errors import WrongExpectedVersion
from threadhost.events.store.log import Log
from threadhost.events.store.log_reader import LogReader

INLINE_EVENTS_MAX = 200
"""A stream with more events than this is folded on another OS thread, off the event loop."""


class Guard(NamedTuple):
    """A thread that must still exist when something is recorded about it.

    With a `version`, its stream must still have that version.
    """

    thread_id: str
    version: int | None = None


class MemoryLog:
    """Uses optimistic concurrency: a decision on an old version is made anew."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._state = Memory()
        self.stream = memory_stream(log.log_id)

    async def state(self) -> Memory:
        """The present state of memory."""
        cached = self._state
        if cached.version:
            facts = await self._log.read_stream(self.stream, cached.version)
            state = fold_memory(facts, cached)
        else:
            state = await self._folded()
        if state.version > self._state.version:
            self._state = state
        return self._state

    async def _folded(self) -> Memory:
        """The state folded from the whole stream, off the loop if that is long."""
        head = await self._log.stream_head(self.stream)
        version = head.version if head else 0

        async def read() -> Memory:
            memory = Memory()
            async for page in self._log.walk_stream(self.stream, 0, version):
                memory = fold_memory(page, memory)
            return memory

        if version <= INLINE_EVENTS_MAX or not self._log.is_durable:
            return await read()
        return await self._log.reads.apart(read)

    async def change(
        self, command: Command, origin: Origin, guard: Guard | None = None
    ) -> Appended:
        """Carry out a command; nothing is appended for a guarded thread that is deleted.

        Raises NotDue, StaleToken, ThreadNotFound, WrongExpectedVersion if the thread is not at its
        guarded version any more, or StoreError.
        """
        while True:
            state = await self.state()
            changes = decide_memory(command, state)
            if not changes.events:
                return Appended(())
            guards = await self._guards(guard)
            appends = (*await self._appends(changes, state), *guards)
            try:
                meta = origin.at(self._clock.now_ms())
                appended = await self._log.append(*appends, meta=meta)
            except WrongExpectedVersion as conflict:
                is_read = guard is not None and guard.version is not None
                if is_read and conflict.stream != self.stream:
                    raise
            else:
                return appended

    async def forgetting(self, thread_ids: Sequence[str]) -> Sequence[StreamAppend]:
        """The appends that forget these threads, for the append of their tombstones."""
        state = await self.state()
        command = Forget("deleted", self._clock.now_ms(), thread_ids)
        changes = decide_memory(command, state)
        return await self._appends(changes, state) if changes.events else ()

    async def forget(self, reason: Why, origin: Origin, thread_ids: Sequence[str] = ()) -> None:
        """Forget threads, or everything at a reset; on return their keys and rows are gone."""
        await self.change(Forget(reason, self._clock.now_ms(), thread_ids), origin)
        await self.destroy_keys()
        await self._log.checkpoint()

    async def text(self, text_id: str) -> str | None:
        """The content of a text; None if it is deleted or unreadable."""
        return await text_of(self._log, text_id)

    async def destroy_keys(self) -> int:
        """Destroy the keys of all dropped texts, durably; returns how many there were."""
        state = await self.state()
        if not state.dropped:
            return 0
        destroyed = await self._log.destroy_keys([memory_stream(t) for t in state.dropped])
        reach("memory.keys_destroyed")
        cause = by_event(self.stream, state.version)
        origin = policy("memory", self._log.log_id, cause)
        await self.change(NoteKeysDestroyed(state.dropped), origin)
        return destroyed

    async def _appends(self, changes: Changes, state: Memory) -> Sequence[StreamAppend]:
        """The appends to the stream of memory, at the version read, and to the streams of texts.

        A text that is closed already gets none: after damage, the state may list a deleted text.
        """
        texts = {memory_stream(text_id): event for text_id, event in changes.texts.items()}
        dropped = [stream for stream, event in texts.items() if isinstance(event, TextDropped)]
        heads = await self._log.stream_heads(dropped) if dropped else {}
        is_open = {stream: head.state is StreamState.OPEN for stream, head in heads.items()}
        in_memory = StreamAppend(self.stream, changes.events, state.version)
        in_texts = (
            StreamAppend(stream, (event,))
            for stream, event in texts.items()
            if is_open.get(stream, stream not in dropped)
        )
        return (in_memory, *in_texts)

    async def _guards(self, guard: Guard | None) -> Sequence[StreamAppend]:
        """An empty append at a version of the thread's stream: it fails if the version is wrong."""
        if guard is None:
            return ()
        stream = thread_stream(guard.thread_id)
        head = await self._log.stream_head(stream)
        if head is None or head.state is StreamState.CLOSED:
            raise ThreadNotFound(guard.thread_id)
        version = head.version if guard.version is None else guard.version
        return (StreamAppend(stream, (), version),)


async def text_of(log: LogReader, text_id: str) -> str | None:
    """The content of a text in a log; None if it is deleted or unreadable."""
    texts = await log.events_of(memory_stream(text_id), TextWritten)
    return texts[0].text if texts else None
