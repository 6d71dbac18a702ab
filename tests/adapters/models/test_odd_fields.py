"""An answer with one field changed: every text in it becomes an item, or is counted."""

import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from tests.adapters.models.test_recordings import RECORDED, TOOLS
from tests.protocol.model_answers.mutating import CALLING, TALKING
from tests.support.model_calls import request
from threadhost.actors.models import (
    FunctionCall,
    Message,
    ModelFailed,
    OutputDone,
    ResponseDone,
)
from threadhost.adapters.models.sse import ServerSentEvent
from threadhost.adapters.models.wires import wire

pytestmark = pytest.mark.slices

Path = tuple[Any, ...]
MARK = "markedword"
"""No answer says this of itself."""
SAID = frozenset(
    {
        "arguments",
        "content",
        "delta",
        "item",
        "output",
        "part",
        "reasoning",
        "reasoning_content",
        "refusal",
        "summary",
        "text",
        "thinking",
        "tool_calls",
        "transcript",
    }
)
"""Members that say something, with whatever is within them."""
ABOUT = frozenset(
    {
        "annotations",
        "call_id",
        "closed",
        "encrypted_content",
        "format",
        "id",
        "index",
        "logprobs",
        "namespace",
        "object",
        "phase",
        "provider_specific_fields",
        "role",
        "signature",
        "status",
        "type",
    }
)
"""Members within them that do not."""


NAMES = ("look", "go", "look_up", "unnamed", "{}")
"""Servers repeat them, and do so in pieces."""
PLACES = frozenset({"call_id", "id", "index", "item_id", "name", "output_index"})
"""What tells two calls apart that say the same."""


class Case(NamedTuple):
    """An answer by its events."""

    wire: str
    events: list[Any]


def cases() -> Iterator[Any]:
    yield pytest.param(Case("responses", TALKING), id="talking")
    yield pytest.param(Case("responses", CALLING), id="calling")
    for name, said in RECORDED.items():
        events = [event for event in said.stream if isinstance(event, dict)]
        if "failure" not in said.expected:
            yield pytest.param(Case(said.wire, events), id=name)


class Answer(NamedTuple):
    """The items and counts that a reader makes of an answer."""

    texts: list[str]
    was_read: int
    """So many of its events; what comes after the last word is none of its."""
    is_told: bool
    """Whether the turn fails, or says that something was passed over."""


def read(wire_name: str, events: list[Any]) -> Answer:
    reader = wire(wire_name).reader(request()._replace(tools=TOOLS))
    was_read = 0
    try:
        for event in [*map(json.dumps, events), "[DONE]"]:
            was_read += not reader.is_over
            reader.read(ServerSentEvent(b"", event.encode()))
        reader.end()
    except ModelFailed:
        return Answer([], was_read, is_told=True)
    if not reader.is_over:  # a stream that ends without its end has failed
        return Answer([], was_read, is_told=True)
    out = reader.answer.drain()
    items = [event.item for event in out if isinstance(event, OutputDone)]
    over = out[-1]
    assert isinstance(over, ResponseDone)
    is_told = bool(over.skipped) or over.stopped_early is not None
    texts = [text for item in items for text in _texts(item) if text]
    return Answer(texts, was_read, is_told)


def _texts(item: Any) -> tuple[str, ...]:
    if isinstance(item, Message):
        return (item.text,)
    if isinstance(item, FunctionCall):
        return (item.name, item.arguments)
    return (*item.summary, *item.content)


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of all values in a value."""
    inner: Any = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else inner:
        yield (*path, key)
        yield from paths(one, (*path, key))


def values_for(value: Any) -> list[Any]:
    """Values of every other type for a field, some around its text and some around new text."""
    return [None, 7, True, MARK, [MARK], {"x": MARK}, [value], {"x": value}, [], {}]


def mutated(events: list[Any]) -> Iterator[tuple[Path, Any, list[Any]]]:
    for path in paths(events):
        if len(path) == 1:
            continue
        owner = events
        for key in path[:-1]:
            owner = owner[key]
        for value in values_for(owner[path[-1]]):
            changed = deepcopy(events)
            new_owner: Any = changed
            for key in path[:-1]:
                new_owner = new_owner[key]
            new_owner[path[-1]] = value
            yield path, value, changed


def texts_in(value: Any, *, is_said: bool = False) -> Iterator[str]:
    """Every text of the model in an answer."""
    if isinstance(value, str):
        if is_said:
            yield value.strip()
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one, is_said=is_said)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from texts_in(one, is_said=key not in ABOUT and (is_said or key in SAID))


@pytest.mark.parametrize("case", [*cases()])
def test_with_any_one_field_changed_every_text_of_an_answer_is_in_one_item_or_counted(
    case: Case,
) -> None:
    plain = read(*case).texts
    bad = []
    for path, value, events in mutated(case.events):
        answer = read(case.wire, events)
        if not answer.is_told and (lost := faults(plain, answer, events, path)):
            bad.append((path, value, lost))
    assert bad == []


def faults(plain: list[str], answer: Answer, events: list[Any], path: Path) -> list[str]:
    """The texts of an answer that are in no item, or in more than one."""
    known = "\n".join(answer.texts)
    said = [one for event in events[: answer.was_read] for one in texts_in(event)]
    lost = [one for one in said if one not in known and json.dumps(one)[1:-1] not in known]
    often = Counter(plain)
    again = [one for one in answer.texts if answer.texts.count(one) > max(often[one], 1)]
    may_repeat = not PLACES.isdisjoint(path)
    return lost + [one for one in again if one not in NAMES and not (may_repeat and "{" in one)]
