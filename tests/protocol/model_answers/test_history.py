"""Whatever a model said, the next request is one that a strict provider takes."""

from typing import Any

import pytest

from tests.protocol.model_answers import said
from tests.protocol.model_answers.stage import Stage
from tests.protocol.tool_talk import CALL
from tests.support.responses_endpoint import Json

pytestmark = pytest.mark.slices


def outputs(request: Any) -> list[tuple[str, str]]:
    """The outputs of calls in a request: id and words."""
    found = [item for item in request if item["type"] == "function_call_output"]
    return [(item["call_id"], item["output"]) for item in found]


def assistant(request: Any) -> list[str]:
    """What the model is shown to have said."""
    messages = [item for item in request if item.get("role") == "assistant"]
    return [part["text"] for item in messages for part in item["content"]]


async def test_encrypted_reasoning_is_asked_for_from_the_first_request_on(stage: Stage) -> None:
    await stage.good_turn()
    for received in stage.endpoint.received:
        assert received.body["include"] == ["reasoning.encrypted_content"]
        assert received.body["store"] is False


@pytest.mark.parametrize("encrypted", [None, "", 7, ["e"]])
async def test_reasoning_without_encrypted_content_is_in_no_request(
    stage: Stage, encrypted: object
) -> None:
    thought = said.reasoning(encrypted_content=encrypted)
    await stage.turn(said.done(thought), said.done(said.message(), 1), said.DONE)
    for _ in range(2):
        await stage.good_turn()
        assert "reasoning" not in {item["type"] for item in stage.requests[-1]}


async def test_reasoning_is_sent_back_unchanged_without_its_id(stage: Stage) -> None:
    thought = said.reasoning(summary=[{"type": "summary_text", "text": "hm"}])
    await stage.turn(said.done(thought), said.done(said.message(), 1), said.DONE)
    for _ in range(2):
        await stage.good_turn()
        assert stage.requests[-1][1] == {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "e",
        }


async def test_reasoning_without_an_item_after_it_is_in_no_request(stage: Stage) -> None:
    for events in ([said.done(said.reasoning()), said.incomplete()], [said.done(said.reasoning())]):
        await stage.turn(*events)
        await stage.good_turn()
        assert "reasoning" not in {item["type"] for item in stage.requests[-1]}


ARGUMENTS: list[tuple[object, str]] = [
    ("{", "the arguments of the call are not JSON"),
    ("null", "the arguments of the call are not a JSON object"),
    ("[1]", "the arguments of the call are not a JSON object"),
    ('"x"', "the arguments of the call are not a JSON object"),
    ("{'q': 1}", "the arguments of the call are not JSON"),
    (" ", "the arguments of the call are not JSON"),
    ('{"q": 1} {"q": 2}', "the arguments of the call are not JSON"),
    ("", "seen"),
    (None, "seen"),
    ({"q": "x"}, "seen"),
    (["x"], "the arguments of the call are not a JSON object"),
    (7, "the arguments of the call are not a JSON object"),
    ("{}", "seen"),
]


@pytest.mark.parametrize(("arguments", "output"), ARGUMENTS)
async def test_arguments_that_are_no_object_are_answered_with_the_reason(
    stage: Stage, arguments: object, output: str
) -> None:
    turn = await stage.turn(said.done(said.call(arguments)), said.DONE)
    assert turn["status"] == "completed"
    [(_, words)] = outputs(stage.requests[-1])
    assert words == output
    for _ in range(2):
        await stage.good_turn()


@pytest.mark.parametrize("last", [said.incomplete(), None])
async def test_half_a_call_of_an_answer_that_was_cut_off_is_in_no_request(
    stage: Stage, last: Json | None
) -> None:
    half = said.call('{"path": "/a/b')
    turn = await stage.turn(said.added(said.call("")), said.done(half), *([last] if last else []))
    assert turn["status"] == "failed"
    assert [m for m in stage.client.received if m.get("method") == CALL] == []
    for _ in range(2):
        await stage.good_turn()
        assert "function_call" not in {item["type"] for item in stage.requests[-1]}


NAMES = ("lo\0ok", "two words", "a.b", "löök", "x" * 200, "-", "look\n")
FOREIGN: list[Json] = [
    {"type": "custom_tool_call", "call_id": "c9", "name": "apply_patch", "input": "x"},
    {
        "type": "local_shell_call",
        "call_id": "c9",
        "status": "completed",
        "action": {"type": "exec"},
    },
    {"type": "tool_search_call", "call_id": "c9", "arguments": {"q": "x"}, "execution": "client"},
    {"type": "computer_call", "call_id": "c9", "action": {"type": "click"}},
    {"type": "mcp_approval_call", "call_id": "c9"},
]


