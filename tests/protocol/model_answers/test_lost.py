"""Nothing of an answer is lost: what came in any form is told, shown and sent again, once."""

import pytest

from tests.protocol.model_answers import said
from tests.protocol.model_answers.stage import Stage
from tests.protocol.model_answers.test_history import assistant, outputs
from tests.support.responses_endpoint import Json
from threadhost.events.history import BY_THE_USER

pytestmark = pytest.mark.slices

HELLO = said.message()
DELTA = "item/agentMessage/delta"
TEXT_DONE = {"type": "response.output_text.done", "output_index": 0, "text": "hello"}
IN_PIECES: list[Json] = [
    said.added(said.message(said.text(""))),
    said.delta("hel"),
    said.delta("lo"),
]
FORMS: dict[str, list[Json]] = {
    "only at the end": [said.completed(HELLO)],
    "in pieces and at the end": [*IN_PIECES, said.completed(HELLO)],
    "in pieces alone": [*IN_PIECES, said.DONE],
    "whole and at the end": [said.done(HELLO), said.completed(HELLO)],
    "everywhere": [*IN_PIECES, TEXT_DONE, said.done(HELLO), said.completed(HELLO)],
    "as its text alone": [TEXT_DONE, said.DONE],
    "doubled": [*IN_PIECES, said.done(HELLO), said.done(HELLO), said.completed(HELLO)],
    "end first": [said.done(HELLO), *IN_PIECES, said.completed(HELLO)],
    "an id for each event": [
        said.added(said.message(said.text(""), id="a")),
        said.delta("hel", id="b"),
        said.delta("lo", id="c"),
        said.done(said.message(id="d")),
        said.DONE,
    ],
    "no ids": [
        said.added(said.message(said.text(""), id=None)),
        said.delta("hello", id=None),
        said.done(said.message(id=None)),
        said.DONE,
    ],
    "no numbers": [
        said.added(said.message(said.text("")), None),
        said.delta("hello", None),
        said.done(HELLO, None),
        said.DONE,
    ],
    "of the older last word": [said.done(HELLO), {**said.DONE, "type": "response.done"}],
    "with the last word of another API": [said.done(HELLO)],
}


@pytest.mark.parametrize("form", FORMS)
async def test_a_message_in_any_form_is_streamed_shown_and_sent_back_once(
    stage: Stage, form: str
) -> None:
    end = [b"data: [DONE]\n\n"] if form.endswith("another API") else []
    turn = await stage.turn(*FORMS[form], *end)
    assert turn["status"] == "completed", turn
    [started] = stage.told_items(turn["id"], "item/started")
    [item] = stage.told_items(turn["id"])
    assert (item["id"], item["text"]) == (started["id"], "hello")
    told = "".join(p["delta"] for p in stage.told(DELTA, turn["id"]))
    assert told in ("", "hello")
    assert [one["text"] for one in turn["items"]] == ["hello"]
    assert await stage.items() == [item]
    await stage.good_turn()
    assert assistant(stage.requests[-1]) == ["hello"]


