"""A provider that is spoken to through pydantic-ai, against an endpoint of the Messages API."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("pydantic_ai", reason="the extra threadhost[pydantic-ai] is not installed")
pytest.importorskip("anthropic", reason="the extra threadhost[pydantic-ai] is not installed")

from pydantic_ai.models.function import DeltaThinkingPart, DeltaToolCall, FunctionModel

from tests.adapters.models.contract import TREE, ModelClientContract
from tests.support.messages_endpoint import SIGNATURE, MessagesEndpoint
from tests.support.model_calls import (
    KEY,
    WAIT_S,
    collect,
    failure,
    function_call,
    request,
    script,
    streaming,
    text_of,
    tool_output,
    user,
)
from tests.support.raw_server import raw_server, read_request
from tests.support.responses_endpoint import STREAM_HEAD, Raw, answer
from threadhost.actors.models import (
    FunctionCall,
    Message,
    ModelSettings,
    OutputDone,
    Reasoning,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
    TokenUsage,
)
from threadhost.adapters.models.keys import usable_key
from threadhost.adapters.models.library_client import LibraryClient
from threadhost.adapters.models.opaque import Opaque
from threadhost.adapters.models.provider import Provider
from threadhost.adapters.models.pydantic_ai_source import PydanticAiSource


class TestMessagesApi(ModelClientContract):
    calls_at_once = 20

    @pytest.fixture
    def thought(self) -> tuple[ReasoningDelta, Reasoning]:
        fields = {"content": "let me see", "id": None, "signature": SIGNATURE}
        opaque = Opaque("thought", {**fields, "provider_details": None}, "anthropic")
        whole = Reasoning(("let me see",), (), opaque.sealed())
        return ReasoningDelta(0, 0, "let me see"), whole

    @pytest.fixture
    async def endpoint(self) -> AsyncIterator[MessagesEndpoint]:
        async with MessagesEndpoint() as running:
            yield running

    @pytest.fixture
    async def client(self, endpoint: MessagesEndpoint) -> AsyncIterator[LibraryClient]:
        url = endpoint.base_url.removesuffix("/v1")
        client = LibraryClient(Provider("test", url, "anthropic", key=usable_key(KEY)))
        yield client
        await client.close()


# -- what a request holds --

PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}
SHOWN = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
}


def item(**members: Any) -> bytes:
    return json.dumps(members).encode()


@pytest.fixture
async def endpoint() -> AsyncIterator[MessagesEndpoint]:
    async with MessagesEndpoint() as running:
        yield running


def client_of(endpoint: MessagesEndpoint, **more: Any) -> LibraryClient:
    url = endpoint.base_url.removesuffix("/v1")
    return LibraryClient(Provider("test", url, "anthropic", key=usable_key(KEY), **more))


async def sent(endpoint: MessagesEndpoint, *history: bytes, **more: Any) -> Any:
    """The body of a request with this history; `more` are settings."""
    client = client_of(endpoint)
    settings = ModelSettings("claude-sonnet-9", **more)
    call = request(*history, settings=settings)._replace(tools=(TREE,))
    async with streaming(client, call) as events:
        assert [event async for event in events]
    await client.close()
    return endpoint.received[-1].body


async def test_instructions_are_the_system_text(endpoint: MessagesEndpoint) -> None:
    body = await sent(endpoint, user("hello"), instructions="one", developer="two")

    assert [one["text"] for one in body["system"]] == ["one\n\ntwo"]
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]


async def test_calls_outputs_and_pictures_go_in_the_order_that_the_api_wants(
    endpoint: MessagesEndpoint,
) -> None:
    output = [{"type": "input_text", "text": "here"}, PICTURE]
    body = await sent(
        endpoint,
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


async def test_tools_effort_and_cache_are_asked_for(endpoint: MessagesEndpoint) -> None:
    body = await sent(endpoint, user("hello"), effort="high")

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


async def test_a_model_that_cannot_be_held_to_a_schema_is_asked_for_it_in_words(
    endpoint: MessagesEndpoint,
) -> None:
    body = await sent(endpoint, user("hello"), output_schema=SCHEMA)

    assert "odd_name" in json.dumps(body["system"])


class Heard:
    """What a model of the library's own was asked."""

    def __init__(self, *said: Any, knows_schemas: bool = True) -> None:
        self.said = said
        self.infos: list[Any] = []
        profile: Any = {"supports_json_schema_output": knows_schemas}
        self._model = FunctionModel(stream_function=self._answer, profile=profile)

    async def _answer(self, messages: Any, info: Any) -> AsyncIterator[Any]:
        self.infos.append(info)
        for one in self.said:
            yield one

    def _make(self, name: str) -> FunctionModel:
        return self._model

    def client(self) -> LibraryClient:
        return LibraryClient(
            Provider("test", "", "anthropic"),
            lambda provider, key: PydanticAiSource(provider, key, self._make),
        )


