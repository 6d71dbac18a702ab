"""Text in unusual places of an answer: kept if no other place repeats the text, or counted."""

import pytest

from tests.adapters.models.test_answer import (
    TYPE,
    Event,
    added,
    call,
    check,
    completed,
    done,
    items_of,
    message,
    piece,
    read,
    thought,
)
from tests.support.each import each
from threadhost.actors.models import (
    FunctionCall,
    Message,
    ModelEvent,
    OutputItem,
    Reasoning,
    ResponseDone,
    TextDelta,
)
from threadhost.adapters.models import answer as answers
from threadhost.adapters.models.lenient_text import nothing_skipped, words

DONE = completed()


def skipped(events: list[ModelEvent]) -> dict[str, int] | None:
    """The counts of the unusable parts of an answer."""
    assert isinstance(events[-1], ResponseDone)
    return events[-1].skipped


def whole_part(number: int, text: str) -> Event:
    place = {"output_index": 0, "item_id": "m", "content_index": number}
    return {"type": TYPE + "output_text.done", **place, "text": text}


KEPT: list[tuple[list[Event], list[OutputItem]]] = [
    ([whole_part(0, "one "), whole_part(1, "two"), DONE], [Message("one two")]),
    ([whole_part(0, "one"), whole_part(3, "one"), DONE], [Message("one")]),
    (
        [done(0, message("", "m")), completed(message("hello", "m"))],
        [Message(""), Message("hello")],
    ),
    (
        [added(0, message("hello", "m")), done(0, message("", "m")), DONE],
        [Message("hello")],
    ),
    (
        [done(0, call("{", "f")), completed(call("{}", "f"))],
        [FunctionCall("look", "{}")],
    ),
    (
        [done(0, call("{}", "f")), completed({**call("{ }", "g"), "name": None})],
        [FunctionCall("look", "{}")],
    ),
    (
        [
            {
                "type": TYPE + "custom_tool_call_input.done",
                "output_index": 0,
                "item_id": "f",
                "input": "x",
            },
            done(0, {"type": "custom_tool_call", "id": "f", "call_id": "c", "name": "look"}),
            DONE,
        ],
        [FunctionCall("look", '{"input": "x"}')],
    ),
    (
        [
            {"type": TYPE + "content_part.done", "part": {"type": "output_text", "text": "hello"}},
            {"type": TYPE + "content_part.done", "part": {"type": "refusal", "refusal": "no"}},
            DONE,
        ],
        [Message("hello\n\nno")],
    ),
    (
        [done(0, {"type": "message", "content": [{"type": "audio", "transcript": "hi"}]}), DONE],
        [Message("hi")],
    ),
    (
        [done(0, {"type": "reasoning", "summary": "hm", "content": {"text": "so"}}), DONE],
        [Reasoning(("hm",), ("so",))],
    ),
    (
        [piece("output_text", 0, "m", {"text": {"value": "hel"}}), DONE],  # type: ignore[arg-type]
        [Message("hel")],
    ),
]


@each(("events", "items"), KEPT)
def test_text_that_an_answer_has_in_one_unusual_place_alone_is_kept(
    events: list[Event], items: list[OutputItem]
) -> None:
    told = read(*events)
    check(told)
    assert (items_of(told), skipped(told)) == (items, None)


def text_delta(text: str, at: int | None = None, id: str | None = None) -> Event:
    return {"type": TYPE + "output_text.delta", "output_index": at, "item_id": id, "delta": text}


def announced(**item: object) -> Event:
    return {"type": TYPE + "output_item.added", "item": {"type": "message", **item}}


ENDED = {"type": TYPE + "output_item.done", "item": message("ab", "m")}
PLACED: dict[str, tuple[list[Event], list[str]]] = {
    "a delta without an index continues the open item": (
        [text_delta("a"), text_delta("b"), ENDED, text_delta("c")],
        ["ab", "c"],
    ),
    "a delta without an index belongs to the newest item": (
        [text_delta("a"), announced(), text_delta("b")],
        ["a", "b"],
    ),
    "an index that an item claims later belongs to that item": (
        [
            text_delta("a", at=0),
            announced(id="x"),
            text_delta("b", at=0),
            {**announced(id="x"), "output_index": 0},
            text_delta("c", at=0),
        ],
        ["ab", "c"],
    ),
}


@pytest.mark.parametrize("name", PLACED)
def test_each_piece_belongs_to_the_item_that_its_index_names(name: str) -> None:
    events, texts = PLACED[name]
    told = read(*events, DONE)
    check(told)
    assert [item.text for item in items_of(told) if isinstance(item, Message)] == texts


def test_items_without_ids_that_are_repeated_in_another_order_are_not_doubled() -> None:
    first, second = ({**message(text, ""), "id": None} for text in ("one", "two"))
    told = read(done(0, first), done(1, second), completed(second, first))
    assert (items_of(told), skipped(told)) == ([Message("one"), Message("two")], None)


SHELL = {"type": "local_shell_call", "id": "s", "call_id": "c", "action": {"do": "it"}}


def test_a_call_of_a_type_that_only_its_provider_has_is_one_call() -> None:
    told = read(added(0, {**SHELL, "action": {}}), done(0, SHELL), completed(SHELL))
    assert (items_of(told), skipped(told)) == ([FunctionCall("local_shell", '{"do": "it"}')], None)


