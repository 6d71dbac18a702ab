"""What clients choose reaches the model: each setting in the request, from where it was chosen."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.model_answers.stage import Stage, staged
from tests.protocol.talk import HANG, begin, end, script, turn_params
from threadhost.actors.model_settings import PERSONALITIES
from threadhost.adapters.config import FieldLimits

NEVER_SENT = {"instructions", "reasoning", "text", "service_tier"}


@pytest.fixture
async def stage(home: Path) -> AsyncIterator[Stage]:
    async with staged(home) as stage:
        yield stage


async def body(stage: Stage, **turn: Any) -> Any:
    """The body of the request of a turn with these params."""
    result = await stage.client.ok("turn/start", turn_params(stage.thread_id, "hello", **turn))
    assert (await end(stage.client, result["turn"]["id"]))["status"] == "completed"
    return stage.endpoint.received[-1].body


def developer(sent: Any) -> list[str]:
    """What the developer tells the model, ahead of everything."""
    first = [item for item in sent["input"][:1] if item["role"] == "developer"]
    return [part["text"] for item in first for part in item["content"]]


async def test_only_chosen_settings_are_sent_to_the_provider(stage: Stage) -> None:
    sent = await body(stage)
    assert set(sent) == {
        "model",
        "stream",
        "store",
        "include",
        "input",
        "tools",
        "prompt_cache_key",
    }
    assert sent["prompt_cache_key"] == stage.thread_id
    assert developer(sent) == []


async def test_instructions_go_out_both_the_base_and_the_developers(home: Path) -> None:
    params: dict[str, Any] = {
        "baseInstructions": "you are a host",
        "developerInstructions": "be brief",
    }
    async with staged(home, **params) as stage:
        sent = await body(stage)
        assert (sent["instructions"], developer(sent)) == ("you are a host", ["be brief"])


def beside(sent: Any) -> list[tuple[str, str]]:
    """What the model is told by whom."""
    told = [(item["role"], item["content"][0]["text"]) for item in sent["input"]]
    return [one for one in told if one[0] != "assistant"]


async def test_additional_context_is_sent_once_before_the_input_of_its_turn(stage: Stage) -> None:
    app = {"kind": "application", "value": "a page"}
    outside = {"kind": "untrusted", "value": "a mail"}
    sent = await body(stage, additionalContext={"open": app, "mail": outside})
    hello = ("user", "hello")
    mail = ("user", "<external_mail>a mail</external_mail>")
    first = [("developer", "<open>a page</open>"), mail]
    assert beside(sent) == [*first, hello]
    sent = await body(stage, additionalContext={"open": app, "mail": {**outside, "value": "two"}})
    second = [("user", "<external_mail>two</external_mail>")]
    assert beside(sent) == [*first, hello, *second, hello]
    sent = await body(stage, additionalContext={"mail": outside})
    assert beside(sent)[-2:] == [mail, hello]
    params = {"threadId": stage.thread_id, "includeTurns": True}
    turns = (await stage.client.ok("thread/read", params))["thread"]["turns"]
    assert [[item["type"] for item in turn["items"]] for turn in turns] == [
        ["userMessage", "agentMessage"]
    ] * 3


async def test_additional_context_of_a_steer_is_sent_before_its_input(stage: Stage) -> None:
    turn_id = await begin(stage.client, stage.thread_id, script(HANG, {"text": "done"}))
    await stage.endpoint.requests_are(1)
    context = {"page": {"kind": "application", "value": "two"}}
    steer = turn_params(
        stage.thread_id, "and now", expectedTurnId=turn_id, additionalContext=context
    )
    await stage.client.ok("turn/steer", steer)
    await stage.client.ok("turn/interrupt", {"threadId": stage.thread_id, "turnId": turn_id})
    added = [("developer", "<page>two</page>"), ("user", "and now")]
    assert beside(await body(stage))[1:3] == added


async def test_additional_context_is_sent_again_after_a_compaction_before_its_turn(
    home: Path,
) -> None:
    page, mail = ({"kind": "application", "value": value} for value in ("a page", "a mail"))
    usage = {"input": 5_000, "output": 20, "total": 5_020}
    big = [{"type": "text", "text": script({"text": "big", "usage": usage})}]
    async with staged(home, config={"model_auto_compact_token_limit": 200}) as stage:
        await body(stage, input=big, additionalContext={"page": page})
        sent = await body(stage, additionalContext={"page": page, "mail": mail})
    assert beside(sent)[-3:] == [
        ("developer", "<page>a page</page>"),
        ("developer", "<mail>a mail</mail>"),
        ("user", "hello"),
    ]


TEXT = {"type": "input_text", "text": "an owl"}
PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
ODD: list[dict[str, Any]] = [{"type": "input_text"}, {}, {"type": "nope", "text": "x"}]
OUTPUTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"name": "mail", "output": "an owl"}, ["<external_mail>an owl</external_mail>"]),
    (
        {"name": "mail", "namespace": "post", "output": [TEXT, PICTURE]},
        ["<external_post.mail>", "an owl", PICTURE["image_url"], "</external_post.mail>"],
    ),
]


@pytest.mark.parametrize(("output", "shown"), OUTPUTS)
async def test_a_tool_output_without_a_call_starts_a_turn(
    stage: Stage, output: dict[str, Any], shown: list[str]
) -> None:
    sent = await body(stage, input=[], toolOutput=output)
    assert [
        part.get("text", part.get("image_url")) for part in sent["input"][-1]["content"]
    ] == shown
    params = {"threadId": stage.thread_id, "includeTurns": True}
    [turn] = (await stage.client.ok("thread/read", params))["thread"]["turns"]
    content = turn["items"][0]["content"]
    assert [part.get("text", part.get("url")) for part in content] == shown


async def test_a_tool_output_cannot_be_combined_with_input_and_has_text_and_images_only(
    stage: Stage,
) -> None:
    both = turn_params(stage.thread_id, "hello", toolOutput={"name": "x", "output": "y"})
    error = await stage.client.refused("turn/start", both)
    assert error["message"] == "`toolOutput` cannot be combined with nonempty `input`"
    for odd in ODD:
        turn = {"threadId": stage.thread_id, "toolOutput": {"name": "x", "output": [odd]}}
        assert await stage.client.reason("turn/start", {**turn, "input": []}) == "invalidItem"


async def test_a_tool_output_with_too_many_parts_is_refused(stage: Stage) -> None:
    parts = [{"type": "input_text", "text": "x"}] * (FieldLimits().entries_max + 1)
    turn = {"threadId": stage.thread_id, "toolOutput": {"name": "x", "output": parts}}
    assert await stage.client.reason("turn/start", {**turn, "input": []}) == "fieldTooLarge"


async def test_settings_of_a_turn_are_sent_from_then_on(stage: Stage) -> None:
    chosen = {"effort": "high", "summary": "detailed", "personality": "pragmatic"}
    for turn in ({**chosen, "serviceTier": "priority"}, {}):
        sent = await body(stage, **turn)
        assert sent["reasoning"] == {"effort": "high", "summary": "detailed"}
        assert sent["service_tier"] == "priority"
        assert developer(sent) == [PERSONALITIES["pragmatic"]]


async def test_an_output_schema_is_sent_for_its_turn(stage: Stage) -> None:
    sent = await body(stage, outputSchema={"type": "object"})
    assert sent["text"]["format"]["schema"] == {"type": "object"}
    assert "text" not in await body(stage)


async def test_settings_of_the_config_param_are_sent(home: Path) -> None:
    config = {
        "model_reasoning_effort": "low",
        "model_reasoning_summary": "concise",
        "model_verbosity": "low",
        "service_tier": "flex",
    }
    async with staged(home, config=config) as stage:
        sent = await body(stage)
        assert sent["reasoning"] == {"effort": "low", "summary": "concise"}
        assert sent["text"] == {"verbosity": "low"}
        assert sent["service_tier"] == "flex"


async def test_settings_changed_by_an_update_are_sent_with_the_next_turn(stage: Stage) -> None:
    changes = {"threadId": stage.thread_id, "effort": "minimal", "summary": "none"}
    await stage.client.ok("thread/settings/update", changes)
    sent = await body(stage)
    assert sent["reasoning"] == {"effort": "minimal"}


async def test_a_model_is_the_threads_or_the_turns(home: Path) -> None:
    async with staged(home, model="small") as stage:
        assert (await body(stage))["model"] == "small"
        assert (await body(stage, model="large"))["model"] == "large"
        assert (await body(stage))["model"] == "large"
