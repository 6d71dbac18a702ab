"""Requests to a provider through pydantic-ai, with the signatures that it gave."""

import json
import socket
from typing import Any

import pytest

pytest.importorskip("pydantic_ai", reason="the extra threadhost[pydantic-ai] is not installed")
pytest.importorskip("anthropic", reason="the extra threadhost[pydantic-ai] is not installed")


from tests.adapters.models.contract import TREE
from tests.support.library_calls import library_client
from tests.support.messages_endpoint import SIGNATURE, MessagesEndpoint
from tests.support.model_calls import (
    KEY,
    collect,
    function_call,
    request,
    script,
    streaming,
    text_of,
    tool_output,
    user,
)
from tests.support.raw_server import raw_server, read_request
from tests.support.responses_endpoint import STREAM_HEAD
from threadhost.actors.models import (
    FunctionCall,
    ModelSettings,
    OutputDone,
    Reasoning,
    ResponseDone,
    TokenUsage,
)
from threadhost.adapters.models.library_client import LibraryClient
from threadhost.adapters.models.provider import Provider, usable_key

pytestmark = pytest.mark.slices

PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
SHOWN = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
}


def item(**members: Any) -> bytes:
    return json.dumps(members).encode()


async def sent(messages: MessagesEndpoint, *history: bytes, **more: Any) -> Any:
    """The body of a request with this history; `more` are settings."""
    client = library_client(messages)
    settings = ModelSettings("claude-sonnet-9", **more)
    call = request(*history, settings=settings)._replace(tools=(TREE,))
    async with streaming(client, call) as events:
        assert [event async for event in events]
    await client.close()
    return messages.received[-1].body


async def test_instructions_are_the_system_text(messages: MessagesEndpoint) -> None:
    body = await sent(messages, user("hello"), instructions="one", developer="two")

    assert [one["text"] for one in body["system"]] == ["one\n\ntwo"]
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]


async def test_calls_outputs_and_pictures_go_in_the_order_that_the_api_wants(
    messages: MessagesEndpoint,
) -> None:
    output = [{"type": "input_text", "text": "here"}, PICTURE]
    body = await sent(
        messages,
        item(type="message", role="user", content=[{"type": "input_text", "text": "a"}, PICTURE]),
        item(type="message", role="assistant", content=[{"type": "output_text", "text": "Both."}]),
        function_call("a", "look"),
        function_call("b", "spawn", "tree"),
        user("wait"),
        item(type="function_call_output", call_id="b", output=output),
        tool_output("a"),
    )

    asked, said, told = body["messages"]
    assert asked["content"] == [{"type": "text", "text": "a"}, SHOWN]
    assert [block["type"] for block in said["content"]] == ["text", "tool_use", "tool_use"]
    assert [block.get("name") for block in said["content"]] == [None, "look", "tree__spawn"]
    assert [block.get("tool_use_id") for block in told["content"]] == ["b", "a", None]
    assert told["content"][0]["content"] == [{"type": "text", "text": "here"}, SHOWN]
    assert told["content"][2] == {"type": "text", "text": "wait"}


async def test_tools_effort_and_cache_are_asked_for(messages: MessagesEndpoint) -> None:
    body = await sent(messages, user("hello"), effort="high")

    assert [tool["name"] for tool in body["tools"]] == ["tree__spawn"]
    assert body["tools"][0]["description"] == "tree: Threads.\n\n"
    assert body["thinking"]["type"] in ("enabled", "adaptive")
    assert body["cache_control"]["type"] == "ephemeral"


SCHEMA = {
    "type": "object",
    "properties": {"odd_name": {"type": "string"}},
    "required": ["odd_name"],
    "additionalProperties": False,
}


async def test_a_model_without_output_schemas_gets_the_schema_in_its_instructions(
    messages: MessagesEndpoint,
) -> None:
    body = await sent(messages, user("hello"), output_schema=SCHEMA)

    assert "odd_name" in json.dumps(body["system"])


