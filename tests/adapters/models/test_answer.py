"""An answer is the union of its pieces: each item begins once and ends once, whatever comes."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from tests.support.each import each
from tests.support.searching import tries
from threadhost.actors.models import (
    FunctionCall,
    ItemKind,
    Message,
    ModelEvent,
    ModelFailed,
    OutputDone,
    OutputItem,
    OutputStarted,
    Reasoning,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
)
from threadhost.adapters.models import answer as answers
from threadhost.adapters.models.responses_events import ResponsesReader
from threadhost.adapters.models.responses_items import phase_of
from threadhost.adapters.models.sse import ServerSentEvent
from threadhost.events.bounds import BYTES_MAX

Event = dict[str, Any]
TYPE = "response."


def added(at: int, item: Event) -> Event:
    return {"type": TYPE + "output_item.added", "output_index": at, "item": item}


def done(at: int, item: Event) -> Event:
    return {"type": TYPE + "output_item.done", "output_index": at, "item": item}


def piece(kind: str, at: int, id: str, delta: str, **more: Any) -> Event:
    place = {"output_index": at, "item_id": id}
    return {"type": f"{TYPE}{kind}.delta", **place, "delta": delta, **more}


def completed(*output: Event) -> Event:
    response: Event = {"id": "r", "usage": None, "output": list(output)}
    return {"type": TYPE + "completed", "response": response}


def message(text: str, id: str) -> Event:
    content = [{"type": "output_text", "text": text}] if text else []
    return {"type": "message", "id": id, "role": "assistant", "content": content}


def thought(text: str, id: str) -> Event:
    summary = [{"type": "summary_text", "text": text}] if text else []
    return {"type": "reasoning", "id": id, "summary": summary}


def call(arguments: str, id: str) -> Event:
    made = {"call_id": f"c-{id}", "name": "look", "arguments": arguments}
    return {"type": "function_call", "id": id, **made}


STREAM: list[Event] = [
    added(0, thought("", "rs")),
    piece("reasoning_summary_text", 0, "rs", "first ", summary_index=0),
    piece("reasoning_summary_text", 0, "rs", "I look", summary_index=0),
    done(0, thought("first I look", "rs")),
    added(1, call("", "f1")),
    piece("function_call_arguments", 1, "f1", '{"n":'),
    piece("function_call_arguments", 1, "f1", "1}"),
    {"type": TYPE + "function_call_arguments.done", "output_index": 1, "arguments": '{"n":1}'},
    done(1, call('{"n":1}', "f1")),
    added(2, call("", "f2")),
    piece("function_call_arguments", 2, "f2", '{"n":2}'),
    done(2, call('{"n":2}', "f2")),
    added(3, message("", "m1")),
    piece("output_text", 3, "m1", "hel"),
    piece("output_text", 3, "m1", "lo"),
    {"type": TYPE + "output_text.done", "output_index": 3, "item_id": "m1", "text": "hello"},
    done(3, message("hello", "m1")),
    added(4, message("", "m2")),
    piece("output_text", 4, "m2", "bye"),
    done(4, message("bye", "m2")),
]
WHOLE = completed(
    thought("first I look", "rs"),
    call('{"n":1}', "f1"),
    call('{"n":2}', "f2"),
    message("hello", "m1"),
    message("bye", "m2"),
)
ITEMS: list[OutputItem] = [
    Reasoning(("first I look",)),
    FunctionCall("look", '{"n":1}'),
    FunctionCall("look", '{"n":2}'),
    Message("hello"),
    Message("bye"),
]


def read(*events: Event) -> list[ModelEvent]:
    """The events that a reader makes of these."""
    reader = ResponsesReader()
    for event in events:
        reader.read(ServerSentEvent(b"", to_json(event)))
    return reader.answer.drain()


def items_of(events: list[ModelEvent]) -> list[OutputItem]:
    """The items that were completed."""
    return [event.item for event in events if isinstance(event, OutputDone)]


def check(events: list[ModelEvent]) -> None:
    """Assert that each item begins once, then grows, and ends once."""
    begun, ended = dict[int, ItemKind](), set[int]()
    for event in events:
        if isinstance(event, OutputStarted):
            assert event.number not in begun
            begun[event.number] = event.kind
        elif isinstance(event, (TextDelta, ReasoningDelta)):
            assert event.number in begun.keys() - ended
            assert bool(event.text) is (begun[event.number] != "call")
        elif isinstance(event, OutputDone):
            assert event.number in begun.keys() - ended
            ended.add(event.number)
    assert isinstance(events[-1], ResponseDone)
    assert begun.keys() == ended


def test_a_stream_in_order_yields_its_items_in_order() -> None:
    events = read(*STREAM, WHOLE)
    check(events)
    assert items_of(events) == ITEMS


@pytest.mark.slices
@given(st.randoms(use_true_random=False), st.integers(0, 20), st.integers(0, 20))
@tries(150)
def test_in_any_order_with_pieces_lost_and_doubled_the_items_are_the_same(
    random: Random, lost: int, doubled: int
) -> None:
    stream = random.sample(STREAM, len(STREAM) - lost)
    for event in random.choices(STREAM, k=doubled):
        stream.insert(random.randrange(len(stream) + 1), event)
    events = read(*stream, WHOLE)
    check(events)
    key = repr
    assert sorted(items_of(events), key=key) == sorted(ITEMS, key=key)


@pytest.mark.slices
@given(st.randoms(use_true_random=False), st.integers(1, 60))
@tries(150)
def test_each_item_begins_and_ends_once_whatever_fields_are_lost(random: Random, cuts: int) -> None:
    stream = [to_json(event) for event in random.choices([*STREAM, WHOLE], k=30)]
    stream = [_without_fields(random, one, cuts // 20) for one in stream]
    reader = ResponsesReader()
    events = [out for one in stream for out in _read_or_none(reader, one)]
    events += _read_or_none(reader, to_json(WHOLE))
    if events:
        check(events)


def _read_or_none(reader: ResponsesReader, data: bytes) -> list[ModelEvent]:
    try:
        reader.read(ServerSentEvent(b"", data))
        return reader.answer.drain()
    except ModelFailed:
        return []


def _without_fields(random: Random, data: bytes, cuts: int) -> bytes:
    event = from_json(data)
    for _ in range(cuts):
        owner = event.get("item") if random.random() < 0.5 and event.get("item") else event
        if owner:
            owner.pop(random.choice(sorted(owner)), None)
    return to_json(event)


EACH: list[tuple[list[Event], list[OutputItem]]] = [
    ([completed(message("hello", "m"))], [Message("hello")]),
    ([piece("output_text", 0, "m", "hel"), piece("output_text", 0, "m", "lo")], [Message("hello")]),
    ([{"type": TYPE + "output_text.done", "text": "hello"}], [Message("hello")]),
    (
        [piece("output_text", 0, "m", "lo"), {"type": TYPE + "output_text.done", "text": "hello"}],
        [Message("hello")],
    ),
    ([{"type": TYPE + "refusal.done", "refusal": "no"}], [Message("no", is_refusal=True)]),
    ([piece("refusal", 0, "m", "no")], [Message("no", is_refusal=True)]),
    (
        [{"type": TYPE + "function_call_arguments.done", "name": "look", "arguments": "{}"}],
        [FunctionCall("look", "{}")],
    ),
    (
        [{"type": TYPE + "function_call_arguments.done", "arguments": "{}"}],
        [FunctionCall("unnamed", "{}")],
    ),
    (
        [added(0, call("", "f")), piece("function_call_arguments", 0, "f", '{"n":1}')],
        [FunctionCall("look", '{"n":1}')],
    ),
    ([piece("reasoning_text", 0, "r", "so", content_index=0)], [Reasoning((), ("so",))]),
    (
        [{"type": TYPE + "reasoning_summary_text.done", "summary_index": 1, "text": "so"}],
        [Reasoning(("so",))],
    ),
    ([done(0, {"type": "web_search_call"}), done(1, message("hello", "m"))], [Message("hello")]),
    # Ids that change with every event: the number says which item it is.
    (
        [
            added(0, message("", "a")),
            piece("output_text", 0, "b", "hel"),
            piece("output_text", 0, "c", "lo"),
            done(0, message("hello", "d")),
        ],
        [Message("hello")],
    ),
    # Ids that change, and no number: what is open goes on, and ends if it fits.
    (
        [
            {"type": TYPE + "output_item.added", "item": message("", "a")},
            {"type": TYPE + "output_text.delta", "item_id": "b", "delta": "hel"},
            {"type": TYPE + "output_item.done", "item": message("hello", "c")},
        ],
        [Message("hello")],
    ),
    # Numbers that are wrong, beside ids that are not.
    (
        [
            added(1, message("", "m")),
            piece("output_text", 7, "m", "hel"),
            piece("output_text", 1, "m", "lo"),
            done(9, message("hello", "m")),
        ],
        [Message("hello")],
    ),
    # A message, a thought and a call of one id and one number.
    (
        [
            added(0, message("", "x")),
            added(0, {**call("", "x"), "call_id": "x"}),
            added(0, thought("", "x")),
            piece("output_text", 0, "x", "hello"),
            done(0, {**call("{}", "x"), "call_id": "x"}),
            done(0, thought("hm", "x")),
            done(0, message("hello", "x")),
        ],
        [FunctionCall("look", "{}"), Reasoning(("hm",)), Message("hello")],
    ),
    # One number for all, and ids that tell them apart.
    (
        [done(0, call("{}", "f1")), done(0, call("{}", "f2")), done(0, message("so", "m"))],
        [FunctionCall("look", "{}"), FunctionCall("look", "{}"), Message("so")],
    ),
    # One id for all, and numbers that tell them apart.
    (
        [done(0, call("{}", "f")), done(1, call("{}", "f")), done(2, message("so", "f"))],
        [FunctionCall("look", "{}"), FunctionCall("look", "{}"), Message("so")],
    ),
    # Two that are open at once, of one number.
    (
        [
            added(0, message("", "a")),
            added(0, message("", "b")),
            piece("output_text", 0, "a", "one"),
            piece("output_text", 0, "b", "two"),
        ],
        [Message("one"), Message("two")],
    ),
    # No name of any kind.
    (
        [
            {"type": TYPE + "output_item.done", "item": message("one", "")},
            {"type": TYPE + "output_item.done", "item": message("two", "")},
        ],
        [Message("one"), Message("two")],
    ),
]


@each(("events", "items"), EACH)
def test_pieces_are_joined_by_number_then_by_id_then_by_the_open_item(
    events: list[Event], items: list[OutputItem]
) -> None:
    told = read(*events, completed())
    check(told)
    assert items_of(told) == items


def test_a_whole_text_replaces_its_deltas_and_only_the_missing_rest_is_streamed() -> None:
    whole = {"type": TYPE + "output_text.done", "output_index": 0, "text": "hello"}
    for said, told in (("hel", ["hel", "lo"]), ("bel", ["bel"]), ("hello", ["hello"])):
        events = read(piece("output_text", 0, "m", said), whole, completed())
        assert [e.text for e in events if isinstance(e, TextDelta)] == told
        assert items_of(events) == [Message("hello")]


def test_an_unfinished_call_is_dropped_if_the_answer_was_cut_off_and_kept_otherwise() -> None:
    half = done(0, call('{"path": "/a', "f"))
    incomplete = {"type": TYPE + "incomplete", "response": {"status": "incomplete"}}
    cut_off, meant = read(half, incomplete), read(half, completed())
    assert items_of(cut_off) == []
    end = cut_off[-1]
    assert isinstance(end, ResponseDone)
    assert end.stopped_early == "no reason given"
    assert end.skipped == Counter({"a call that was cut off": 1})
    assert items_of(meant) == [FunctionCall("look", '{"path": "/a')]


def test_an_answer_that_was_cut_off_leaves_its_unfinished_item_open() -> None:
    incomplete = {"type": TYPE + "incomplete", "response": {"status": "incomplete"}}
    events = read(done(0, message("one", "a")), piece("output_text", 1, "b", "tw"), incomplete)
    assert items_of(events) == [Message("one")]
    assert [e.number for e in events if isinstance(e, OutputStarted)] == [0, 1]


def test_an_answer_beyond_the_size_limit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "ITEMS_MAX", 2)
    with pytest.raises(ModelFailed, match="more than 2 items"):
        read(*(done(n, message("x", f"m{n}")) for n in range(3)))
    monkeypatch.setattr(answers, "TEXT_CHARS_MAX", 10)
    with pytest.raises(ModelFailed, match="more than 10 letters"):
        read(*[piece("output_text", 0, "m", "abc")] * 4)


def test_the_text_of_an_answer_can_always_be_recorded() -> None:
    dearest = to_json("\0")
    assert answers.TEXT_CHARS_MAX * len(dearest) <= BYTES_MAX


def test_an_answer_without_a_usable_item_fails_with_the_types_of_its_items() -> None:
    with pytest.raises(ModelFailed, match="can be used: an item of type web_search_call") as failed:
        read(done(0, {"type": "web_search_call"}), completed())
    assert failed.value.code == "responseStreamDisconnected"
    assert read(completed()) == [ResponseDone("r", None)]


ODD_PHASES: list[object] = ["musing", "", 7, None, ["final_answer"], {}, "Commentary"]


@each("odd", ODD_PHASES, ids=str)
def test_an_unknown_phase_of_a_message_is_dropped(odd: object) -> None:
    assert phase_of(odd) is None


@pytest.mark.parametrize("known", ["final_answer", "commentary"])
def test_a_known_phase_of_a_message_is_kept(known: str) -> None:
    assert phase_of(known) == known
