"""A Responses endpoint as a model: its requests and its events."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import process_time

import pytest

from tests.adapters.models.contract import ModelClientContract
from tests.support.each import each
from tests.support.model_calls import KEY, client_of, collect, request, user
from tests.support.responses_endpoint import (
    DONE,
    Json,
    Raw,
    ResponsesEndpoint,
    event_stream,
)
from threadhost.actors.models import (
    ModelRequest,
    ModelSettings,
    OutputStarted,
    ResponseDone,
)
from threadhost.adapters.models import responses
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.provider import Provider

PROVIDER = Provider("test", "http://127.0.0.1:9/v1")


class TestOverConnectionsThatClose(ModelClientContract):
    pass


class TestOverConnectionsThatAreKept(ModelClientContract):
    @pytest.fixture
    async def endpoint(self) -> AsyncIterator[ResponsesEndpoint]:
        async with ResponsesEndpoint(keep_alive=True) as running:
            yield running


class TestWithStreamsCutAtEveryByte(ModelClientContract):
    calls_at_once = 5

    @pytest.fixture
    async def endpoint(self) -> AsyncIterator[ResponsesEndpoint]:
        async with ResponsesEndpoint(chunk_bytes=1) as running:
            yield running


async def test_the_request_contains_the_history_byte_by_byte_as_it_is_stored(
    endpoint: ResponsesEndpoint, client: HttpClient
) -> None:
    history = (user("first"), b'{"type":"x",  "odd":1.0}', user("last"))
    await collect(client, *history)

    received = endpoint.received[0]
    assert received.line == "POST /v1/responses HTTP/1.1"
    assert b'"input":[' + b",".join(history) + b"]" in received.raw_body
    assert received.body["model"] == "test-model"
    assert (received.body["stream"], received.body["store"]) == (True, False)
    assert received.headers["authorization"] == f"Bearer {KEY}"


async def test_without_a_key_no_authorization_is_sent(endpoint: ResponsesEndpoint) -> None:
    client = client_of(endpoint.base_url, "")
    await collect(client, user("hello"))
    await client.close()

    assert "authorization" not in endpoint.received[0].headers


BARE = {
    "model": "m",
    "stream": True,
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "t",
    "input": [],
}
SAID: list[tuple[ModelSettings, dict[str, object]]] = [
    (ModelSettings("m"), {}),
    (ModelSettings("m", instructions="be brief"), {"instructions": "be brief"}),
    (
        ModelSettings("m", developer="say yes"),
        {
            "input": [
                {
                    "type": "message",
                    "role": "developer",
                    "content": [{"type": "input_text", "text": "say yes"}],
                }
            ]
        },
    ),
    (ModelSettings("m", effort="high"), {"reasoning": {"effort": "high"}}),
    (
        ModelSettings("m", effort="low", summary="auto"),
        {"reasoning": {"effort": "low", "summary": "auto"}},
    ),
    (ModelSettings("m", verbosity="low"), {"text": {"verbosity": "low"}}),
    (ModelSettings("m", service_tier="priority"), {"service_tier": "priority"}),
    (
        ModelSettings("m", output_schema={"type": "object"}),
        {
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "output",
                    "schema": {"type": "object"},
                    "strict": True,
                }
            }
        },
    ),
]


def body_of(call: ModelRequest, provider: Provider = PROVIDER) -> dict[str, object]:
    """The body of a request."""
    body: dict[str, object] = json.loads(responses.body(call, provider))
    return body


@each(("settings", "members"), SAID)
def test_each_setting_is_a_member_of_the_body(
    settings: ModelSettings, members: dict[str, object]
) -> None:
    assert body_of(ModelRequest("t", "u", (), (), settings)) == {**BARE, **members}


def test_tools_are_sent_byte_by_byte_as_they_are_stored() -> None:
    call = ModelRequest("t", "u", (), (b'{"type":"function"}', b'{"n":1.0}'), ModelSettings("m"))
    assert b'"tools":[{"type":"function"},{"n":1.0}]' in responses.body(call, PROVIDER)


def test_fields_of_a_provider_replace_those_of_the_host_and_null_removes_one() -> None:
    own = PROVIDER._replace(body={"store": True, "include": None, "extra": {"a": 1}})
    body = body_of(ModelRequest("t", "u", (), (), ModelSettings("m")), own)
    assert (body["store"], body["extra"], "include" in body) == (True, {"a": 1}, False)


def test_a_provider_may_do_without_a_cache_key_or_have_one_of_its_own() -> None:
    call = ModelRequest("t", "u", (), (), ModelSettings("m"))
    assert "prompt_cache_key" not in body_of(call, PROVIDER._replace(prompt_cache_key=False))
    own = PROVIDER._replace(body={"prompt_cache_key": "k"})
    assert body_of(call, own)["prompt_cache_key"] == "k"


async def test_a_query_in_the_base_url_stays_behind_the_path(endpoint: ResponsesEndpoint) -> None:
    client = client_of(endpoint.base_url + "/?api-version=1")
    await collect(client, user("hello"))
    await client.close()

    assert endpoint.received[0].line == "POST /v1/responses?api-version=1 HTTP/1.1"


def test_two_thousand_history_items_cost_less_than_20_ms() -> None:
    call = request(*[user("some words of a long talk " * 20)] * 2000)
    body_ms = min(_cpu_ms(call) for _ in range(3))

    assert body_ms < 20


def _cpu_ms(call: ModelRequest) -> float:
    start = process_time()
    responses.body(call, PROVIDER)
    return (process_time() - start) * 1000


async def test_an_item_that_the_server_did_not_announce_is_started_first(
    endpoint: ResponsesEndpoint, client: HttpClient
) -> None:
    delta: Json = {"type": "response.output_text.delta", "item_id": "m", "delta": "hi"}
    item: Json = {"type": "reasoning", "summary": []}
    done: Json = {"type": "response.output_item.done", "output_index": 1, "item": item}
    added: Json = {"type": "response.output_item.added", "item": {"id": "m", "type": "message"}}
    endpoint.misbehaviour.append(Raw(event_stream(delta, added, done, DONE)))
    events = await collect(client, user("hello"))

    assert [e for e in events if isinstance(e, OutputStarted)] == [
        OutputStarted(0, "message"),
        OutputStarted(1, "reasoning"),
    ]
    assert events[-1] == ResponseDone("r", None)


async def test_events_without_a_name_are_recognized_by_their_type(
    endpoint: ResponsesEndpoint, client: HttpClient
) -> None:
    nameless = f"data: {json.dumps(DONE)}\n\n".encode()
    for stream in (b'data: {"type":"new.kind"}\n\n' + nameless, b"event: message\n" + nameless):
        endpoint.misbehaviour.append(Raw(event_stream(stream)))
        assert await collect(client, user("hello")) == [ResponseDone("r", None)]


async def test_warming_up_connects_to_nothing_and_may_be_repeated(
    endpoint: ResponsesEndpoint, client: HttpClient
) -> None:
    await asyncio.gather(client.warm_up(), client.warm_up())

    assert endpoint.connections == 0
