"""A provider behind pydantic-ai, against an endpoint of the Messages API."""

import asyncio
import json
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
from tests.support.library_calls import library_client
from tests.support.messages_endpoint import SIGNATURE, MessagesEndpoint
from tests.support.model_calls import (
    KEY,
    WAIT_S,
    collect,
    done_text,
    failure,
    request,
    script,
    streaming,
    text_of,
    user,
)
from tests.support.responses_endpoint import Json, Raw, answer, event_stream
from threadhost.actors.models import (
    FunctionCall,
    Message,
    ModelSettings,
    OutputDone,
    Reasoning,
    ReasoningDelta,
    ResponseDone,
    TextDelta,
)
from threadhost.adapters.models.library_client import LibraryClient
from threadhost.adapters.models.opaque import Opaque
from threadhost.adapters.models.provider import Provider, usable_key
from threadhost.adapters.models.pydantic_ai_source import PydanticAiSource

pytestmark = pytest.mark.slices


class TestMessagesApi(ModelClientContract):
    calls_at_once = 20

    @pytest.fixture
    def thought(self) -> tuple[ReasoningDelta, Reasoning]:
        fields = {"content": "let me see", "id": None, "signature": SIGNATURE}
        opaque = Opaque("thought", {**fields, "provider_details": None}, "anthropic")
        whole = Reasoning(("let me see",), (), opaque.sealed())
        return ReasoningDelta(0, 0, "let me see"), whole

    @pytest.fixture
    async def client(self, messages: MessagesEndpoint) -> AsyncIterator[LibraryClient]:
        client = library_client(messages)
        yield client
        await client.close()


SCHEMA: dict[str, Any] = {"type": "object", "properties": {}, "required": ["odd_name"]}


class RecordedModel:
    """A model of the library that records its requests."""

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
async def test_an_output_schema_is_enforced_natively_if_the_model_can_and_by_prompt_otherwise(
    mode: str, *, knows: bool
) -> None:
    heard = RecordedModel("{}", knows_schemas=knows)
    client = heard.client()
    call = request(user("hello"), settings=ModelSettings("m", output_schema=SCHEMA))
    async with streaming(client, call) as events:
        assert text_of([event async for event in events]) == "{}"
    await client.close()

    parameters = heard.infos[0].model_request_parameters
    assert parameters.output_mode == mode
    assert parameters.output_object.json_schema["required"] == ["odd_name"]


async def test_text_reasoning_and_calls_of_a_library_model_become_items() -> None:
    heard = RecordedModel(
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
    assert TextDelta(2, "") in got, "what is written into a call is progress"
    assert isinstance(got[-1], ResponseDone)


async def test_an_exception_of_the_library_becomes_a_failure_without_its_words() -> None:
    def broken(name: str) -> Any:
        raise KeyError(name)

    client = LibraryClient(
        Provider("test", "", "anthropic"),
        lambda provider, key: PydanticAiSource(provider, key, broken),
    )
    failed = await failure(client)
    await client.close()

    assert failed.message == "the model's answer cannot be read: KeyError"
    assert failed.code == "responseStreamDisconnected"


TEXT: list[Json] = [
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "so"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]


def started(**usage: object) -> Json:
    """The beginning of an answer, with these counts in it."""
    head = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
    return {"type": "message_start", "message": {**head, "usage": usage}}


async def test_counts_that_the_library_cannot_add_fail_no_answer_and_log_nothing(
    messages: MessagesEndpoint, capfd: pytest.CaptureFixture[str]
) -> None:
    stream = event_stream(started(input_tokens=-1, output_tokens=-5), *TEXT)
    messages.misbehaviour.append(Raw(stream))
    client = library_client(messages)
    assert done_text(await collect(client, user("hello"))) == "so"
    await client.close()
    assert capfd.readouterr().err == ""


async def test_an_answer_that_the_library_cannot_read_fails_without_words_about_its_code(
    messages: MessagesEndpoint,
) -> None:
    messages.misbehaviour.append(Raw(event_stream(*TEXT)))
    client = library_client(messages)
    failed = await failure(client)
    await client.close()
    assert failed.message.startswith("the model's answer cannot be read: ")


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
async def test_a_refusal_has_the_words_of_the_provider_and_the_time_to_wait(
    messages: MessagesEndpoint, status: int, kind: str, code: str
) -> None:
    said = {"type": "error", "error": {"type": kind, "message": f"no, {KEY}"}}
    headers = b"retry-after: 7\r\nrequest-id: req_1\r\n"
    messages.misbehaviour.append(Raw(answer(status, json.dumps(said).encode(), headers=headers)))
    client = library_client(messages)
    failed = await failure(client)
    await client.close()

    assert (failed.code, failed.http_status) == (code, status)
    assert failed.message.startswith(f"the model endpoint answered {status}")
    assert failed.message.endswith("no, [redacted]")
    assert failed.retry_after_ms == 7000
    assert "req_1" in (failed.details or "")
    assert failed.is_transient == (status in (429, 500, 529))
    assert len(messages.received) == 1


async def test_a_context_window_error_is_recognized_by_its_words(
    messages: MessagesEndpoint,
) -> None:
    words = "prompt is too long: 210000 tokens > 200000 maximum"
    said = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    messages.misbehaviour.append(Raw(answer(400, json.dumps(said).encode())))
    client = library_client(messages)

    assert (await failure(client)).code == "contextWindowExceeded"
    await client.close()


async def test_an_unreachable_endpoint_is_a_failure_that_is_retried() -> None:
    client = LibraryClient(Provider("test", "http://127.0.0.1:1", "anthropic", key=usable_key(KEY)))
    failed = await failure(client)
    await client.close()

    assert (failed.code, failed.is_transient) == ("httpConnectionFailed", True)


async def test_without_a_key_the_failure_names_the_variable_to_set(
    messages: MessagesEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    client = LibraryClient(Provider("test", messages.base_url, "anthropic"))
    failed = await failure(client)
    await client.close()

    assert failed.code == "unauthorized"
    assert "ANTHROPIC_API_KEY" in failed.message


# -- the thread --


@pytest.mark.parametrize("step", [{"text": "so far", "hang": True}, {"delay_ms": 60_000}])
async def test_cancelling_closes_the_connection_at_once(
    messages: MessagesEndpoint, step: dict[str, object]
) -> None:
    client = library_client(messages)
    task = asyncio.create_task(collect(client, user(script(step))))
    await asyncio.wait_for(messages.requests_are(1), WAIT_S)
    task.cancel()
    await asyncio.wait([task], timeout=1)

    await asyncio.wait_for(messages.open_connections_are(0), WAIT_S)
    assert task.cancelled()
    await client.close()


async def test_closing_the_client_ends_calls_under_way_and_its_thread(
    messages: MessagesEndpoint,
) -> None:
    client = library_client(messages)
    task = asyncio.create_task(failure(client, user(script({"hang": True}))))
    await asyncio.wait_for(messages.requests_are(1), WAIT_S)
    assert "models of test" in {thread.name for thread in threading.enumerate()}
    await client.close()

    failed = await asyncio.wait_for(task, WAIT_S)
    assert failed.message == "the client of the model was closed"
    assert "models of test" not in {thread.name for thread in threading.enumerate()}
    await asyncio.wait_for(messages.open_connections_are(0), WAIT_S)


async def test_a_slow_reader_pauses_the_stream_and_loses_no_event(
    messages: MessagesEndpoint,
) -> None:
    client = library_client(messages)
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
