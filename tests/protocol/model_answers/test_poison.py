"""Odd values in an answer hurt nobody: it is told, shown, read back and asked with again."""

import asyncio

import pytest

from tests.protocol.model_answers import said
from tests.protocol.model_answers.stage import Stage
from tests.protocol.talk import begin, end, start
from tests.support.responses_endpoint import Json

pytestmark = pytest.mark.slices

MAX = 2**53 - 1


PHASES: list[tuple[object, str | None]] = [
    ("musing", None),
    ("", None),
    (7, None),
    (None, None),
    (["final_answer"], None),
    ("final_answer", "final_answer"),
    ("commentary", "commentary"),
]


async def test_a_message_has_a_known_phase_or_none(stage: Stage) -> None:
    for phase, shown in PHASES:
        turn = await stage.turn(said.done(said.message(phase=phase)), said.DONE)
        assert turn["status"] == "completed", phase
        [item] = stage.told_items(turn["id"])
        assert (item["text"], item["phase"]) == ("hello", shown), phase
    assert [item["phase"] for item in await stage.items()] == [shown for _, shown in PHASES]
    await stage.check_all()


async def test_an_odd_answer_does_not_prevent_the_end_of_other_turns(stage: Stage) -> None:
    others = [await start(stage.client) for _ in range(30)]
    for _ in range(5):
        stage.will_say(said.done(said.message(phase="musing")), said.DONE)
        odd = await stage.begin()
        turns = await asyncio.gather(*(begin(stage.client, thread_id) for thread_id in others))
        ends = await asyncio.gather(*(end(stage.client, turn_id) for turn_id in [odd, *turns]))
        assert {turn["status"] for turn in ends} == {"completed"}


NULLS: list[tuple[Json, list[str], list[str]]] = [
    (said.reasoning(summary=[{"type": "summary_text", "text": None}]), [""], []),
    (said.reasoning(summary=[{"type": "summary_text"}]), [""], []),
    (said.reasoning(summary=[None, 7, "x"]), ["x"], []),
    (said.reasoning(summary=None), [], []),
    (said.reasoning(summary={"text": "x"}), ["x"], []),
    (said.reasoning(content=[{"type": "reasoning_text", "text": None}]), [], [""]),
    (said.reasoning(content="so"), [], ["so"]),
]


async def test_texts_of_a_thought_that_are_none_are_shown_as_empty(stage: Stage) -> None:
    for thought, summary, content in NULLS:
        turn = await stage.turn(said.done(thought), said.done(said.message(), 1), said.DONE)
        item, _ = stage.told_items(turn["id"])
        shown = item["type"], item["summary"], item["content"]
        assert shown == ("reasoning", summary, content), thought
    await stage.check_all()


COUNTS: list[tuple[object, int]] = [
    (2**63, MAX),
    (2**53, MAX),
    (10**400, MAX),
    (-5, 0),
    ("12", 0),
    (12.0, 12),
    (1.5, 0),
    (True, 0),
    (None, 0),
    ([3], 0),
]


async def test_counts_of_tokens_are_such_as_clients_can_read(stage: Stage) -> None:
    for given, counted in COUNTS:
        usage = {"input_tokens": given, "output_tokens": given, "total_tokens": 9}
        turn = await stage.turn(said.done(said.message()), said.completed(usage=usage))
        [told] = stage.told("thread/tokenUsage/updated", turn["id"])
        assert told["tokenUsage"]["last"]["inputTokens"] == counted, given
        assert told["tokenUsage"]["total"]["inputTokens"] <= MAX
    await stage.check_all()


async def test_a_total_of_tokens_never_exceeds_the_largest_json_integer(stage: Stage) -> None:
    for _ in range(2):
        usage = {"input_tokens": 1, "output_tokens": 3, "total_tokens": 2**63}
        turn = await stage.turn(said.done(said.message()), said.completed(usage=usage))
        [told] = stage.told("thread/tokenUsage/updated", turn["id"])
        assert told["tokenUsage"]["total"]["totalTokens"] == MAX
    await stage.check_all()


async def test_a_token_count_of_another_form_is_ignored(stage: Stage) -> None:
    forms: list[object] = [[], "many", 7, {}, {"input_tokens_details": 5}]
    for usage in forms:
        turn = await stage.turn(said.done(said.message()), said.completed(usage=usage))
        assert turn["status"] == "completed", usage
    await stage.check_all()


ARGUMENTS: list[tuple[object, str]] = [
    ("[" * 200 + "]" * 200, "not JSON|not a JSON object"),
    ('{"a":' * 100 + "1" + "}" * 100, "nested more than 64 deep"),
    ('{"a":' * 500 + "1" + "}" * 500, "not JSON|nested"),
    ('{"a": 1e999}', "a number that JSON does not have"),
    ('{"a": NaN}', "not JSON"),
    ('{"a": ' + "9" * 4_200 + "}", "of more than 4000 digits"),
    ({"a": {"b": [1]}}, "seen"),
    ({"a": float("inf")}, "seen"),
]


async def test_arguments_that_could_not_be_read_back_are_answered_and_stored_as_text(
    stage: Stage,
) -> None:
    for arguments, words in ARGUMENTS:
        turn = await stage.turn(said.done(said.call(arguments)), said.DONE)
        assert turn["status"] == "completed"
        output = stage.requests[-1][-1]
        assert output["type"] == "function_call_output"
        assert any(word in output["output"] for word in words.split("|")), words
    await stage.check_all()


async def test_a_number_that_is_no_json_is_in_no_request(stage: Stage) -> None:
    search = b'{"type":"web_search_call","id":"w","status":"completed","x":1e999}'
    odd = b'data: {"type":"response.output_item.done","output_index":0,"item":' + search + b"}\n\n"
    turn = await stage.turn(odd, said.done(said.message(), 1), said.DONE)
    assert turn["status"] == "completed"
    await stage.good_turn()
    before = stage.requests[-1]
    await stage.restart()
    await stage.good_turn()
    assert stage.requests[-1][: len(before)] == before
    stage.check_requests()
