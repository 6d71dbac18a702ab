"""What a model sees of a thread: its items as Responses API input, encoded once."""

from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

from threadhost.events.base import UNFIT, Event, Gap, Recorded
from threadhost.events.compaction import CompactionRequested, HistoryCompacted
from threadhost.events.injection import ItemsInjected
from threadhost.events.revert import ThreadReverted, surviving
from threadhost.events.tool import TOOL_ITEM, ToolCalled, UserAnswered, UserAsked
from threadhost.events.turn import (
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnCompleted,
)

TYPES: tuple[type[Event], ...] = (
    CompactionRequested,
    HistoryCompacted,
    ItemRecorded,
    ItemsInjected,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    ThreadReverted,
    ToolCalled,
    TurnCompleted,
    UserAnswered,
    UserAsked,
)
"""The event types that change a history; a stream's others need not be read for it."""

LANDMARKS: tuple[type[Event], ...] = (CompactionRequested, HistoryCompacted, ThreadReverted)
"""The event types that say where in a stream its history begins."""

_INPUT_PARTS = {"image": "url", "localImage": "path"}
_OUTPUT_PARTS = {
    "inputText": ("input_text", "text", "text"),
    "inputImage": ("input_image", "image_url", "imageUrl"),
    "inputAudio": ("input_audio", "audio_url", "audioUrl"),
}
"""How a model is shown the parts of a tool's answer: type, key, and the key that clients use."""


class History:
    """A thread's history, event by event; made from facts, it is without what was taken back.

    What is added from outside while the model answers, by a user or by an injection, comes after
    that answer, and after what the tools that it called have to say: the model had not seen it.
    The prompt for a summary is the last line while its turn runs; the summary then takes the place
    of all that the model had seen.
    """

    __slots__ = ("_answering", "_later", "_lines", "_open_calls", "_prompt")

    def __init__(self, recorded: Iterable[Recorded] = ()) -> None:
        self._lines: list[bytes] = []
        self._later: list[bytes] = []
        self._prompt: list[bytes] = []
        self._answering = False
        self._open_calls = 0
        for fact in surviving(recorded):
            self.take(fact.event)

    @property
    def lines(self) -> list[bytes]:
        """One JSON object for each input item, oldest first; what the next request would send."""
        return [*self._lines, *self._later, *self._prompt]

    def take(self, fact: Event | Gap) -> None:
        """Grow by one event; gaps, and what no conversation could hold, leave nothing."""
        try:
            self._take(fact)
        except UNFIT:
            return

    def _take(self, fact: Event | Gap) -> None:
        if isinstance(fact, (ModelRequested, ModelResponded, TurnCompleted)):
            self._turn_to(fact)
        elif isinstance(fact, (CompactionRequested, HistoryCompacted)):
            self._compact(fact)
        elif isinstance(fact, (ToolCalled, UserAsked)):
            self._open_calls += 1
        elif (self._answering or self._open_calls) and _comes_from_outside(fact):
            self._later += encoded(fact)
        else:
            self._lines += encoded(fact)
            self._open_calls -= _answers_a_call(fact)

    def _compact(self, fact: CompactionRequested | HistoryCompacted) -> None:
        if isinstance(fact, CompactionRequested):
            self._prompt = [to_json(fact.prompt)]
        else:
            self._prompt, self._lines = [], [to_json(item) for item in fact.items]

    def _turn_to(self, fact: ModelRequested | ModelResponded | TurnCompleted) -> None:
        self._answering = isinstance(fact, ModelRequested)
        if isinstance(fact, TurnCompleted):
            self._prompt = []
        if not isinstance(fact, ModelResponded):
            self._open_calls = 0
        if not self._open_calls:
            self._lines += self._later
            self._later = []

    def foresee(self, events: Iterable[Event]) -> list[bytes]:
        """The lines as they will be once these events are in the log."""
        then = History()
        then._lines, then._later = list(self._lines), list(self._later)
        then._answering, then._open_calls = self._answering, self._open_calls
        then._prompt = self._prompt
        for event in events:
            then.take(event)
        return then.lines


def _comes_from_outside(fact: Event | Gap) -> bool:
    if isinstance(fact, ItemRecorded):
        return fact.type == "userMessage"
    return isinstance(fact, ItemsInjected)


def _answers_a_call(fact: Event | Gap) -> bool:
    if isinstance(fact, ItemRecorded):
        return fact.type == TOOL_ITEM
    return isinstance(fact, UserAnswered)


def begins_after(landmarks: Iterable[Recorded]) -> int:
    """The version up to which nothing of a stream is left in its history.

    What a compaction summed up is replaced in the turn that was begun for it, so that the events of
    that turn and those that follow make the whole history. A compaction that was taken back counts
    for nothing.
    """
    version, requested = 0, dict[str, int]()
    for fact in surviving(landmarks):
        if isinstance(fact.event, CompactionRequested):
            requested[fact.event.turn_id] = fact.version
        elif isinstance(fact.event, HistoryCompacted):
            version = requested.get(fact.event.turn_id, 1) - 1
    return version


def history_of(recorded: Iterable[Recorded]) -> list[bytes]:
    """The history after these events of a thread's stream."""
    return History(recorded).lines


def encoded(fact: Event | Gap) -> list[bytes]:
    """What one event adds to the history: one JSON object for each input item."""
    if isinstance(fact, ItemRecorded):
        item = _input_item(fact.type, fact.item)
        return [to_json(item)] if item else []
    if isinstance(fact, OutputRecorded):
        return [to_json(fact.output)]
    if isinstance(fact, ItemsInjected):
        return [to_json(item) for item in fact.items]
    if isinstance(fact, UserAnswered):
        return [to_json(_call_output(fact.call_id, fact.output))]
    return []


def _input_item(type_: str, item: dict[str, Any]) -> dict[str, Any] | None:
    if type_ == "userMessage":
        content = [_input_part(part) for part in item["content"]]
        return {"type": "message", "role": "user", "content": content}
    if type_ == "agentMessage":
        content = [{"type": "output_text", "text": item["text"]}]
        return {"type": "message", "role": "assistant", "content": content}
    if type_ == TOOL_ITEM:
        return _call_output(item["id"], _answer(item["contentItems"]))
    return None


def _call_output(call_id: str, output: str | list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def _answer(parts: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """What a tool answered: as text where it is no more, since every endpoint can read that."""
    if all(part["type"] == "inputText" for part in parts):
        return "\n".join(part["text"] for part in parts)
    named = ((_OUTPUT_PARTS[part["type"]], part) for part in parts)
    return [{"type": type_, key: part[theirs]} for (type_, key, theirs), part in named]


def _input_part(part: dict[str, Any]) -> dict[str, Any]:
    source = _INPUT_PARTS.get(part["type"])
    if source:
        return {"type": "input_image", "image_url": part[source]}
    return {"type": "input_text", "text": part.get("text") or part.get("name") or ""}
