"""Answers of the chat completions API that come in one piece, and ones that mean harm."""

import json
from time import process_time
from typing import Any

import pytest

from threadhost.actors.models import (
    FunctionCall,
    Message,
    ModelEvent,
    ModelFailed,
    OutputDone,
    Reasoning,
    ResponseDone,
    TokenUsage,
)
from threadhost.adapters.models.chat_events import ChatReader
from threadhost.adapters.models.flat_names import FlatNames, Tool
from threadhost.adapters.models.sse import ServerSentEvent

NAMES = FlatNames([Tool("", "look"), Tool("tree", "go")])


def whole(message: Any, finish: str = "stop", **more: Any) -> list[ModelEvent]:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    payload = {"id": "r", "object": "chat.completion", "choices": [choice], **more}
    return [*ChatReader(NAMES).read_whole(payload)]


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


def test_one_that_stopped_early_says_so() -> None:
    assert whole({"content": "so"}, "length")[-1] == ResponseDone(
        "r", None, "max_output_tokens", finish_reason="length"
    )


@pytest.mark.parametrize("payload", [[], "words", None, {}, {"id": "r", "choices": []}])
def test_what_holds_no_message_fails(payload: Any) -> None:
    with pytest.raises(ModelFailed, match=r"no (JSON object|message)"):
        [*ChatReader(NAMES).read_whole(payload)]


def test_an_error_in_one_piece_fails_with_its_words() -> None:
    with pytest.raises(ModelFailed, match="no such key") as failed:
        [*ChatReader(NAMES).read_whole({"error": {"message": "no such key", "code": "401"}})]

    assert (failed.value.code, failed.value.http_status) == ("unauthorized", 401)


def sent(reader: ChatReader, delta: Any) -> list[ModelEvent]:
    chunk = json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode()
    return [*reader.read(ServerSentEvent(b"", chunk))]


def test_arguments_in_many_pieces_that_repeat_the_name_cost_no_more_than_their_length() -> None:
    reader = ChatReader(NAMES)
    function = {"name": "look", "arguments": "x" * 500}
    begun = {"name": "look", "arguments": '{"text": "'}
    start = process_time()

    sent(reader, {"tool_calls": [{"index": 0, "id": "a", "function": begun}]})
    for _ in range(5_000):
        sent(reader, {"tool_calls": [{"index": 0, "id": "a", "function": function}]})

    assert process_time() - start < 2


@pytest.mark.parametrize(
    "delta",
    [
        {"content": {"text": "x"}},
        {"content": [None, 7, {"text": 5}, [], {"type": []}]},
        {"reasoning": {"text": {"text": {"text": {"text": {"text": "deep"}}}}}},
        {"tool_calls": [None, 5, {"function": None}, {"index": "0", "function": {"name": 5}}]},
        {"tool_calls": {"name": "x"}, "function_call": "x"},
        {"refusal": 5, "role": None},
    ],
)
def test_no_odd_value_ends_an_answer(delta: Any) -> None:
    reader = ChatReader(NAMES)

    events = [*sent(reader, delta), *sent(reader, {"content": "fine"})]
    events += reader.read(ServerSentEvent(b"", b"[DONE]"))

    assert Message("fine") in items(events)
    assert isinstance(events[-1], ResponseDone)


def test_white_space_without_end_is_text_after_all() -> None:
    reader = ChatReader(NAMES)

    events = [event for _ in range(20) for event in sent(reader, {"content": " " * 100})]

    assert len(events) > 2
