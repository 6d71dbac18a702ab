"""A Responses endpoint as a model: what goes over the wire and what its events mean."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import process_time

import pytest

from tests.adapters.models.contract import ModelClientContract
from tests.support.model_calls import (
    KEY,
    collect,
    request,
    user,
)
from tests.support.responses_endpoint import (
    DONE,
    Json,
    Raw,
    ResponsesEndpoint,
    event_stream,
)
from threadhost.actors.models import ModelRequest, ModelSettings, OutputStarted, ResponseDone
from threadhost.adapters.models.responses import ResponsesClient, request_body


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


async def test_the_request_carries_the_history_as_it_is_kept(
    endpoint: ResponsesEndpoint, client: ResponsesClient
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
    client = ResponsesClient(endpoint.base_url, "")
    await collect(client, user("hello"))
    await client.close()

    assert "authorization" not in endpoint.received[0].headers


def test_settings_and_tools_become_members_of_the_body() -> None:
    settings = ModelSettings("m", "be brief", "high", {"type": "object"})
    body = json.loads(request_body(ModelRequest("t", "u", (), (b'{"type":"function"}',), settings)))

    assert body == {
        "model": "m",
        "stream": True,
        "store": False,
        "instructions": "be brief",
        "reasoning": {"effort": "high"},
        "include": ["reasoning.encrypted_content"],
        "text": {
            "format": {
                "type": "json_schema",
                "name": "output",
                "schema": {"type": "object"},
                "strict": True,
            }
        },
        "input": [],
        "tools": [{"type": "function"}],
    }


async def test_a_query_in_the_base_url_stays_behind_the_path(endpoint: ResponsesEndpoint) -> None:
    client = ResponsesClient(endpoint.base_url + "/?api-version=1")
    await collect(client, user("hello"))
    await client.close()

    assert endpoint.received[0].line == "POST /v1/responses?api-version=1 HTTP/1.1"


def test_two_thousand_history_items_cost_less_than_20_ms() -> None:
    call = request(*[user("some words of a long talk " * 20)] * 2000)
    body_ms = min(_cpu_ms(call) for _ in range(3))

    assert body_ms < 20


def _cpu_ms(call: ModelRequest) -> float:
    start = process_time()
    request_body(call)
    return (process_time() - start) * 1000


async def test_an_item_that_the_server_did_not_announce_is_started_first(
    endpoint: ResponsesEndpoint, client: ResponsesClient
) -> None:
    delta: Json = {"type": "response.output_text.delta", "item_id": "m", "delta": "hi"}
    item: Json = {"type": "reasoning", "summary": []}
    done: Json = {"type": "response.output_item.done", "output_index": 1, "item": item}
    added: Json = {"type": "response.output_item.added", "item": {"id": "m", "type": "message"}}
    endpoint.misbehaviour.append(Raw(event_stream(delta, added, done, DONE)))
    events = await collect(client, user("hello"))

    assert [e for e in events if isinstance(e, OutputStarted)] == [
        OutputStarted("m", "message"),
        OutputStarted("item-1", "reasoning"),
    ]
    assert events[-1] == ResponseDone("r", None)


async def test_events_without_a_name_are_known_by_their_type(
    endpoint: ResponsesEndpoint, client: ResponsesClient
) -> None:
    nameless = f"data: {json.dumps(DONE)}\n\n".encode()
    for stream in (b'data: {"type":"new.kind"}\n\n' + nameless, b"event: message\n" + nameless):
        endpoint.misbehaviour.append(Raw(event_stream(stream)))
        assert await collect(client, user("hello")) == [ResponseDone("r", None)]


async def test_warming_up_connects_to_nothing_and_may_be_repeated(
    endpoint: ResponsesEndpoint, client: ResponsesClient
) -> None:
    await asyncio.gather(client.warm_up(), client.warm_up())

    assert endpoint.connections == 0