@pytest.mark.parametrize(("knows", "mode"), [(True, "native"), (False, "prompted")])
async def test_one_that_can_is_held_to_it(mode: str, *, knows: bool) -> None:
    heard = Heard("{}", knows_schemas=knows)
    client = heard.client()
    call = request(user("hello"), settings=ModelSettings("m", output_schema=SCHEMA))
    async with streaming(client, call) as events:
        assert text_of([event async for event in events]) == "{}"
    await client.close()

    parameters = heard.infos[0].model_request_parameters
    assert parameters.output_mode == mode
    assert parameters.output_object.json_schema["required"] == ["odd_name"]


async def test_whatever_a_model_of_the_library_says_becomes_items() -> None:
    heard = Heard(
        {0: DeltaThinkingPart(content="let me see")},
        "so",
        " be it",
        {1: DeltaToolCall("tree__spawn", '{"n"', tool_call_id="theirs")},
        {1: DeltaToolCall(json_args=": 1}")},
    )
    client = heard.client()
    async with streaming(client, request(user("hello"))._replace(tools=(TREE,))) as events:
        got = [event async for event in events]
    await client.close()

    assert [event.item for event in got if isinstance(event, OutputDone)] == [
        Reasoning(("let me see",)),
        Message("so be it"),
        FunctionCall("spawn", '{"n": 1}', "tree"),
    ]
    assert text_of(got) == "so be it"
    assert isinstance(got[-1], ResponseDone)


async def test_what_a_library_raises_is_told_in_words() -> None:
    def broken(name: str) -> Any:
        raise KeyError(name)

    client = LibraryClient(
        Provider("test", "", "anthropic"),
        lambda provider, key: PydanticAiSource(provider, key, broken),
    )
    failed = await failure(client)
    await client.close()

    assert failed.message == "KeyError: 'test-model'"
    assert failed.code == "responseStreamDisconnected"


async def test_a_thought_goes_back_with_its_signature(endpoint: MessagesEndpoint) -> None:
    client = client_of(endpoint)
    events = await collect(client, user(script({"reasoning": "let me see", "text": "so"})))
    await client.close()
    (thought,) = [
        event.item
        for event in events
        if isinstance(event, OutputDone) and isinstance(event.item, Reasoning)
    ]

    body = await sent(
        endpoint,
        user("hello"),
        item(type="reasoning", summary=[], encrypted_content=thought.encrypted),
        item(type="message", role="assistant", content="so"),
        user("again"),
    )

    signed = {"type": "thinking", "thinking": "let me see", "signature": SIGNATURE}
    assert body["messages"][1]["content"] == [signed, {"type": "text", "text": "so"}]


async def test_what_another_provider_sealed_is_not_sent(endpoint: MessagesEndpoint) -> None:
    thought = item(type="reasoning", summary=[], encrypted_content="b3BhcXVl")
    body = await sent(endpoint, user("a"), thought, item(type="message", role="user", content="b"))

    assert [message["role"] for message in body["messages"]] == ["user"]


async def test_headers_and_fields_of_the_provider_are_sent(endpoint: MessagesEndpoint) -> None:
    extra = {"metadata": {"user_id": "u"}}
    client = client_of(endpoint, headers={"x-odd": "1"}, body=extra, prompt_cache_key=False)
    await collect(client, user("hello"))
    await client.close()

    received = endpoint.received[0]
    assert received.headers["x-odd"] == "1"
    assert received.body["metadata"] == {"user_id": "u"}
    assert "cache_control" not in received.body


# -- Gemini, which signs calls --


async def test_what_a_call_was_signed_with_goes_back_with_it() -> None:
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
    assert got[-1] == ResponseDone("r", TokenUsage(3, 0, 3, 1, 6))
    (back,) = [
        part for one in heard[1]["contents"] for part in one["parts"] if "functionCall" in part
    ]
    assert back["thoughtSignature"] == "c2ln"


