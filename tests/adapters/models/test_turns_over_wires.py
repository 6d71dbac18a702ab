"""Whole turns of a host over every API: reasoning, a client's tool, an answer, one more."""

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

import threadhost
from tests.support.bystander import HELD_MS_MAX, bystander
from tests.support.chat_endpoint import ChatEndpoint
from tests.support.messages_endpoint import SIGNATURE, MessagesEndpoint
from tests.support.model_calls import client_of, collect, done_text, user
from tests.support.responses_endpoint import ResponsesEndpoint
from tests.support.slowness import require_below
from tests.support.tools import function
from threadhost.adapters.jsonrpc.models.server_requests import (
    DynamicToolCallParams,
    DynamicToolCallResponse,
)
from threadhost.adapters.jsonrpc.models.tool_items import OutputText
from threadhost.adapters.models.provider import WireName

BOX = {"type": "namespace", "name": "box", "description": "a box", "tools": [function("open")]}
CALLED = {"name": "open", "namespace": "box", "args": {"q": "x"}}
STEPS = [{"reasoning": "let me see", "calls": [CALLED]}, {"text": "I see {output}"}]
SCRIPT = json.dumps({"steps": STEPS})
ENDPOINTS: dict[WireName, type[ResponsesEndpoint]] = {
    "chat": ChatEndpoint,
    "responses": ResponsesEndpoint,
    "anthropic": MessagesEndpoint,
}
"""By their wires, last the one whose libraries of others take seconds to import."""


async def open_box(call: DynamicToolCallParams) -> DynamicToolCallResponse:
    return DynamicToolCallResponse(content_items=[OutputText(text="a cat")], success=True)


@pytest.mark.few(2)
@pytest.mark.parametrize("wire", ENDPOINTS)
async def test_a_host_plays_turns_with_tools(wire: WireName, tmp_path: Path) -> None:
    if wire == "anthropic" and (find_spec("pydantic_ai") is None or find_spec("anthropic") is None):
        pytest.skip("the extra threadhost[pydantic-ai] is not installed")
    async with ENDPOINTS[wire]() as endpoint:
        url = endpoint.base_url.removesuffix("/v1" if wire == "anthropic" else "")
        file = tmp_path / "config.toml"
        file.write_text(
            f'model_provider = "local"\nmodel = "m"\n[model_providers.local]\n'
            f'base_url = "{url}"\nwire_api = "{wire}"\nexperimental_bearer_token = "sk-1234"\n'
        )
        async with threadhost.open(config=file) as host, host.connect() as client:
            client.answer_tool_calls(open_box)
            thread = await client.start_thread(dynamic_tools=[BOX])
            first = await client.run_turn(thread.id, f"@echo {SCRIPT}")
            second = await client.run_turn(thread.id, "and now?")

    assert first.text == "I see a cat"
    assert second.text == "ok"
    if wire == "anthropic":
        assert SIGNATURE in json.dumps(endpoint.received[1].body)


@pytest.mark.slices
@pytest.mark.parametrize("wire", ["chat", "responses"])
async def test_a_very_long_history_does_not_block_the_loop(
    wire: WireName, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [user(f"{n} " + "word " * 1_000) for n in range(2_000)]
    async with ENDPOINTS[wire]() as endpoint:
        client = client_of(endpoint.base_url, wire=wire)
        await client.warm_up()
        monkeypatch.setattr(endpoint, "history_of", lambda _: [])
        async with bystander() as other:
            call = asyncio.create_task(collect(client, *history))
            await asyncio.wait_for(endpoint.requests_are(1), 20)
            longest_ms = other.longest_ms
            assert done_text(await call) == "ok"
        await client.close()

    require_below(longest_ms, HELD_MS_MAX)
