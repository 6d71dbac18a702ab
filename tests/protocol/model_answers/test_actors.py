"""An answer that makes no sense ends its turn at most: what else it holds stays."""

import json
from typing import Any

import pytest

from tests.protocol.model_answers import said
from tests.protocol.model_answers.stage import Stage
from tests.protocol.tool_talk import USER_INPUT
from tests.support.responses_endpoint import Json

pytestmark = pytest.mark.slices

IDS = [None, 7, "", ["m"], "x" * 300, "m\0"]


@pytest.mark.parametrize("id", IDS)
async def test_a_message_gets_an_id_of_the_host_whatever_id_the_provider_gave(
    stage: Stage, id: object
) -> None:
    odd = said.message(id=id)
    turn = await stage.turn(
        said.added(odd), said.delta("hello", id=id), said.done(odd), said.completed(odd)
    )
    [started] = stage.told_items(turn["id"], "item/started")
    [item] = stage.told_items(turn["id"])
    assert item["text"] == "hello"
    assert item["id"] == started["id"] not in ("", id)
    assert [shown["id"] for shown in await stage.items()] == [item["id"]]
    await stage.good_turn()
    stage.check_actor()


async def test_ids_of_items_are_never_the_same_twice_in_a_thread(stage: Stage) -> None:
    for _ in range(2):
        await stage.turn(said.done(said.message()), said.done(said.message(), 1), said.DONE)
    await stage.restart()
    await stage.turn(said.done(said.message()), said.DONE)
    ids = [item["id"] for item in await stage.items()]
    assert len(set(ids)) == len(ids) == 5


CALLS: list[tuple[Json, str]] = [
    (said.call(name=["look"]), "unsupported call: unnamed"),
    (said.call(name=None), "unsupported call: unnamed"),
    (said.call(name=""), "unsupported call: unnamed"),
    (said.call(name={"a": 1}), "unsupported call: unnamed"),
    (said.call(name="x" * 9_000), "unsupported call: xxx"),
    (said.call(namespace=["box"]), "seen"),
    (said.call(namespace=7), "seen"),
    (said.call(namespace="box"), "unsupported call: boxlook"),
    (said.call(call_id=["c"]), "seen"),
    (said.call(call_id=None), "seen"),
    (said.call(id=None, call_id=""), "seen"),
]


@pytest.mark.parametrize(("odd", "output"), CALLS)
async def test_an_odd_call_is_answered_for_the_model_and_the_rest_of_the_answer_is_kept(
    stage: Stage, odd: Json, output: str
) -> None:
    turn = await stage.turn(said.done(said.message()), said.done(odd, 1), said.DONE)
    assert turn["status"] == "completed"
    assert (await stage.texts())[0] == "hello"
    answered = stage.requests[1][-1]
    assert answered["type"] == "function_call_output"
    assert answered["output"].startswith(output)
    await stage.good_turn()
    stage.check_actor()


QUESTION = {"id": "a", "header": "A", "question": "Which?"}
QUESTIONS: list[object] = [
    [{**QUESTION, "options": 5}],
    [{**QUESTION, "options": [5]}],
    [{**QUESTION, "options": [{"description": "no label"}]}],
    [{**QUESTION, "id": 7}],
    [None],
    [[]],
    {},
    "what?",
    [],
    [QUESTION] * 2,
    [{**QUESTION, "id": str(n)} for n in range(9)],
]


@pytest.mark.parametrize("questions", QUESTIONS)
async def test_invalid_questions_are_sent_to_no_client(stage: Stage, questions: object) -> None:
    arguments = json.dumps({"questions": questions})
    odd = said.call(arguments, name="request_user_input")
    turn = await stage.turn(said.done(odd), said.DONE)
    assert turn["status"] == "completed"
    assert stage.requests[1][-1]["output"].startswith(("`questions` must", "each question must"))
    assert [m for m in stage.client.received if m.get("method") == USER_INPUT] == []
    await stage.good_turn()
    stage.check_actor()


async def test_null_options_of_a_question_are_no_options(stage: Stage) -> None:
    arguments = json.dumps({"questions": [{**QUESTION, "options": None}]})
    stage.will_say(said.done(said.call(arguments, name="request_user_input")), said.DONE)
    turn_id = await stage.begin()
    request = await stage.client.request(USER_INPUT)
    assert request["params"]["questions"][0]["options"] is None
    await stage.client.reply(request, {"answers": {"a": {"answers": ["this"]}}})
    assert (await stage.end(turn_id))["status"] == "completed"


async def test_a_good_turn_works_at_once_after_many_bad_answers(stage: Stage) -> None:
    odd: list[Any] = [said.done(said.call(["{}"], name=["look"], call_id={})), b"data: [\n\n"]
    for _ in range(8):
        await stage.turn(*odd, said.DONE)
    await stage.good_turn()
    await stage.client.ok("thread/resume", {"threadId": stage.thread_id})
    stage.check_actor()


@pytest.mark.parametrize(
    "item", [None, 7, "message", [], {}, {"type": None}, {"type": ["message"]}]
)
async def test_an_invalid_output_item_is_skipped_with_a_warning(stage: Stage, item: Any) -> None:
    turn = await stage.turn(said.done(item), said.done(said.message(), 1), said.DONE)
    assert (turn["status"], await stage.texts()) == ("completed", ["hello"])
    [warning] = stage.told("warning")
    assert "could not be used" in warning["message"]
    await stage.good_turn()


CONTENTS: list[tuple[object, str]] = [
    ("plain", "plain"),
    (None, ""),
    (7, ""),
    ({"text": "x"}, "x"),
    ([None, "x", {"text": "y"}], "xy"),
    ([{"type": "output_text", "text": 7}, {"type": "output_text", "text": "z"}], "z"),
    ([{"type": "refusal", "refusal": "no"}], "no"),
    ([{"type": "refusal", "refusal": ["no"]}], "no"),
]


@pytest.mark.parametrize(("content", "shown"), CONTENTS)
async def test_a_message_of_another_form_shows_its_readable_text(
    stage: Stage, content: object, shown: str
) -> None:
    odd = {"type": "message", "id": "m", "role": "assistant", "content": content}
    turn = await stage.turn(said.done(odd), said.DONE)
    assert (turn["status"], await stage.texts()) == ("completed", [shown])
    await stage.good_turn()
    stage.check_actor()
