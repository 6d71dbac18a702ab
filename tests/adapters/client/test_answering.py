"""A client in the same process that answers the requests of the host."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.hosts import within
from tests.support.tools import QUESTION, function
from threadhost.adapters.config import Settings
from threadhost.adapters.jsonrpc.models.server_requests import (
    DynamicToolCallParams,
    DynamicToolCallResponse,
    ToolRequestUserInputParams,
)
from threadhost.adapters.jsonrpc.models.tool_items import DynamicToolCallItem, OutputText

TOOLS = [function("look")]


def script(name: str, **args: Any) -> str:
    steps = [{"calls": [{"name": name, "args": args}]}, {"text": "it said: {output}"}]
    return f"@echo {json.dumps({'steps': steps})}"


LOOK = script("look", q="north")
ASK = script("request_user_input", questions=[QUESTION])


@pytest.fixture
async def client() -> AsyncIterator[threadhost.Client]:
    settings = Settings(Path(), listen=(), store="memory", user_input=True)
    async with threadhost.open(settings) as host, host.connect() as client:
        yield client


async def test_a_tool_that_answers_with_a_text_succeeded(client: threadhost.Client) -> None:
    async def look(call: DynamicToolCallParams) -> str:
        return f"{call.tool}: {call.arguments}"

    client.answer_tool_calls(look)
    thread = await client.start_thread(dynamic_tools=TOOLS)
    end = await client.run_turn(thread.id, LOOK)
    assert end.text == "it said: look: {'q': 'north'}"


async def test_a_tool_handler_may_return_a_failure(client: threadhost.Client) -> None:
    async def look(_call: DynamicToolCallParams) -> DynamicToolCallResponse:
        return DynamicToolCallResponse(content_items=[OutputText(text="too dark")], success=False)

    client.answer_tool_calls(look)
    thread = await client.start_thread(dynamic_tools=TOOLS)
    assert (await client.run_turn(thread.id, LOOK)).text == "it said: too dark"
    (turn,) = (await client.read_thread(thread.id, include_turns=True)).turns
    (item,) = [item for item in turn.items if isinstance(item, DynamicToolCallItem)]
    assert (item.status, item.success) == ("failed", False)


async def test_a_tool_handler_that_raises_fails_the_call_without_the_words_of_the_exception(
    client: threadhost.Client,
) -> None:
    async def look(_call: DynamicToolCallParams) -> str:
        raise ValueError("secret")

    client.answer_tool_calls(look)
    thread = await client.start_thread(dynamic_tools=TOOLS)
    failed = "dynamic tool request failed: the handler failed: ValueError"
    assert (await client.run_turn(thread.id, LOOK)).text == f"it said: {failed}"


@pytest.mark.parametrize("answer", ["half of \ud83d", object()], ids=["text", "object"])
async def test_a_tool_handler_whose_answer_is_not_json_fails_the_call_at_once(
    client: threadhost.Client, answer: object
) -> None:
    async def look(_params: dict[str, Any]) -> object:
        return {"contentItems": [{"type": "inputText", "text": answer}], "success": True}

    client.answer("item/tool/call", look)
    thread = await client.start_thread(dynamic_tools=TOOLS)
    failed = (
        "it said: dynamic tool request failed: the handler failed: the request"
        " cannot be written as JSON"
    )
    assert (await client.run_turn(thread.id, LOOK)).text.startswith(failed)


HALF = "half of \ud83d"


@pytest.mark.few(2)
@pytest.mark.parametrize("path", [HALF, object(), [b"\xff"]], ids=["text", "object", "bytes"])
async def test_a_request_that_is_not_json_is_not_sent_and_the_connection_stays_usable(
    client: threadhost.Client, path: object
) -> None:
    with pytest.raises(threadhost.Unsendable, match="the request cannot be written as JSON: "):
        await client.call("thread/start", {"cwd": path})
    assert (await client.start_thread()).id


async def test_a_handler_may_refuse_in_its_own_words(client: threadhost.Client) -> None:
    async def look(_params: dict[str, Any]) -> dict[str, Any]:
        raise threadhost.RpcError(-32000, "not today")

    client.answer("item/tool/call", look)
    thread = await client.start_thread(dynamic_tools=TOOLS)
    refused = "dynamic tool request failed: not today"
    assert (await client.run_turn(thread.id, LOOK)).text == f"it said: {refused}"


async def test_a_client_without_a_handler_refuses_at_once(client: threadhost.Client) -> None:
    thread = await client.start_thread(dynamic_tools=TOOLS)
    refused = "dynamic tool request failed: this client does not answer such requests"
    assert (await client.run_turn(thread.id, LOOK)).text == f"it said: {refused}"


async def test_answers_of_a_client_to_questions_are_assigned_by_their_ids(
    client: threadhost.Client,
) -> None:
    async def choose(asked: ToolRequestUserInputParams) -> dict[str, list[str]]:
        return {question.id: ["red", "or blue"] for question in asked.questions}

    client.answer_questions(choose)
    thread = await client.start_thread()
    end = await client.run_turn(thread.id, ASK)
    assert json.loads(end.text.removeprefix("it said: ")) == {
        "answers": {"colour": {"answers": ["red", "or blue"]}}
    }


@pytest.mark.parametrize("ends_by", ["interrupt", "close"])
async def test_a_handler_is_cancelled_when_its_request_is_over(
    client: threadhost.Client, ends_by: str
) -> None:
    asked, cancelled = asyncio.Event(), asyncio.Event()

    async def look(_call: DynamicToolCallParams) -> str:
        asked.set()
        try:
            await asyncio.get_running_loop().create_future()
            return "never"
        finally:
            cancelled.set()

    client.answer_tool_calls(look)
    thread = await client.start_thread(dynamic_tools=TOOLS)
    turn = await client.start_turn(thread.id, LOOK)
    await within(asked.wait())
    if ends_by == "interrupt":
        await client.interrupt_turn(thread.id, turn.id)
    else:
        await client.close()
    await within(cancelled.wait())