ARGUMENTS_DONE = "response.function_call_arguments.done"
CALL_FORMS: list[list[Json]] = [
    [said.completed(said.call())],
    [{"type": ARGUMENTS_DONE, "output_index": 0, "name": "look", "arguments": "{}"}, said.DONE],
    [
        said.added(said.call("")),
        {"type": ARGUMENTS_DONE, "output_index": 0, "arguments": "{}"},
        said.DONE,
    ],
    [
        said.added(said.call("")),
        {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{}"},
        said.DONE,
    ],
    [said.done(said.call()), said.completed(said.call())],
]


@pytest.mark.parametrize("events", CALL_FORMS)
async def test_a_tool_is_called_once_in_whatever_form_its_call_arrives(
    stage: Stage, events: list[Json]
) -> None:
    turn = await stage.turn(*events)
    assert turn["status"] == "completed"
    [(_, output)] = outputs(stage.requests[-1])
    assert output == "seen"
    stage.check_requests()


@pytest.mark.parametrize("type_", ["response.incomplete", "response.completed"])
async def test_the_tokens_of_an_incomplete_answer_count(stage: Stage, type_: str) -> None:
    usage = {"input_tokens": 100, "output_tokens": 50, "total_tokens": 150}
    half = said.message(said.text("hel"))
    turn = await stage.turn(said.done(half), {**said.incomplete(usage), "type": type_})
    assert turn["status"] == "failed"
    assert turn["error"]["message"] == "the model stopped early: max_output_tokens"
    [told] = stage.told("thread/tokenUsage/updated", turn["id"])
    assert told["tokenUsage"]["last"]["totalTokens"] == 150
    assert await stage.texts() == ["hel"]


async def test_a_missing_total_of_tokens_is_the_sum(stage: Stage) -> None:
    usage = {"input_tokens": 100, "output_tokens": 50}
    turn = await stage.turn(said.done(HELLO), said.completed(usage=usage))
    [told] = stage.told("thread/tokenUsage/updated", turn["id"])
    assert told["tokenUsage"]["last"]["totalTokens"] == 150


async def test_half_a_sentence_is_kept_when_the_turn_is_interrupted_and_shown_as_such(
    stage: Stage,
) -> None:
    stage.will_say(
        said.done(said.message(said.text("one."), id="a")),
        said.added(said.message(said.text(""), id="b"), 1),
        said.delta("half a sen", 1, id="b"),
        hang=True,
    )
    turn_id = await stage.begin()
    await stage.client.notice(DELTA, delta="half a sen")
    turn = await stage.interrupted(turn_id)
    assert (turn["status"], turn["items"]) == ("interrupted", [])
    one, half = stage.told_items(turn_id)
    assert (one["text"], "incomplete" in one) == ("one.", False)
    assert (half["text"], half["incomplete"]) == ("half a sen", True)
    assert [i["id"] for i in stage.told_items(turn_id, "item/started")] == [one["id"], half["id"]]
    assert await stage.items() == [one, half]
    for _ in range(2):
        await stage.good_turn()
        assert assistant(stage.requests[-1])[:2] == ["one.", "half a sen"]
        marks = [i for i in stage.requests[-1] if BY_THE_USER in str(i["content"])]
        assert len(marks) == 1


async def test_half_a_sentence_of_a_stream_that_breaks_is_kept_too(stage: Stage) -> None:
    turn = await stage.turn(*IN_PIECES)
    assert turn["status"] == "failed"
    [item] = await stage.items()
    assert (item["text"], item["incomplete"]) == ("hello", True)
    await stage.good_turn()


SUMMARY, THOUGHT = "item/reasoning/summaryTextDelta", "item/reasoning/textDelta"
PART = "item/reasoning/summaryPartAdded"


def thinks(piece: str, part: int, *, of_summary: bool = True) -> Json:
    kind = "reasoning_summary_text" if of_summary else "reasoning_text"
    place = {"item_id": "rs_x", "output_index": 0}
    number = {"summary_index" if of_summary else "content_index": part}
    return {"type": f"response.{kind}.delta", **place, **number, "delta": piece}


async def test_reasoning_is_streamed_as_it_arrives(stage: Stage) -> None:
    parts = [{"type": "summary_text", "text": text} for text in ("first I look", "then I see")]
    full = said.reasoning(summary=parts, content=[{"type": "reasoning_text", "text": "so"}])
    turn = await stage.turn(
        said.added(said.reasoning()),
        thinks("first I ", 0),
        thinks("look", 0),
        thinks("then I see", 1),
        thinks("so", 0, of_summary=False),
        said.done(full),
        said.done(HELLO, 1),
        said.DONE,
    )
    pieces = [(p["summaryIndex"], p["delta"]) for p in stage.told(SUMMARY, turn["id"])]
    assert pieces == [(0, "first I "), (0, "look"), (1, "then I see")]
    assert [p["summaryIndex"] for p in stage.told(PART, turn["id"])] == [0, 1]
    assert [p["delta"] for p in stage.told(THOUGHT, turn["id"])] == ["so"]
    thought, _ = stage.told_items(turn["id"])
    assert (thought["summary"], thought["content"]) == (["first I look", "then I see"], ["so"])
    ids = {p["itemId"] for kind in (SUMMARY, THOUGHT, PART) for p in stage.told(kind)}
    assert ids == {thought["id"]}


async def test_an_interrupted_reasoning_item_ends_incomplete(stage: Stage) -> None:
    stage.will_say(said.added(said.reasoning()), thinks("first I lo", 0), hang=True)
    turn_id = await stage.begin()
    await stage.client.notice(SUMMARY)
    await stage.interrupted(turn_id)
    [item] = await stage.items()
    assert (item["summary"], item["content"], item["incomplete"]) == (["first I lo"], [], True)
    await stage.good_turn()


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (
            [said.text("Sure."), {"type": "refusal", "refusal": "No, I will not."}],
            "Sure.\n\nNo, I will not.",
        ),
        ([{"type": "refusal", "refusal": "No, I will not."}], "No, I will not."),
    ],
)
async def test_text_beside_a_refusal_is_kept_with_it(
    stage: Stage, parts: list[Json], text: str
) -> None:
    turn = await stage.turn(said.done({**said.message(), "content": parts}), said.DONE)
    assert turn["status"] == "completed", turn
    [item] = stage.told_items(turn["id"])
    assert item["text"] == text
