"""Recorded answers in the shapes in which well-known servers stream them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.each import each
from tests.support.model_calls import request
from threadhost.actors.models import (
    FunctionCall,
    Message,
    ModelEvent,
    ModelFailed,
    OutputDone,
    OutputStarted,
    Reasoning,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
)
from threadhost.adapters.models.sse import EventStreamParser
from threadhost.adapters.models.wires import WIRES, Reader, wire

RECORDINGS = Path(__file__).parent / "recordings"
TOOLS = tuple(
    json.dumps({"type": "function", "name": name, "parameters": {"type": "object"}}).encode()
    for name in ("look", "look_up", "go")
)


class Recording(NamedTuple):
    """The answer of a server, and the events expected from it."""

    wire: str
    stream: list[Any]
    expected: dict[str, Any]

    def body(self) -> bytes:
        """The body; a text among the events is sent unchanged."""
        return b"".join(map(self._event, self.stream))

    def _event(self, event: Any) -> bytes:
        if isinstance(event, str):
            return event.encode()
        named = f"event: {event['type']}\n" if self.wire == "responses" else ""
        return f"{named}data: {json.dumps(event)}\n\n".encode()


def recorded() -> Iterator[tuple[str, Recording]]:
    """Each recording by its name."""
    for path in sorted(RECORDINGS.glob("*.json")):
        held = json.loads(path.read_text())
        for name, case in held["cases"].items():
            said = Recording(held["wire"], case["stream"], case["gives"])
            yield f"{path.stem}-{name}", said


RECORDED = dict(recorded())


def read(reader: Reader, body: bytes, size: int) -> list[ModelEvent]:
    """The port's events for a body that comes in pieces of this size."""
    parser = EventStreamParser(2**20)
    for start in range(0, len(body), size):
        for sent in parser.feed(body[start : start + size]):
            reader.read(sent)
    for sent in parser.end():
        reader.read(sent)
    reader.end()
    return reader.answer.drain()


def summary(events: list[ModelEvent]) -> dict[str, Any]:
    """The summary of an answer, as recordings state it."""
    items = [event.item for event in events if isinstance(event, OutputDone)]
    calls = [item for item in items if isinstance(item, FunctionCall)]
    over = events[-1]
    assert isinstance(over, ResponseDone)
    return {
        "text": "".join(event.text for event in events if isinstance(event, TextDelta)),
        "messages": [item.text for item in items if isinstance(item, Message)],
        "thought": "".join(event.text for event in events if isinstance(event, ReasoningDelta)),
        "thoughts": [
            "".join([*item.content, *item.summary]) for item in items if isinstance(item, Reasoning)
        ],
        "calls": [[call.name, json.loads(call.arguments or "{}")] for call in calls],
        "usage": list(over.usage) if over.usage else None,
        "stopped": over.stopped_early,
        "skipped": over.skipped,
    }


EMPTY = summary([ResponseDone(None, None)])


def expected(said: dict[str, Any]) -> dict[str, Any]:
    """The whole summary; a streamed text is also a message, unless the recording differs."""
    messages = [said["text"]] if said.get("text") else []
    thoughts = [said["thought"]] if said.get("thought") else []
    return {**EMPTY, "messages": messages, "thoughts": thoughts, **said}


@pytest.mark.parametrize("size", [1, 7, 2**20])
@each("said", RECORDED.values(), ids=RECORDED)
def test_recorded_answers_of_servers_are_read_as_expected_in_pieces_of_any_size(
    said: Recording, size: int
) -> None:
    reader = wire(said.wire).reader(request()._replace(tools=TOOLS))
    failure = said.expected.get("failure")
    if failure is not None:
        with pytest.raises(ModelFailed, match=failure["words"]) as failed:
            read(reader, said.body(), size)
        assert failed.value.code == failure["code"]
        return

    events = read(reader, said.body(), size)

    assert reader.is_over
    assert summary(events) == expected(said.expected)
    started = [event.number for event in events if isinstance(event, OutputStarted)]
    assert started == list(range(len(started)))


def test_there_are_recordings_of_every_wire_and_of_common_servers() -> None:
    names = {path.stem for path in RECORDINGS.glob("*.json")}

    assert {json.loads(p.read_text())["wire"] for p in RECORDINGS.glob("*.json")} == set(WIRES)
    for server in ("lm_studio", "vllm", "llama_cpp", "ollama"):
        assert {f"{server}_chat", f"{server}_responses"} <= names
