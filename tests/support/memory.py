"""A host that remembers, and a model whose notes a test says."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.hosts import ORIGIN, Call, PuppetModel, Rig, message, open_rig, within
from threadhost.actors.memory import SetMemoryMode
from threadhost.actors.memory_jobs import MemoryPolicy
from threadhost.actors.memory_words import CONSOLIDATE, EXTRACT
from threadhost.actors.models import ModelRequest
from threadhost.actors.runtime.journal import Outside
from threadhost.actors.runtime.memories import Memories
from threadhost.actors.runtime.memory_log import MemoryLog
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.memory import begin
from threadhost.events.ids import thread_stream
from threadhost.events.memory import Consolidated
from threadhost.events.memory_state import Memory
from threadhost.events.turn import TurnCompleted

OWLS = "The user likes owls."
AT_ONCE = MemoryPolicy(idle_ms=0, cooldown_ms=0, retry_wait_ms=1)
"""A thread is over with its turn, and what failed is tried again at once."""


class Scribe(PuppetModel):
    """Says "ok" in turns; in jobs of memory what a test says, or always the same."""

    def __init__(self, note: str | None = None, text: str | None = None) -> None:
        super().__init__("ok")
        self.note, self.text = note, text
        self.turns: list[ModelRequest] = []
        self._jobs: asyncio.Queue[Call] = asyncio.Queue()

    def stream(self, request: ModelRequest) -> AsyncIterator[object]:  # type: ignore[override]
        """Answer a turn; leave a job to the test, unless it said how they are answered."""
        fixed = {EXTRACT: self.note, CONSOLIDATE: self.text}
        if request.settings.instructions not in fixed:
            self.turns.append(request)
            return super().stream(request)
        call = Call(request)
        if (said := fixed[request.settings.instructions]) is not None:
            call.say(*message(said)).end()
        self._jobs.put_nowait(call)
        return call.events()

    def be_asked(self) -> None:
        """From now on the test says what jobs are answered, and hears of no earlier ones."""
        self.note = self.text = None
        while not self._jobs.empty():
            self._jobs.get_nowait()

    async def job(self) -> Call:
        """The next request for a note or a text, once it is made."""
        call: Call = await within(self._jobs.get())
        return call


@asynccontextmanager
async def remembering(
    rig: Rig, behaviour: MemoryPolicy = AT_ONCE, epoch: int = 1
) -> AsyncIterator[Memories]:
    """The supervisor of memory on an open host."""
    outside = Outside(rig.model, SystemClock(), rig.ids, rig.live)
    memories = begin(rig.host, outside, behaviour, epoch)
    running = asyncio.create_task(memories.run())
    try:
        yield memories
    finally:
        memories.close()
        await running


async def memory_of(rig: Rig) -> Memory:
    """What is remembered."""
    return await rig.logs.memory(SystemClock()).state()


def files_with(home: Path, words: str) -> Sequence[Path]:
    """The files of a home in which these words stand in clear."""
    files = (path for path in home.rglob("*") if path.is_file())
    return [path for path in files if words.encode() in path.read_bytes()]


async def readable(rig: Rig, words: str) -> Sequence[str]:
    """Where these words can still be read: in streams of the log, and in files in clear."""
    facts = await rig.logs.durable.read(0, 100_000)
    streams = [fact.stream for fact in facts if words in str(fact.event)]
    files = files_with(rig.home, words) if rig.home is not None else ()
    return [*streams, *(path.name for path in files)]


async def finished_thread(rig: Rig, text: str = "hello", **how: Any) -> str:
    """A thread with a turn that is over."""
    thread_id = await rig.start(**how)
    await rig.turn(thread_id, text)
    await rig.published(TurnCompleted.kind, thread_stream(thread_id))
    return thread_id


async def again(rig: Rig, thread_id: str, text: str = "go on") -> None:
    """One more turn."""
    rig.seen.clear()
    await rig.turn(thread_id, text)
    await rig.published(TurnCompleted.kind, thread_stream(thread_id))


@asynccontextmanager
async def remembered(
    tmp_path: Path, note: str | None = "Likes owls.", text: str | None = OWLS
) -> AsyncIterator[tuple[Rig, Scribe, str]]:
    """A host that remembers one thread."""
    scribe = Scribe(note, text)
    async with open_rig(tmp_path, scribe) as rig:
        thread_id = await finished_thread(rig, "I like owls")
        async with remembering(rig):
            await rig.published(Consolidated.kind)
            yield rig, scribe, thread_id


def log_of(rig: Rig) -> MemoryLog:
    return rig.logs.memory(SystemClock())


async def forget(rig: Rig, thread_id: str) -> None:
    """Forbid memories of a thread, as the method does."""
    await rig.host.threads.amend(thread_id, SetMemoryMode("disabled"), ORIGIN)
    await log_of(rig).forget("disabled", ORIGIN, [thread_id])


def given(scribe: Scribe) -> str:
    """What the newest turn was given beside its history."""
    return scribe.turns[-1].settings.developer or ""
