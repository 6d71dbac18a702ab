"""What a model sees of a thread: its items as Responses API input, encoded once."""

from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

from threadhost.events.base import Erased, Event, Recorded
from threadhost.events.turn import ItemRecorded, ModelResponded

_INPUT_PARTS = {"image": "url", "localImage": "path"}


def history_of(recorded: Iterable[Recorded]) -> list[bytes]:
    """The history after these events of a thread's stream; erased ones leave nothing."""
    return [line for fact in recorded for line in encoded(fact.event)]


def encoded(fact: Event | Erased) -> list[bytes]:
    """What one event adds to the history: one JSON object for each input item."""
    if isinstance(fact, ItemRecorded):
        item = _input_item(fact.type, fact.item)
        return [to_json(item)] if item else []
    if isinstance(fact, ModelResponded):
        return [to_json(item) for item in fact.output]
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
