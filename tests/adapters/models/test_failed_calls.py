"""Every way in which a call of a Responses endpoint fails, and its error."""

import asyncio
import json

import pytest

from tests.support.model_calls import (
    KEY,
    WAIT_S,
    client_of,
    failure,
    script,
    user,
)
from tests.support.responses_endpoint import (
    Json,
    Raw,
    ResponsesEndpoint,
    answer,
    event_stream,
)
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.limits import TransportLimits


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
            "an encoding that was not asked for",
        ),
        (
            answer(307, b"moved", headers=b"location: //[\r\n"),
            "httpConnectionFailed",
            "307 Scripted: moved",
        ),
        (
            answer(301, b"<html>", "text/html", b"location: https://me:x@a.test/v2/x?key=x#x\r\n"),
            "httpConnectionFailed",
            "it redirects to https://a.test/v2/x; if that is right, give its base URL",
        ),
        (answer(308, b"", headers=b"location: /v2/x\r\n"), "httpConnectionFailed", "to /v2/x; if"),
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
        (event_stream(b"data: {nope\n\n"), "responseStreamDisconnected", "no JSON"),
        (event_stream(b"data: [1]\n\n"), "responseStreamDisconnected", "no JSON object"),
        (event_stream(b"data: \xff\n\n"), "responseStreamDisconnected", "no JSON"),
        (
            event_stream({"type": "response.output_item.done", "item": 3}),
            "responseStreamDisconnected",
            "can be used: an item of no known type",
        ),
        (
            event_stream({"type": "response.output_text.delta", "item_id": "a", "delta": None}),
            "responseStreamDisconnected",
            "closed before",
        ),
        (event_stream(b"try again later\n"), "responseStreamDisconnected", "try again later"),
        (
            event_stream(b'{\n  "error": {"message": "no room", "code": "server_error"}\n}'),
            "internalServerError",
            "no room",
        ),
        (
            event_stream(b'data: {"object": "error", "message": "no room", "code": 503}\n\n'),
            "serverOverloaded",
            "no room",
        ),
        (event_stream(b'data: {"detail": "no room"}\n\n'), "other", "no room"),
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
    endpoint: ResponsesEndpoint, client: HttpClient, raw: bytes, code: str, words: str
) -> None:
    endpoint.misbehaviour.append(Raw(raw))
    failed = await failure(client)

    assert failed.code == code
    assert words in failed.message
    assert "<html>" not in failed.message
    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_the_key_is_redacted_even_if_the_provider_repeats_it_in_an_error(
    endpoint: ResponsesEndpoint, client: HttpClient
) -> None:
    # The padding puts the key where the message is cut, so that a part of it might be left.
    cut = json.dumps({"error": {"message": f"{'x' * 935} bad key {KEY} given"}}).encode()
    event: Json = {"type": "error", "message": f"bad key {KEY}"}
    for raw in (answer(401, cut), event_stream(event), answer(400, KEY.encode(), "text/plain")):
        endpoint.misbehaviour.append(Raw(raw))
        failed = await failure(client)

        assert len(failed.message) <= 1_000
        for text in (str(failed), failed.message, repr(failed), repr(client)):
            assert KEY[:8] not in text


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValueError, match="API key") as refused:
        client_of("http://127.0.0.1:1", key)
    assert key not in str(refused.value)


async def test_an_endpoint_that_is_not_there_is_named(unused_tcp_port: int) -> None:
    client = client_of(f"http://127.0.0.1:{unused_tcp_port}/v1", KEY)
    failed = await failure(client)

    assert failed.code == "httpConnectionFailed"
    assert failed.message == (
        f"cannot connect to http://127.0.0.1:{unused_tcp_port}: Connection refused"
    )


async def test_an_endpoint_that_never_answers_times_out(endpoint: ResponsesEndpoint) -> None:
    client = client_of(endpoint.base_url, limits=TransportLimits(idle_timeout_ms=50))
    endpoint.misbehaviour.append(Raw(b"", hang=True))
    failed = await failure(client)

    assert failed.code == "responseStreamConnectionFailed"
    assert "did not begin to answer within 50 ms (idle time-out)" in failed.message


async def test_a_stream_that_goes_silent_times_out(endpoint: ResponsesEndpoint) -> None:
    client = client_of(endpoint.base_url, limits=TransportLimits(idle_timeout_ms=50))
    failed = await failure(client, user(script({"hang": True})))

    assert failed.code == "responseStreamDisconnected"
    assert failed.message == "the model endpoint sent nothing for 50 ms (idle time-out)"


async def test_a_response_without_an_end_is_cut_off(endpoint: ResponsesEndpoint) -> None:
    limits = TransportLimits(response_bytes_max=10_000)
    endpoint.misbehaviour.append(Raw(event_stream(b": keep\n\n" * 2000), hang=True))
    failed = await failure(client_of(endpoint.base_url, limits=limits))

    assert failed.message == "the response is larger than 10000 bytes"
    await asyncio.wait_for(endpoint.open_connections_are(0), WAIT_S)


async def test_an_event_without_an_end_is_cut_off(endpoint: ResponsesEndpoint) -> None:
    limits = TransportLimits(event_bytes_max=10_000)
    endpoint.misbehaviour.append(Raw(event_stream(b"data: " + b"x" * 20_000), hang=True))
    failed = await failure(client_of(endpoint.base_url, limits=limits))

    assert failed.message == "one event of the stream is larger than 10000 bytes"
