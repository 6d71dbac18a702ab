"""Streams of a model with faults in them: fields lost, nulled, retyped, doubled; frames damaged."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from tests.protocol.model_answers import said
from tests.support.responses_endpoint import STREAM_HEAD, Json

USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 2},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 1},
    "total_tokens": 15,
}
PART = {"type": "summary_text", "text": "first I look"}
THOUGHT = said.reasoning(summary=[PART], id="rs")
LOOK = said.call('{"q": "x"}', id="fc", call_id="c1")
SAID = said.message(said.text("hello", annotations=[]), id="m", phase="final_answer")
TALKING: list[Json] = [
    {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
    said.added({**THOUGHT, "summary": []}),
    {
        "type": "response.reasoning_summary_text.delta",
        "item_id": "rs",
        "output_index": 0,
        "summary_index": 0,
        "delta": "first I look",
    },
    said.done(THOUGHT),
    said.added({**SAID, "content": []}, 1),
    said.delta("hel", 1, id="m"),
    said.delta("lo", 1, id="m"),
    {"type": "response.output_text.done", "item_id": "m", "output_index": 1, "text": "hello"},
    said.done(SAID, 1),
    said.completed(THOUGHT, SAID, usage=USAGE),
]
CALLING: list[Json] = [
    said.added({**LOOK, "arguments": ""}),
    {
        "type": "response.function_call_arguments.delta",
        "item_id": "fc",
        "output_index": 0,
        "delta": '{"q": "x"}',
    },
    {
        "type": "response.function_call_arguments.done",
        "item_id": "fc",
        "output_index": 0,
        "arguments": '{"q": "x"}',
    },
    said.done(LOOK),
    said.completed(LOOK, usage=USAGE),
]
VALUES: list[Any] = [
    None,
    True,
    -1,
    2**63,
    1e300,
    "",
    "x",
    "\ud83d",
    "\0",
    "x" * 5_000,
    [],
    {},
    [None],
    ["x"],
    {"x": 1},
    [[]] * 3,
]
Path = tuple[Any, ...]


def mutated(random: Random) -> bytes:
    """A whole HTTP answer, with some faults."""
    events = deepcopy(random.choice((TALKING, CALLING)))
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        random.choice(FAULTS)(random, events)
    stream = b"".join(_framed(random, event) for event in events)
    if random.random() < 0.2:
        stream = random.choice(DAMAGES)(random, stream)
    return STREAM_HEAD + b"connection: close\r\n\r\n" + stream


def _framed(random: Random, event: Json) -> bytes:
    name = f"event: {event.get('type')}\n" if random.random() < 0.9 else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode(errors="replace")


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where in an event something stands."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in inner:
        yield (*path, key)
        yield from _paths(one, (*path, key))


def _place(random: Random, events: list[Json]) -> tuple[Any, Any]:
    """Some field of some event: what holds it, and its key."""
    places = [(event, path) for event in events for path in _paths(event)]
    if not places:
        return {"x": 1}, "x"
    event, path = random.choice(places)
    owner: Any = event
    for key in path[:-1]:
        owner = owner[key]
    return owner, path[-1]


def _lose_field(random: Random, events: list[Json]) -> None:
    owner, key = _place(random, events)
    del owner[key]


def _change_field(random: Random, events: list[Json]) -> None:
    owner, key = _place(random, events)
    owner[key] = deepcopy(random.choice(VALUES))


def _rename_field(random: Random, events: list[Json]) -> None:
    owner, key = _place(random, events)
    if isinstance(owner, dict):
        owner[random.choice(("x", "id", "type", "item", "text"))] = owner.pop(key)


def _double_field(random: Random, events: list[Json]) -> None:
    owner, key = _place(random, events)
    owner[key] = [owner[key], deepcopy(owner[key])] if random.random() < 0.5 else {"x": owner[key]}


def _lose_event(random: Random, events: list[Json]) -> None:
    if events:
        del events[random.randrange(len(events))]


def _double_event(random: Random, events: list[Json]) -> None:
    if events:
        events.insert(random.randrange(len(events) + 1), deepcopy(random.choice(events)))


def _reorder(random: Random, events: list[Json]) -> None:
    random.shuffle(events)


def _swap_types(random: Random, events: list[Json]) -> None:
    if events:
        random.choice(events)["type"] = random.choice(TALKING + CALLING)["type"]


FAULTS: list[Callable[[Random, list[Json]], None]] = [
    _lose_field,
    _change_field,
    _change_field,
    _change_field,
    _rename_field,
    _double_field,
    _lose_event,
    _double_event,
    _reorder,
    _swap_types,
]


def _cut(random: Random, stream: bytes) -> bytes:
    return stream[: random.randrange(len(stream) + 1)]


def _flip(random: Random, stream: bytes) -> bytes:
    at = random.randrange(len(stream) + 1)
    return stream[:at] + bytes([random.randrange(256)]) + stream[at + 1 :]


def _insert(random: Random, stream: bytes) -> bytes:
    at = random.randrange(len(stream) + 1)
    noise = random.choice((b"\n", b"\n\n", b"\r", b"data: ", b"data: {}\n\n", b": x\n", b"\xff"))
    return stream[:at] + noise + stream[at:]


DAMAGES: list[Callable[[Random, bytes], bytes]] = [_cut, _flip, _insert]
