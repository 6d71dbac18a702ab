"""The model calls of memory: one makes the note of a thread, the other consolidates all notes."""

import asyncio
from collections.abc import Sequence

from threadhost.actors.memory_words import (
    ANSWER_CHARS_MAX,
    CONSOLIDATE,
    EXTRACT,
    notes_record,
    transcript,
)
from threadhost.actors.models import (
    Message,
    ModelClient,
    ModelFailed,
    ModelRequest,
    ModelSettings,
    OutputDone,
    ResponseDone,
    TextDelta,
)
from threadhost.actors.runtime.logs import history_of
from threadhost.events.fold import Thread
from threadhost.events.ids import thread_stream
from threadhost.events.imported import is_past
from threadhost.events.input_items import message_line
from threadhost.events.memory import Skip
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.log import Log
from threadhost.events.turn import TurnCompleted

EXTERNAL = b'"namespace":"mcp__'
"""The mark of a call of a server's tool."""


class NothingToNote(Exception):
    """No note is made of the thread; `reason` says why."""

    def __init__(self, reason: Skip) -> None:
        super().__init__(reason)
        self.reason: Skip = reason


class Answer(NamedTuple):
    """A model's answer, and the tokens that it used."""

    text: str
    tokens: int = 0


class MemoryCalls:
    """Asks models through the port that turns use; refuses answers too long to be kept."""

    def __init__(self, model: ModelClient, log: Log) -> None:
        self._model = model
        self._log = log

    async def note_of(
        self, state: Thread, token: str, model: str | None, *, keeps_out_external: bool
    ) -> Answer:
        """The note that a model makes of a thread. Raises NothingToNote or ModelFailed."""
        if not await self._says_anything_new(state.id):
            raise NothingToNote("empty")
        history = await history_of(self._log, state.id)
        lines = history.lines
        if keeps_out_external and any(EXTERNAL in line.json for line in lines):
            raise NothingToNote("externalContext")
        record = await asyncio.to_thread(transcript, lines)
        if not record:
            raise NothingToNote("unreadable" if state.gaps else "empty")
        thread_settings = state.settings
        settings = ModelSettings(self._model.default_model, self._model.name, EXTRACT)
        if thread_settings is not None and model is None:
            settings = settings._replace(
                model=thread_settings.model, provider=thread_settings.model_provider
            )
        elif model is not None:
            settings = settings._replace(model=model)
        return await self._ask(state.id, token, record, settings)

    async def _says_anything_new(self, thread_id: str) -> bool:
        """Whether there is more to note than the turns that a fork took over."""
        ends = await self._log.read_stream(thread_stream(thread_id), types=(TurnCompleted,))
        return not ends or not all(is_past(fact) for fact in ends)

    async def text_of(self, notes: Sequence[str], token: str, model: str | None) -> Answer:
        """The text that a model makes of all notes. Raises NothingToNote or ModelFailed."""
        chosen = model or self._model.default_model
        settings = ModelSettings(chosen, self._model.name, CONSOLIDATE)
        return await self._ask(token, token, notes_record(notes), settings)

    async def _ask(
        self, thread_id: str, token: str, record: str, settings: ModelSettings
    ) -> Answer:
        request = ModelRequest(thread_id, token, [message_line("user", record).json], (), settings)
        texts: list[str] = []
        streamed_chars, tokens, is_over = 0, 0, False
        stream = self._model.stream(request)
        try:
            async for event in stream:
                if isinstance(event, TextDelta):
                    streamed_chars += len(event.text)
                elif isinstance(event, OutputDone) and isinstance(event.item, Message):
                    if event.item.is_refusal:
                        raise NothingToNote("refused")
                    texts.append(event.item.text)
                elif isinstance(event, ResponseDone):
                    is_over = True
                    tokens = event.usage.total if event.usage else 0
                if streamed_chars > ANSWER_CHARS_MAX:
                    raise ModelFailed("the answer is far too long for a note", "other")
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
        if not is_over:
            raise ModelFailed("the stream ended early", "responseStreamDisconnected")
        return Answer("\n\n".join(texts), tokens)