async def test_reasoning_is_sent_back_with_its_signature(messages: MessagesEndpoint) -> None:
    client = library_client(messages)
    events = await collect(client, user(script({"reasoning": "let me see", "text": "so"})))
    await client.close()
    (thought,) = [
        event.item
        for event in events
        if isinstance(event, OutputDone) and isinstance(event.item, Reasoning)
    ]

    body = await sent(
        messages,
        user("hello"),
        item(type="reasoning", summary=[], encrypted_content=thought.encrypted),
        item(type="message", role="assistant", content="so"),
        user("again"),
    )

    signed = {"type": "thinking", "thinking": "let me see", "signature": SIGNATURE}
    assert body["messages"][1]["content"] == [signed, {"type": "text", "text": "so"}]


async def test_reasoning_sealed_by_another_provider_is_not_sent(messages: MessagesEndpoint) -> None:
    thought = item(type="reasoning", summary=[], encrypted_content="b3BhcXVl")
    body = await sent(messages, user("a"), thought, item(type="message", role="user", content="b"))

    assert [message["role"] for message in body["messages"]] == ["user"]


async def test_headers_and_fields_of_the_provider_are_sent(messages: MessagesEndpoint) -> None:
    extra = {"metadata": {"user_id": "u"}}
    client = library_client(messages, headers={"x-odd": "1"}, body=extra, prompt_cache_key=False)
    await collect(client, user("hello"))
    await client.close()

    received = messages.received[0]
    assert received.headers["x-odd"] == "1"
    assert received.body["metadata"] == {"user_id": "u"}
    assert "cache_control" not in received.body


# -- Gemini, which signs calls --


async def test_the_signature_of_a_call_is_sent_back_with_that_call() -> None:
    pytest.importorskip("google.genai", reason="the extra threadhost[pydantic-ai] lacks google")
    heard: list[Any] = []
    signed = {"functionCall": {"name": "tree__spawn", "args": {"n": 1}}, "thoughtSignature": "c2ln"}
    answers = [[signed], [{"text": "done"}]]

    def gemini(connection: socket.socket) -> None:
        heard.append(json.loads(read_request(connection).partition(b"\r\n\r\n")[2]))
        content = {"role": "model", "parts": answers[len(heard) - 1]}
        chunk = {
            "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {
                "promptTokenCount": 3,
                "candidatesTokenCount": 2,
                "thoughtsTokenCount": 1,
                "totalTokenCount": 6,
            },
            "responseId": "r",
            "modelVersion": "m",
        }
        connection.sendall(STREAM_HEAD + b"connection: close\r\n\r\n")
        connection.sendall(f"data: {json.dumps(chunk)}\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_RDWR)

    with raw_server(gemini) as server:
        url = server.base_url.removesuffix("/v1")
        client = LibraryClient(Provider("g", url, "google", key=usable_key(KEY)))
        settings = ModelSettings("gemini-3-pro-preview")
        first = request(user("go"), settings=settings)._replace(tools=(TREE,))
        async with streaming(client, first) as events:
            got = [event async for event in events]
        made = [event.item for event in got if isinstance(event, OutputDone)]
        thought = item(type="reasoning", summary=[], encrypted_content=_sealed(made[0]))
        call, output = function_call("ours", "spawn", "tree"), tool_output("ours")
        history = (user("go"), thought, call, output)
        second = request(*history, settings=settings)._replace(tools=(TREE,))
        async with streaming(client, second) as events:
            assert text_of([event async for event in events]) == "done"
        await client.close()

    assert made[1:] == [FunctionCall("spawn", '{"n": 1}', "tree")]
    assert got[-1] == ResponseDone("r", TokenUsage(3, 0, 3, 1, 6), model="m", finish_reason="stop")
    (back,) = [
        part for one in heard[1]["contents"] for part in one["parts"] if "functionCall" in part
    ]
    assert back["thoughtSignature"] == "c2ln"


def _sealed(made: object) -> str:
    assert isinstance(made, Reasoning)
    assert made.encrypted
    return made.encrypted