def _sealed(made: object) -> str:
    assert isinstance(made, Reasoning)
    assert made.encrypted
    return made.encrypted


# -- failures --


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, "authentication_error", "unauthorized"),
        (404, "not_found_error", "modelNotFound"),
        (429, "rate_limit_error", "rateLimitExceeded"),
        (500, "api_error", "internalServerError"),
        (529, "overloaded_error", "serverOverloaded"),
        (400, "invalid_request_error", "badRequest"),
    ],
)
async def test_a_refusal_has_the_provider_s_words_and_how_long_to_wait(
    endpoint: MessagesEndpoint, status: int, kind: str, code: str
) -> None:
    said = {"type": "error", "error": {"type": kind, "message": f"no, {KEY}"}}
    headers = b"retry-after: 7\r\nrequest-id: req_1\r\n"
    endpoint.misbehaviour.append(Raw(answer(status, json.dumps(said).encode(), headers=headers)))
    client = client_of(endpoint)
    failed = await failure(client)
    await client.close()

    assert (failed.code, failed.http_status) == (code, status)
    assert failed.message.startswith(f"the model endpoint answered {status}")
    assert failed.message.endswith("no, [redacted]")
    assert failed.retry_after_ms == 7000
    assert "req_1" in (failed.details or "")
    assert failed.is_transient == (status in (429, 500, 529))
    assert len(endpoint.received) == 1


async def test_a_window_error_is_known_by_its_words(endpoint: MessagesEndpoint) -> None:
    words = "prompt is too long: 210000 tokens > 200000 maximum"
    said = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    endpoint.misbehaviour.append(Raw(answer(400, json.dumps(said).encode())))
    client = client_of(endpoint)

    assert (await failure(client)).code == "contextWindowExceeded"
    await client.close()


async def test_nobody_there_is_a_failure_that_may_pass() -> None:
    client = LibraryClient(Provider("test", "http://127.0.0.1:1", "anthropic", key=usable_key(KEY)))
    failed = await failure(client)
    await client.close()

    assert (failed.code, failed.is_transient) == ("httpConnectionFailed", True)


async def test_without_a_key_the_library_s_words_say_what_to_set(
    endpoint: MessagesEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    client = LibraryClient(Provider("test", endpoint.base_url, "anthropic"))
    failed = await failure(client)
    await client.close()

    assert failed.code == "unauthorized"
    assert "ANTHROPIC_API_KEY" in failed.message


# -- the thread --


@pytest.mark.parametrize("step", [{"text": "so far", "hang": True}, {"delay_ms": 60_000}])
async def test_cancelling_closes_the_connection_at_once(
    endpoint: MessagesEndpoint, step: dict[str, object]
) -> None:
    client = client_of(endpoint)
    task = asyncio.create_task(collect(client, user(script(step))))
    await asyncio.wait_for(endpoint.requests_are(1), WAIT_S)
    task.cancel()
    await asyncio.wait([task], timeout=1)

    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)
    assert task.cancelled()
    await client.close()


async def test_closing_the_client_ends_calls_under_way_and_its_thread(
    endpoint: MessagesEndpoint,
) -> None:
    client = client_of(endpoint)
    task = asyncio.create_task(failure(client, user(script({"hang": True}))))
    await asyncio.wait_for(endpoint.requests_are(1), WAIT_S)
    assert "models of test" in {thread.name for thread in threading.enumerate()}
    await client.close()

    failed = await asyncio.wait_for(task, WAIT_S)
    assert failed.message == "the client of the model was closed"
    assert "models of test" not in {thread.name for thread in threading.enumerate()}
    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_a_reader_that_is_slow_holds_the_stream_up_and_loses_nothing(
    endpoint: MessagesEndpoint,
) -> None:
    client = client_of(endpoint)
    text = "".join(f"{n} " for n in range(1_000))
    got: list[str] = []
    async with streaming(client, request(user(script({"text": text, "deltas": 500})))) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                got.append(event.text)
                await asyncio.sleep(0)
    await client.close()

    assert "".join(got) == text


def test_nothing_is_imported_before_the_first_use() -> None:
    code = (
        "import sys; from threadhost.adapters.models.select import connect;"
        "from threadhost.adapters.models.provider import Provider;"
        "connect(Provider('a', '', 'anthropic'), {});"
        "print('pydantic_ai' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
