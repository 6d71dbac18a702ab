"""What a model sees of a thread: its items as Responses API input, encoded once."""

from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

from threadhost.events.base import Erased, Event, Recorded
from threadhost.events.injection import ItemsInjected
from threadhost.events.turn import (
    ItemRecorded,
    ModelRequested,
    ModelResponded,
    OutputRecorded,
    TurnCompleted,
)

_INPUT_PARTS = {"image": "url", "localImage": "path"}


class History:
    """A thread's history, event by event.

    What is added from outside while the model answers, by a user or by an injection, comes after
    that answer: the model had not seen it.
    """

    __slots__ = ("_answering", "_later", "_lines")

    def __init__(self, recorded: Iterable[Recorded] = ()) -> None:
        self._lines: list[bytes] = []
        self._later: list[bytes] = []
        self._answering = False
        for fact in recorded:
            self.take(fact.event)

    @property
    def lines(self) -> list[bytes]:
        """One JSON object for each input item, oldest first; what the next request would send."""
        return [*self._lines, *self._later]

    def take(self, fact: Event | Erased) -> None:
        """Grow by one event; erased ones leave nothing."""
        if isinstance(fact, (ModelRequested, ModelResponded, TurnCompleted)):
            self._lines += self._later
            self._later = []
            self._answering = isinstance(fact, ModelRequested)
        elif self._answering and _comes_from_outside(fact):
            self._later += encoded(fact)
        else:
            self._lines += encoded(fact)

    def foresee(self, events: Iterable[Event]) -> list[bytes]:
        """The lines as they will be once these events are in the log."""
        then = History()
        then._lines, then._later = list(self._lines), list(self._later)
        then._answering = self._answering
        for event in events:
            then.take(event)
        return then.lines


def _comes_from_outside(fact: Event | Erased) -> bool:
    if isinstance(fact, ItemRecorded):
        return fact.type == "userMessage"
    return isinstance(fact, ItemsInjected)


def history_of(recorded: Iterable[Recorded]) -> list[bytes]:
    """The history after these events of a thread's stream."""
    return History(recorded).lines


def encoded(fact: Event | Erased) -> list[bytes]:
    """What one event adds to the history: one JSON object for each input item."""
    if isinstance(fact, ItemRecorded):
        item = _input_item(fact.type, fact.item)
        return [to_json(item)] if item else []
    if isinstance(fact, OutputRecorded):
        return [to_json(fact.output)]
    if isinstance(fact, ItemsInjected):
        return [to_json(item) for item in fact.items]
    return []


def _input_item(type_: str, item: dict[str, Any]) -> dict[str, Any] | None:
    if type_ == "userMessage":
        content = [_input_part(part) for part in item["content"]]
        return {"type": "message", "role": "user", "content": content}
    if type_ == "agentMessage":
        content = [{"type": "output_text", "text": item["text"]}]
        return {"type": "message", "role": "assistant", "content": content}
    return None


def _input_part(part: dict[str, Any]) -> dict[str, Any]:
    source = _INPUT_PARTS.get(part["type"])
    if source:
        return {"type": "input_image", "image_url": part[source]}
    return {"type": "input_text", "text": part.get("text") or part.get("name") or ""}