OTHERWISE, LATE = "what was said otherwise before", "a piece of an item that was over"
NO_TEXT, OTHER = "a value where a text belongs", "a value where another belongs"
NO_ITEM = "an item of no known type"
UNKNOWN = "an event of a type that is not known"
HELLO = done(0, message("hello", "m"))
COUNTED: list[tuple[list[Event], str]] = [
    ([HELLO, done(0, message("bye", "m"))], OTHERWISE),
    ([HELLO, completed(message("bye", "m"))], OTHERWISE),
    ([piece("output_text", 0, "m", "bye"), HELLO], OTHERWISE),
    ([piece("output_text", 0, "m", "bye"), whole_part(0, "hello")], OTHERWISE),
    ([added(0, message("bye", "m")), HELLO], OTHERWISE),
    ([HELLO, added(0, message("bye", "m"))], OTHERWISE),
    ([added(0, message("bye", "m")), added(0, message("hello", "m"))], OTHERWISE),
    ([HELLO, done(1, call('{"n":1}', "f")), done(1, call('{"n":2}', "f"))], OTHERWISE),
    ([HELLO, piece("output_text", 0, "m", "bye")], LATE),
    ([HELLO, whole_part(0, "bye")], LATE),
    ([HELLO, piece("output_text", 1, "n", 7)], NO_TEXT),  # type: ignore[arg-type]
    ([HELLO, piece("output_text", 1, "n", {"x": "bye"})], NO_TEXT),  # type: ignore[arg-type]
    ([HELLO, done(1, {**call("{}", "f"), "name": ["look"]})], NO_TEXT),
    ([HELLO, done(1, {**thought("hm", "rs"), "encrypted_content": {"x": "y"}})], NO_TEXT),
    ([HELLO, {"type": TYPE + "words.delta", "delta": "bye"}], UNKNOWN),
    ([HELLO, added(1, {"type": "picture", "x": 1})], "an item of type picture"),
    ([HELLO, completed({"type": "picture"})], "an item of type picture"),
    ([HELLO, {"type": TYPE + "completed", "response": ["bye"]}], OTHER),
    ([HELLO, {"type": TYPE + "completed", "response": {"x": "bye"}}], OTHER),
    (
        [HELLO, {"type": TYPE + "completed", "response": {"output": ["bye"]}}],
        "an item of no known type",
    ),
]


@each(("events", "what"), COUNTED)
def test_contradictory_or_unread_text_of_an_answer_is_counted(
    events: list[Event], what: str
) -> None:
    told = read(*events, completed())
    told = told[: 1 + next(n for n, one in enumerate(told) if isinstance(one, ResponseDone))]
    check(told)
    assert Message("hello") in items_of(told)
    assert skipped(told) == {what: 1}


def test_an_unsupported_item_that_comes_twice_is_counted_once() -> None:
    search = {"type": "web_search_call", "id": "w"}
    told = read(HELLO, added(1, search), done(1, search), completed(message("hello", "m"), search))
    assert skipped(told) == {"an item of type web_search_call": 1}


def test_a_refusal_is_streamed_to_clients_as_it_stands_in_its_message() -> None:
    told = read(
        piece("output_text", 0, "m", "Sure."),
        piece("refusal", 0, "m", "No"),
        piece("refusal", 0, "m", "."),
        completed(),
    )
    assert items_of(told) == [Message("Sure.\n\nNo.")]
    assert "".join(e.text for e in told if isinstance(e, TextDelta)) == "Sure.\n\nNo."


def test_a_call_of_which_only_pieces_came_before_the_cut_is_counted() -> None:
    incomplete = {"type": TYPE + "incomplete", "response": {"status": "incomplete"}}
    told = read(added(0, call("", "f")), piece("function_call_arguments", 0, "f", "{"), incomplete)
    assert (items_of(told), skipped(told)) == ([], {"a call that was cut off": 1})


def test_the_initial_text_of_an_item_is_counted_if_no_delta_came_before_the_cut() -> None:
    incomplete = {"type": TYPE + "incomplete", "response": {"status": "incomplete"}}
    for events, counted in (
        ([added(0, message("hello", "m"))], {OTHERWISE: 1}),
        ([added(0, message("hello", "m")), piece("output_text", 0, "m", "hello")], None),
    ):
        assert skipped(read(*events, incomplete)) == counted


def test_repeated_text_is_compared_only_within_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LOOKED_AT_CHARS_MAX", 100)
    told = read(HELLO, *[whole_part(0, "ello")] * 30, completed())
    assert skipped(told) == {LATE: 11}


@each(
    ("part", "said", "lost"),
    [
        ({"type": "output_text", "text": "a", "annotations": []}, "a", {}),
        ({"type": "output_text", "text": "", "annotations": [1]}, "", {}),
        ({"text": "a", "value": "b"}, "a", {"a text beside another": 1}),
        ({"text": "", "value": "b"}, "b", {}),
        ({"text": "", "odd": "b"}, "", {NO_TEXT: 1}),
        ({"type": "redacted_thinking", "text": "", "data": "b"}, "", {}),
    ],
)
def test_the_text_of_a_part_is_read_and_texts_beside_it_are_counted(
    part: Event, said: str, lost: dict[str, int]
) -> None:
    noted = nothing_skipped()
    assert (words(part, noted), noted) == (said, lost)
