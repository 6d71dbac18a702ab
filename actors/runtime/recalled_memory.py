"""The memory that models of threads are given, in step with the log."""

from collections.abc import Sequence

from threadhost.actors.memory_words import GIVEN
from threadhost.actors.runtime.memory_log import MemoryLog
from threadhost.actors.runtime.tasks import begin
from threadhost.actors.runtime.threads import LiveThreads
from threadhost.events.agent import AGENT
from threadhost.events.base import Recorded
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_of
from threadhost.events.memory import MEMORY_PART, Consolidated, MemoriesForgotten, MemoryModeSet
from threadhost.events.operator_log import GOES_WITHOUT
from threadhost.events.store.errors import StoreError


class RecalledMemory:
    """The text of memory in requests; forgotten memory is in no request from then on."""

    def __init__(self, log: MemoryLog, live: LiveThreads) -> None:
        self._log = log
        self._live = live
        self._text = ""
        self._changes = 0

    def to(self, thread: Thread) -> str | None:
        """The memory for a thread's model; None for none."""
        if not self._text or thread.ephemeral or AGENT.of(thread).is_agent:
            return None
        return self._text if MEMORY_PART.of(thread).mode == "enabled" else None

    def published(self, recorded: Sequence[Recorded]) -> None:
        """Follow the log."""
        for fact in recorded:
            if isinstance(fact.event, MemoryModeSet):
                self._live.renew(thread_of(fact.stream))
            elif isinstance(fact.event, MemoriesForgotten):
                self._give("")
                begin(self.reload())
            elif isinstance(fact.event, Consolidated):
                self._changes += 1
                begin(self.reload())

    async def reload(self) -> None:
        """Load the text from the log; if that changes meanwhile, the newer load wins."""
        changes = self._changes
        try:
            text_id = (await self._log.state()).summary.text_id
            text = await self._log.text(text_id) if text_id else None
        except StoreError as error:
            GOES_WITHOUT.emit(what="the memory of earlier threads cannot be read", fault=error)
            return
        if changes == self._changes:
            self._give(GIVEN.format(text) if text else "")

    def _give(self, text: str) -> None:
        self._changes += 1
        if text != self._text:
            self._text = text
            self._live.renew()
