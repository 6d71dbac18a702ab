"""Compaction forgets nothing silently: what fits is summed up, a failure changes nothing."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.model_answers import said
from tests.protocol.model_answers.stage import Stage, staged
from tests.protocol.talk import end
from tests.support.client import Message
from tests.support.responses_endpoint import Raw, Received, answer, event_stream
from threadhost.actors.compaction import HEADING, PROMPT

pytestmark = pytest.mark.slices

LONG_TURN = 30
WINDOW = 40
WINDOW_ERRORS: dict[str, tuple[int, dict[str, Any]]] = {
    "OpenAI": (
        400,
        {
            "error": {
                "message": "Your input exceeds the context window of this model.",
                "type": "invalid_request_error",
                "code": "context_length_exceeded",
            }
        },
    ),
    "vLLM": (
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you requested"
            " 9000 tokens.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
    ),
    "llama.cpp": (
        400,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size. try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 9000,
                "n_ctx": 4096,
            }
        },
    ),
    "LM Studio": (
        400,
        {"error": "Trying to keep the first 9000 tokens when context the overflows. n_ctx is 4096"},
    ),
    "LiteLLM": (
        400,
        {
            "error": {
                "message": "litellm.ContextWindowExceededError: prompt is too long",
                "type": None,
                "code": "400",
            }
        },
    ),
    "a proxy": (413, {"detail": "input is too long for this model"}),
}


def is_summary(received: Received) -> bool:
    """Whether a summary is asked for."""
    items: Any = received.body["input"]
    return bool(items[-1].get("content") == [{"type": "input_text", "text": PROMPT}])


def narrow(items_max: int, error: str = "OpenAI", summary: str = "SUMMARY") -> Any:
    """An endpoint that takes so many items, and sums up when it is asked to."""
    status, body = WINDOW_ERRORS[error]

    def reply(received: Received) -> Raw | None:
        items: Any = received.body["input"]
        if len(items) > items_max:
            return Raw(answer(status, json.dumps(body).encode()))
        if is_summary(received):
            return Raw(event_stream(said.done(said.message(said.text(summary))), said.DONE))
        return None

    return reply


async def compact(stage: Stage) -> Message:
    """A compaction by hand; its turn as it ended."""
    before = len(stage.client.received)
    await stage.client.ok("thread/compact/start", {"threadId": stage.thread_id})
    began = await stage.client.notice("turn/started", after=before)
    return await end(stage.client, began["params"]["turn"]["id"])


def summaries(stage: Stage) -> list[Any]:
    """The inputs of the requests for a summary."""
    return [r.body["input"] for r in stage.endpoint.received if is_summary(r)]


async def test_a_long_turn_is_compacted_with_as_much_of_it_as_fits(stage: Stage) -> None:
    for n in range(LONG_TURN):
        stage.will_say(said.done(said.call(id=f"f{n}", call_id=f"c{n}")), said.DONE)
    long = await stage.turn()
    assert (long["status"], len(stage.requests[-1])) == ("completed", 1 + 2 * LONG_TURN)
    stage.endpoint.answer_to = narrow(WINDOW)
    turn = await compact(stage)
    assert turn["status"] == "completed"
    sizes = [len(request) for request in summaries(stage)]
    assert sizes[0] == 1 + 2 * LONG_TURN + 2
    assert sizes[-1] - 1 >= 30
    assert all(earlier > later for earlier, later in pairwise(sizes))
    stage.check_requests()
    [warning] = stage.told("warning")
    left_out = sizes[0] - sizes[-1]
    assert f"without the oldest {left_out} items" in warning["message"]
    await stage.good_turn()
    assert HEADING in json.dumps(stage.requests[-1][0])


@pytest.mark.parametrize("error", WINDOW_ERRORS)
async def test_a_turn_too_long_for_the_window_is_compacted_and_goes_on(
    stage: Stage, error: str
) -> None:
    for _ in range(3):
        await stage.good_turn()
    stage.endpoint.answer_to = narrow(5, error)
    turn = await stage.turn(text="the fourth")
    assert turn["status"] == "completed"
    told = stage.told("error", turn["id"])
    assert {t["error"]["codexErrorInfo"] for t in told} == {"contextWindowExceeded"}
    assert all(t["willRetry"] for t in told)
    last = stage.requests[-1]
    assert [item["role"] for item in last] == ["user", "user"]
    assert last[0]["content"][0]["text"] == "the fourth"
    assert last[1]["content"][0]["text"] == f"{HEADING}\n\nSUMMARY"
    kinds = [item["type"] for item in stage.told_items(turn["id"])]
    assert kinds == ["contextCompaction", "agentMessage"]
    await stage.good_turn()
    await stage.check_readers()


REFUSALS: list[list[Any]] = [
    [said.done(said.message({"type": "refusal", "refusal": "no"})), said.DONE],
    [said.done(said.message(said.text(""))), said.DONE],
    [said.done(said.message(said.text(" \n"))), said.DONE],
    [said.DONE],
    [said.done(said.call()), said.DONE],
    [said.done(said.reasoning()), said.DONE],
    [said.done(said.message(said.text("half a sum"))), said.incomplete()],
    [said.added(said.message(said.text(""))), said.delta("half a sum")],
]


@pytest.mark.parametrize("answered", REFUSALS, ids=map(str, range(len(REFUSALS))))
async def test_an_answer_that_is_no_summary_fails_the_compaction_and_changes_nothing(
    stage: Stage, answered: list[Any]
) -> None:
    plan = said.message(said.text("the plan is A"))
    await stage.turn(said.done(plan), said.DONE)
    stage.will_say(*answered)
    turn = await compact(stage)
    assert turn["status"] == "failed"
    assert turn["error"]["message"] != ""
    [started] = stage.told_items(turn["id"], "item/started")
    [ended] = stage.told_items(turn["id"])
    assert (started["type"], ended["id"], ended["incomplete"]) == (
        "contextCompaction",
        started["id"],
        True,
    )
    await stage.good_turn()
    assert "the plan is A" in json.dumps(stage.requests[-1])
    assert HEADING not in json.dumps(stage.requests[-1])


@pytest.mark.parametrize("answered", REFUSALS, ids=map(str, range(len(REFUSALS))))
async def test_a_failed_compaction_within_a_turn_warns_and_the_turn_goes_on(
    home: Path, answered: list[Any]
) -> None:
    async with staged(home, config={"model_auto_compact_token_limit": 1}) as stage:
        await stage.good_turn()
        stage.will_say(*answered)
        stage.will_say(said.done(said.message(said.text("all the same"))), said.DONE)
        turn = await stage.turn()
        assert (turn["status"], await stage.texts()) == ("completed", ["ok", "all the same"])
        [warning] = stage.told("warning")
        assert "could not be summed up" in warning["message"]
        compaction, _ = stage.told_items(turn["id"])
        assert (compaction["type"], compaction["incomplete"]) == ("contextCompaction", True)
        assert stage.requests[-1][-1]["content"][0]["text"] == "hello"


async def test_a_window_too_small_for_any_request_fails_the_turn_with_that_code(
    stage: Stage,
) -> None:
    await stage.good_turn()
    stage.endpoint.answer_to = narrow(0)
    turn = await stage.turn()
    assert turn["status"] == "failed"
    assert turn["error"]["codexErrorInfo"] == "contextWindowExceeded"
    stage.endpoint.answer_to = narrow(100)
    await stage.good_turn()
    assert len(stage.requests[-1]) == 4
