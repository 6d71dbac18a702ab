"""A Responses endpoint as a model: what goes over the wire, and every way it can go wrong."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import process_time

import pytest

from tests.adapters.models.contract import ModelClientContract
from tests.support.model_calls import WAIT_S, collect, request, script, streaming, text_of, user
from tests.support.responses_endpoint import Json, Raw, ResponsesEndpoint, answer, event_stream
from threadhost.actors.ports import (
    ModelFailed,
    ModelRequest,
    ModelSettings,
    OutputStarted,
    ResponseDone,
    TextDelta,
)
from threadhost.adapters.models.limits import WireLimits
from threadhost.adapters.models.responses import ResponsesClient, request_body

KEY = "sk-very-secret-0123456789"
DONE: Json = {"type": "response.completed", "response": {"id": "r", "usage": None}}


@pytest.fixture
async def endpoint() -> AsyncIterator[ResponsesEndpoint]:
    async with ResponsesEndpoint() as running:
        yield running


@pytest.fixture
async def client(endpoint: ResponsesEndpoint) -> AsyncIterator[ResponsesClient]:
    client = ResponsesClient(endpoint.base_url, KEY)
    yield client
    await client.close()


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


async def failure(client: ResponsesClient, prompt: bytes = b"") -> ModelFailed:
    with pytest.raises(ModelFailed) as failed:
        await collect(client, prompt or user("hello"))
    return failed.value


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


async def test_two_thousand_history_items_cost_less_than_20_ms(
    endpoint: ResponsesEndpoint, client: ResponsesClient
) -> None:
    call = request(*[user("some words of a long talk " * 20)] * 2000)
    body_ms = min(_cpu_ms(call) for _ in range(3))

    assert body_ms < 20


def _cpu_ms(call: ModelRequest) -> float:
    start = process_time()
    request_body(call)
    return (process_time() - start) * 1000


async def test_a_kept_connection_is_used_again() -> None:
    async with ResponsesEndpoint(keep_alive=True) as endpoint:
        client = ResponsesClient(endpoint.base_url)
        for _ in range(5):
            await collect(client, user("hello"))
        assert (endpoint.connections, endpoint.open_connections) == (1, 1)

        await client.close()
        await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_a_kept_connection_that_the_server_closed_meanwhile_costs_no_call() -> None:
    async with ResponsesEndpoint(keep_alive=True) as endpoint:
        client = ResponsesClient(endpoint.base_url)
        await collect(client, user("hello"))
        endpoint.hang_up()
        assert text_of(await collect(client, user("hello"))) == "ok"

        # Closed as late as can be: after the request is out and before any answer.
        endpoint.misbehaviour.append(Raw(b""))
        assert text_of(await collect(client, user("hello"))) == "ok"
        await client.close()


@pytest.mark.parametrize("step", [{"text": "so far", "hang": True}, {"delay_ms": 60_000}])
async def test_cancelling_closes_the_connection_at_once(
    endpoint: ResponsesEndpoint, client: ResponsesClient, step: Json
) -> None:
    task = asyncio.create_task(collect(client, user(script(step))))
    await asyncio.wait_for(endpoint.requests_are(1), WAIT_S)
    task.cancel()
    await asyncio.wait([task])

    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)
    assert task.cancelled()


async def test_leaving_a_stream_early_closes_the_connection(
    endpoint: ResponsesEndpoint, client: ResponsesClient
) -> None:
    prompt = user(script({"text": "abcdef", "deltas": 6, "hang": True}))
    async with streaming(client, request(prompt)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                break

    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_closing_the_client_ends_calls_under_way(
    endpoint: ResponsesEndpoint, client: ResponsesClient
) -> None:
    task = asyncio.create_task(failure(client, user(script({"hang": True}))))
    await asyncio.wait_for(endpoint.requests_are(1), WAIT_S)
    await client.close()

    assert (await asyncio.wait_for(task, WAIT_S)).code.startswith("responseStream")
    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        (b"", "responseStreamConnectionFailed", "closed the connection without an answer"),
        (b"SSH-2.0-x\r\n\r\n", "responseStreamConnectionFailed", "did not answer in HTTP/1.1"),
        (b"HTTP/1.1 200", "responseStreamConnectionFailed", "did not answer in HTTP/1.1"),
        (
            answer(200, b"<html>", "text/html"),
            "responseStreamConnectionFailed",
            "text/html instead of an event stream",
        ),
        (
            answer(200, b"", "text/event-stream", b"content-encoding: br\r\n"),
            "responseStreamConnectionFailed",
            "encoding br instead",
        ),
        (answer(307, b"", headers=b"location: /\r\n"), "httpConnectionFailed", "307"),
        (answer(429, b"{}"), "rateLimitExceeded", "answered 429 Scripted"),
        (answer(500, b'{"error":{"message":"boom"}}'), "internalServerError", "boom"),
        (answer(500, b'{"error":"boom"}'), "internalServerError", "boom"),
        (answer(400, b'{"detail":"no stream"}'), "badRequest", "no stream"),
        (answer(502, b"<html>secret page", "text/html"), "httpConnectionFailed", "502"),
        (answer(400, b"in words", "text/plain"), "badRequest", "in words"),
        (answer(503, b'{"error":'), "serverOverloaded", "503"),
        (event_stream(), "responseStreamDisconnected", "closed before response.completed"),
        (event_stream(b"data: [DONE]\n\n"), "responseStreamDisconnected", "closed before"),
        (event_stream(b"\x00\xff\n\n:\n\n"), "responseStreamDisconnected", "closed before"),
        (event_stream(b"data: {nope\n\n"), "responseStreamDisconnected", "not JSON"),
        (event_stream(b"data: [1]\n\n"), "responseStreamDisconnected", "no object"),
        (event_stream(b"data: \xff\n\n"), "responseStreamDisconnected", "not JSON"),
        (
            event_stream({"type": "response.output_item.done", "item": 3}),
            "responseStreamDisconnected",
            "`item` is no object",
        ),
        (
            event_stream({"type": "response.output_text.delta", "item_id": "a", "delta": None}),
            "responseStreamDisconnected",
            "`delta` is no text",
        ),
        (
            event_stream(
                {
                    "type": "response.incomplete",
                    "response": {"incomplete_details": {"reason": "max_output_tokens"}},
                }
            ),
            "other",
            "stopped early: max_output_tokens",
        ),
        (
            event_stream({"type": "error", "code": "rate_limit_exceeded", "message": "slow\ndown"}),
            "rateLimitExceeded",
            "slow down",
        ),
        (
            event_stream({"type": "error", "error": {"type": "server_error"}}),
            "internalServerError",
            "server_error",
        ),
        (event_stream({"type": "response.failed", "response": {}}), "other", "reported an error"),
    ],
)
async def test_every_kind_of_bad_answer_fails_with_a_code_and_clear_words(
    endpoint: ResponsesEndpoint, client: ResponsesClient, raw: bytes, code: str, words: str
) -> None:
    endpoint.misbehaviour.append(Raw(raw))
    failed = await failure(client)

    assert failed.code == code
    assert words in failed.message
    assert "<html>" not in failed.message
    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_the_key_is_in_no_text_even_if_the_provider_repeats_it(
    endpoint: ResponsesEndpoint, client: ResponsesClient
) -> None:
    body = json.dumps({"error": {"message": f"{'x' * 490} bad key {KEY} given"}}).encode()
    event: Json = {"type": "error", "message": f"bad key {KEY}"}
    for raw in (answer(401, body), event_stream(event), answer(400, KEY.encode(), "text/plain")):
        endpoint.misbehaviour.append(Raw(raw))
        failed = await failure(client)

        assert len(failed.message) <= 500
        for text in (str(failed), failed.message, repr(failed), repr(client)):
            assert KEY[:8] not in text


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ValueError, match="API key") as refused:
        ResponsesClient("http://127.0.0.1:1", key)
    assert key not in str(refused.value)


async def test_an_endpoint_that_is_not_there_is_named(unused_tcp_port: int) -> None:
    client = ResponsesClient(f"http://127.0.0.1:{unused_tcp_port}/v1", KEY)
    failed = await failure(client)

    assert failed.code == "httpConnectionFailed"
    assert failed.message == (
        f"cannot connect to http://127.0.0.1:{unused_tcp_port}: Connection refused"
    )


async def test_an_endpoint_that_never_answers_times_out(endpoint: ResponsesEndpoint) -> None:
    client = ResponsesClient(endpoint.base_url, limits=WireLimits(idle_timeout_ms=50))
    endpoint.misbehaviour.append(Raw(b"", hang=True))
    failed = await failure(client)

    assert failed.code == "responseStreamConnectionFailed"
    assert "did not begin to answer within 50 ms (idle time-out)" in failed.message


async def test_a_stream_that_goes_silent_times_out(endpoint: ResponsesEndpoint) -> None:
    client = ResponsesClient(endpoint.base_url, limits=WireLimits(idle_timeout_ms=50))
    failed = await failure(client, user(script({"hang": True})))

    assert failed.code == "responseStreamDisconnected"
    assert failed.message == "the model endpoint sent nothing for 50 ms (idle time-out)"


async def test_a_response_without_end_is_cut_off(endpoint: ResponsesEndpoint) -> None:
    limits = WireLimits(response_bytes_max=10_000)
    endpoint.misbehaviour.append(Raw(event_stream(b": keep\n\n" * 2000), hang=True))
    failed = await failure(ResponsesClient(endpoint.base_url, limits=limits))

    assert failed.message == "the response is larger than 10000 bytes"
    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_an_event_without_end_is_cut_off(endpoint: ResponsesEndpoint) -> None:
    limits = WireLimits(event_bytes_max=10_000)
    endpoint.misbehaviour.append(Raw(event_stream(b"data: " + b"x" * 20_000), hang=True))
    failed = await failure(ResponsesClient(endpoint.base_url, limits=limits))

    assert failed.message == "one event of the stream is larger than 10000 bytes"


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
    endpoint.misbehaviour.append(Raw(event_stream(b'data: {"type":"new.kind"}\n\n', nameless)))

    assert await collect(client, user("hello")) == [ResponseDone("r", None)]


async def test_warming_up_connects_to_nothing_and_may_be_repeated(
    endpoint: ResponsesEndpoint, client: ResponsesClient
) -> None:
    await asyncio.gather(client.warm_up(), client.warm_up())

    assert endpoint.connections == 0
