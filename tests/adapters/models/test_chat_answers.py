"""Answers of the chat completions API: in one piece, unusual, and hostile."""

import json
from typing import Any

import pytest

from tests.support.each import each
from tests.support.steps import step
from threadhost.actors.models import (
    FunctionCall,
    Message,
    ModelEvent,
    ModelFailed,
    OutputDone,
    Reasoning,
    ResponseDone,
    TextDelta,
    TokenUsage,
)
from threadhost.adapters.models import chat_calls
from threadhost.adapters.models.chat_events import ChatReader
from threadhost.adapters.models.flat_names import FlatNames, Tool
from threadhost.adapters.models.sse import ServerSentEvent

NAMES = FlatNames([Tool("", "look"), Tool("tree", "go")])


def whole(message: Any, finish: str = "stop", **more: Any) -> list[ModelEvent]:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    payload = {"id": "r", "object": "chat.completion", "choices": [choice], **more}
    reader = ChatReader(NAMES)
    reader.read_whole(payload)
    return reader.answer.drain()


def items(events: list[ModelEvent]) -> list[Any]:
    return [event.item for event in events if isinstance(event, OutputDone)]


def test_an_answer_in_one_piece_is_read_like_a_stream() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "tree__go", "arguments": "{}"}}
    message = {"role": "assistant", "content": "Hi", "reasoning": "Hm.", "tool_calls": [call]}

    events = whole(
        message, "tool_calls", model="served-1", usage={"prompt_tokens": 1, "completion_tokens": 2}
    )

    assert items(events) == [
        Reasoning(content=("Hm.",)),
        FunctionCall("go", "{}", "tree"),
        Message("Hi"),
    ]
    assert events[-1] == ResponseDone(
        "r", TokenUsage(1, 0, 2, 0, 3), model="served-1", finish_reason="tool_calls"
    )


def test_an_answer_in_one_piece_that_stopped_early_has_the_reason() -> None:
    assert whole({"content": "so"}, "length")[-1] == ResponseDone(
        "r", None, "max_output_tokens", finish_reason="length"
    )


@each("payload", [[], "words", None, {}, {"id": "r", "choices": []}])
def test_a_payload_without_a_message_fails(payload: Any) -> None:
    with pytest.raises(ModelFailed, match=r"no (JSON object|message)"):
        ChatReader(NAMES).read_whole(payload)


def test_an_error_in_place_of_an_answer_fails_the_call_with_its_words() -> None:
    with pytest.raises(ModelFailed, match="no such key") as failed:
        ChatReader(NAMES).read_whole({"error": {"message": "no such key", "code": "401"}})

    assert (failed.value.code, failed.value.http_status) == ("unauthorized", 401)


def sent(reader: ChatReader, delta: Any) -> list[ModelEvent]:
    chunk = json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode()
    return read(reader, chunk)


def read(reader: ChatReader, data: bytes) -> list[ModelEvent]:
    reader.read(ServerSentEvent(b"", data))
    return reader.answer.drain()


def test_each_piece_of_arguments_counts_as_progress() -> None:
    reader = ChatReader(NAMES)
    begun = {"index": 0, "id": "a", "function": {"name": "look", "arguments": ""}}
    assert TextDelta(0, "") not in sent(reader, {"tool_calls": [begun]})

    piece = {"index": 0, "function": {"arguments": "x"}}
    assert sent(reader, {"tool_calls": [piece] * 100}) == [TextDelta(0, "")]
    assert sent(reader, {"tool_calls": [piece]}) == [TextDelta(0, "")]


@pytest.mark.slices
def test_arguments_in_many_pieces_that_repeat_the_name_cost_time_linear_in_their_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked, parsed = list[int](), step(chat_calls, "from_json")

    def noted(data: str) -> Any:
        looked.append(len(data))
        return parsed(data)

    monkeypatch.setattr(chat_calls, "from_json", noted)
    reader = ChatReader(NAMES)
    function = {"name": "look", "arguments": "x" * 500}
    begun = {"name": "look", "arguments": '{"text": "'}
    sent(reader, {"tool_calls": [{"index": 0, "id": "a", "function": begun}]})
    for _ in range(5_000):
        sent(reader, {"tool_calls": [{"index": 0, "id": "a", "function": function}]})

    assert 0 < len(looked) <= chat_calls.CHECKS_MAX


@each(
    "delta",
    [
        {"content": [None, 7, {"text": 5}, [], {"type": []}]},
        {"reasoning": {"text": {"text": {"text": {"text": {"text": "deep"}}}}}},
        {"tool_calls": [None, 5, {"function": None}, {"index": "0", "function": {"name": 5}}]},
        {"tool_calls": {"name": "x"}, "function_call": "x"},
        {"refusal": 5, "role": None},
    ],
)
def test_a_value_of_an_unexpected_type_does_not_end_an_answer(delta: Any) -> None:
    reader = ChatReader(NAMES)

    events = [*sent(reader, delta), *sent(reader, {"content": "fine"})]
    events += read(reader, b"[DONE]")

    assert Message("fine") in items(events)
    assert isinstance(events[-1], ResponseDone)