@pytest.mark.parametrize("call", [*(said.call(name=name) for name in NAMES), *FOREIGN])
async def test_a_call_of_an_unknown_name_or_kind_is_answered_and_sent_back_as_a_call(
    stage: Stage, call: Json
) -> None:
    turn = await stage.turn(said.done(call), said.DONE)
    assert turn["status"] == "completed"
    [(_, words)] = outputs(stage.requests[-1])
    assert words.startswith("unsupported call: ")
    for _ in range(2):
        await stage.good_turn()


@pytest.mark.parametrize(
    "foreign",
    [
        {"type": "web_search_call", "id": "ws", "status": "completed"},
        {"type": "image_generation_call", "id": "ig", "result": "aGk="},
        {"type": "local_shell_call", "id": "ls", "status": "completed", "action": {}},
        {"type": "mcp_list_tools", "id": "m", "tools": []},
    ],
)
async def test_calls_that_the_provider_ran_itself_are_skipped(stage: Stage, foreign: Json) -> None:
    turn = await stage.turn(said.done(foreign), said.done(said.message(), 1), said.DONE)
    assert (turn["status"], await stage.texts()) == ("completed", ["hello"])
    for _ in range(2):
        await stage.good_turn()


async def test_two_calls_of_one_id_are_two_calls_with_an_output_each(stage: Stage) -> None:
    one, two = said.call('{"n": 1}', id="a"), said.call('{"n": 2}', id="b")
    turn = await stage.turn(said.done(one), said.done(two, 1), said.DONE)
    assert turn["status"] == "completed"
    asked = [m["params"] for m in stage.client.received if m.get("method") == CALL]
    assert [params["arguments"] for params in asked] == [{"n": 1}, {"n": 2}]
    await stage.turn(said.done(one), said.DONE)
    for _ in range(2):
        await stage.good_turn()
        assert len({call_id for call_id, _ in outputs(stage.requests[-1])}) == 3


@pytest.mark.parametrize("text", ["", None])
async def test_an_empty_message_is_in_no_request(stage: Stage, text: object) -> None:
    await stage.turn(said.done(said.message(said.text(text))), said.DONE)
    for _ in range(2):
        await stage.good_turn()
        assert "" not in assistant(stage.requests[-1])


async def test_messages_are_sent_back_with_the_phases_that_the_model_gave_them(
    stage: Stage,
) -> None:
    look = said.message(said.text("let me look"), id="a", phase="commentary")
    found = said.message(said.text("it is there"), id="b", phase="final_answer")
    await stage.turn(said.done(look), said.done(found, 1), said.DONE)
    for _ in range(2):
        await stage.good_turn()
        shown = [item for item in stage.requests[-1] if item.get("role") == "assistant"]
        assert [item.get("phase") for item in shown[:2]] == ["commentary", "final_answer"]


async def test_a_refusal_is_shown_like_any_message_and_goes_back(stage: Stage) -> None:
    refusal = said.message({"type": "refusal", "refusal": "I will not"})
    await stage.turn(said.done(refusal), said.DONE)
    assert await stage.texts() == ["I will not"]
    await stage.good_turn()
    assert assistant(stage.requests[-1]) == ["I will not"]


async def test_a_call_that_an_interrupt_cut_off_is_in_no_request_alone(stage: Stage) -> None:
    stage.will_say(said.done(said.call()), hang=True)
    turn_id = await stage.begin()
    await stage.endpoint.requests_are(1)
    await stage.client.level()
    assert (await stage.interrupted(turn_id))["status"] == "interrupted"
    for _ in range(2):
        await stage.good_turn()


async def test_injected_calls_and_outputs_without_a_counterpart_are_repaired_with_a_warning(
    stage: Stage,
) -> None:
    odd: list[Json] = [
        {"type": "function_call_output", "call_id": "nobody", "output": "x"},
        {"type": "function_call", "call_id": "open", "name": "two words", "arguments": "{"},
        {"type": "custom_tool_call", "call_id": "", "name": "", "input": ""},
        {"type": "custom_tool_call_output", "call_id": "open2", "output": "x"},
        {"type": "message", "role": "nobody", "content": "x"},
        {"type": "message", "role": "user", "content": []},
        {"type": "message", "role": "user", "content": [5, None, {"type": "input_text"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "x"}]},
        {"type": "reasoning", "summary": [5]},
        {"type": "local_shell_call", "call_id": "x" * 65, "action": {}, "status": "completed"},
        {"type": "tool_search_output", "execution": "x", "status": "x", "tools": [1]},
        {"type": "function_call_output", "call_id": "open", "output": [5, {"type": "what"}]},
    ]
    params = {"threadId": stage.thread_id, "items": odd}
    await stage.client.ok("thread/inject_items", params)
    await stage.good_turn()
    assert stage.told("warning") != []
    await stage.check_all()
    assert stage.told("warning") == []  # the log knows that clients were told
