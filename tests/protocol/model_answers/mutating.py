"""Streams of a model with faults in them: fields lost, nulled, retyped, doubled; frames damaged."""

import json
import math
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
    return random.choice(FRAMINGS)(random, stream)


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


def _fail_late(random: Random, events: list[Json]) -> None:
    error: Any = random.choice((None, [], "late", {"code": 5, "message": {"x": 1}}))
    events.append({"type": "response.failed", "response": {"id": "r", "error": error}})


def _add_foreign(random: Random, events: list[Json]) -> None:
    nested: Any = "x"
    for _ in range(random.choice((5, 90, 300))):
        nested = {"x": nested}
    kind = random.choice(("computer_call", "mcp_call", "compaction", "function_call_output", "?"))
    item = {"type": kind, "id": "u", "call_id": "c1", "output": nested, "arguments": "{}"}
    events.insert(random.randrange(len(events) + 1), said.done(item, random.choice((0, 7, -1))))


def _call_others(random: Random, events: list[Json]) -> None:
    names = ("get_goal", "mcp__x__y", "multi_agent_v1__spawn_agent", "functions.look", "../look")
    for at in range(random.choice((1, 3))):
        made = said.call("{}", id=f"o{at}", call_id=random.choice(("c1", "o")))
        events.insert(0, said.done({**made, "name": random.choice(names)}, at))


def _crowd(random: Random, events: list[Json]) -> None:
    at = random.randrange(len(events) + 1)
    events[at:at] = [said.delta("x", n % 3, id=f"t{n % 3}") for n in range(300)]


def _count_oddly(random: Random, events: list[Json]) -> None:
    odd = random.choice((-5, math.nan, math.inf, 2**70, "7", [1]))
    events.append(said.completed(deepcopy(SAID), usage=dict.fromkeys(USAGE, odd)))


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
    _fail_late,
    _add_foreign,
    _call_others,
    _crowd,
    _count_oddly,
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


def _until_closed(random: Random, stream: bytes) -> bytes:
    return STREAM_HEAD + b"connection: close\r\n\r\n" + stream


def _in_chunks(random: Random, stream: bytes) -> bytes:
    framed, at = b"", 0
    while at < len(stream):
        piece = stream[at : at + random.choice((1, 7, 500))]
        lie = random.choice((-1, 5, 2**40)) if random.random() < 0.01 else 0
        framed += b"%x\r\n%b\r\n" % (max(1, len(piece) + lie), piece)
        at += len(piece)
    end = random.choice((b"0\r\n\r\n", b"0\r\nx: y\r\n\r\n", b"0\r\n", b""))
    return STREAM_HEAD + b"transfer-encoding: chunked\r\n\r\n" + framed + end


def _of_a_length(random: Random, stream: bytes) -> bytes:
    size = random.choice((len(stream), len(stream), 0, len(stream) // 2, len(stream) + 50, -1))
    return STREAM_HEAD + b"content-length: %d\r\n\r\n%b" % (size, stream)


def _twice(random: Random, stream: bytes) -> bytes:
    return _of_a_length(random, stream) + _until_closed(random, stream)


def _encoded(random: Random, stream: bytes) -> bytes:
    name = random.choice((b"gzip", b"br", b"identity", b"?"))
    return STREAM_HEAD + b"content-encoding: %b\r\nconnection: close\r\n\r\n%b" % (name, stream)


def _with_other_line_ends(random: Random, stream: bytes) -> bytes:
    ends = random.choice((b"\r\n", b"\r", b"\n\r\n"))
    return _until_closed(random, stream.replace(b"\n", ends))


def _after_much(random: Random, stream: bytes) -> bytes:
    ahead = random.choice((b"\xef\xbb\xbf", b": c\n" * 5_000, b"data: {}\n\n" * 2_000))
    return _until_closed(random, ahead + stream)


def _as_a_page(random: Random, stream: bytes) -> bytes:
    kind = random.choice((b"text/html", b"application/json", b"image/png"))
    head = STREAM_HEAD.replace(b"text/event-stream", kind)
    return head + b"connection: close\r\n\r\n<html>bad gateway</html>" + stream


FRAMINGS: list[Callable[[Random, bytes], bytes]] = [
    *[_until_closed] * 8,
    _in_chunks,
    _of_a_length,
    _twice,
    _encoded,
    _with_other_line_ends,
    _after_much,
    _as_a_page,
]
"""How a stream is sent; half of them as it is."""