def said_and_skipped(*deltas: Any, **choice: Any) -> tuple[list[Any], dict[str, int] | None]:
    """The items of an answer in these pieces, and the counts of its unusable parts."""
    chunks = [{"delta": delta} for delta in deltas] + ([choice] if choice else [])
    reader = ChatReader(NAMES)
    events: list[ModelEvent] = []
    for chunk in chunks:
        data = json.dumps({"choices": [{"index": 0, **chunk}]}).encode()
        events += read(reader, data)
    events += read(reader, b"[DONE]")
    end = events[-1]
    assert isinstance(end, ResponseDone)
    return items(events), end.skipped


NAMED = {"name": "look"}
LOOK = {"index": 0, "id": "a", "function": {"name": "look", "arguments": "{}"}}
KEPT: list[tuple[Any, Any]] = [
    ({"content": {"text": "hi"}}, Message("hi")),
    ({"content": {"type": "text", "text": {"value": "hi"}}}, Message("hi")),
    ({"content": [{"type": "text", "text": {"value": "hi"}}]}, Message("hi")),
    ({"content": [{"type": "text", "text": {"v": "hi"}}]}, Message("hi")),
    ({"content": [["h"], "i"]}, Message("hi")),
    ({"audio": {"id": "a", "transcript": "hi"}}, Message("hi")),
    ({"audio": {"transcript": "hi"}, "content": "hi"}, Message("hi")),
    ("hi", Message("hi")),
    ({"refusal": ["no"]}, Message("no", is_refusal=True)),
    ({"content": [{"type": "refusal", "refusal": "no"}]}, Message("no", is_refusal=True)),
    ({"tool_calls": LOOK}, FunctionCall("look", "{}")),
    ({"tool_calls": [{"function": {"name": "look", "arguments": {}}}]}, FunctionCall("look", "")),
    (
        {"tool_calls": [{"function": {"name": "look", "arguments": [1]}}]},
        FunctionCall("look", "[1]"),
    ),
    ({"reasoning": "a", "reasoning_content": "b"}, Reasoning((), ("b", "a"))),
    ({"reasoning": "a", "reasoning_content": "a"}, Reasoning((), ("a",))),
    ({"reasoning": " a", "reasoning_content": "a"}, Reasoning((), (" a",))),
]


@each(("delta", "item"), KEPT)
def test_content_in_an_unusual_form_is_kept(delta: Any, item: Any) -> None:
    assert said_and_skipped(delta) == ([item], None)


def test_a_text_of_the_older_api_is_kept() -> None:
    assert said_and_skipped(text="hi", finish_reason="stop") == ([Message("hi")], None)


NO_TEXT, OTHER = "a value where a text belongs", "a value where another belongs"
COUNTED: list[tuple[Any, str]] = [
    ({"content": 7}, NO_TEXT),
    ({"content": [{"x": "y"}]}, NO_TEXT),
    ({"content": [{"type": "image_url", "image_url": {"url": "u"}}]}, NO_TEXT),
    ({"content": {"text": "", "summary": 7}}, NO_TEXT),
    ({"reasoning": True}, NO_TEXT),
    ({"tool_calls": "look"}, OTHER),
    ({"tool_calls": [7]}, OTHER),
    ({"function_call": ["look"]}, OTHER),
    ({"x": "y"}, OTHER),
    (7, OTHER),
    ({"audio": {"data": "UklGRg=="}}, "sound"),
]


@each(("delta", "what"), COUNTED)
def test_content_that_cannot_be_read_is_counted(delta: Any, what: str) -> None:
    assert said_and_skipped({"content": "fine"}, delta) == ([Message("fine")], {what: 1})


@each("reason", [["stop"], {"x": "stop"}, 7, True, "musing"])
def test_an_unknown_finish_reason_ends_an_answer_and_is_counted(reason: Any) -> None:
    kept, skipped = said_and_skipped({"content": "fine"}, finish_reason=reason)
    assert (kept, skipped) == ([Message("fine")], {"a reason to end that is not known": 1})


@pytest.mark.parametrize(
    "delta", [{"x": None}, {"annotations": [{"url": "u"}]}, {"provider_specific_fields": {"a": 1}}]
)
def test_members_that_are_not_meant_for_clients_are_not_counted(delta: Any) -> None:
    assert said_and_skipped({"content": "fine"}, delta) == ([Message("fine")], None)


def test_choices_of_another_form_are_read_or_counted() -> None:
    for choices, skipped in (
        ({"delta": {"content": "hi"}}, None),
        ([7, {"delta": {"content": "hi"}}], {OTHER: 1}),
    ):
        reader = ChatReader(NAMES)
        chunk = json.dumps({"choices": choices}).encode()
        events = read(reader, chunk)
        events += read(reader, b"[DONE]")
        assert items(events) == [Message("hi")]
        assert events[-1] == ResponseDone(None, None, None, skipped)


def test_a_call_that_is_repeated_with_other_arguments_is_made_once_and_counted() -> None:
    other = {**LOOK, "function": {"name": "look", "arguments": '{"n": 2}'}}
    made, skipped = said_and_skipped({"tool_calls": [LOOK]}, {"tool_calls": [other]})
    assert made == [FunctionCall("look", "{}")]
    assert skipped == {"what was said otherwise before": 1}
    assert said_and_skipped({"tool_calls": [LOOK]}, {"tool_calls": [LOOK]})[1] is None


def test_white_space_without_end_is_streamed_as_text() -> None:
    reader = ChatReader(NAMES)

    events = [event for _ in range(20) for event in sent(reader, {"content": " " * 100})]

    assert len(events) > 2
