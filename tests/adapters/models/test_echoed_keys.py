"""A key that an endpoint repeats anywhere in its answer is redacted."""

import json
from collections.abc import Iterator

import pytest

from tests.support.model_calls import collect, failure, user
from tests.support.responses_endpoint import Raw, ResponsesEndpoint, answer, event_stream
from threadhost.actors.models import ModelFailed, ResponseDone
from threadhost.adapters.models.failures import CUT_CHARS
from threadhost.adapters.models.http_client import HttpClient
from threadhost.adapters.models.provider import Provider, usable_key
from threadhost.adapters.models.redaction import HIDDEN, Redaction
from threadhost.adapters.models.select import http_client

KEY = "sk-c4n4ry-0123456789abcdef"
LONG = "a" * 190
HEADERS = {
    "the id of the request": f"x-request-id: {KEY}",
    "behind much else": f"x-request-id: {LONG}{KEY}",
    "cut in the middle of the key": f"x-request-id: {'a' * 980}{KEY}",
    "another id": f"cf-ray: Bearer {KEY}",
    "when to try again": f"retry-after: {KEY}",
    "the media type": f"content-type: text/{KEY}",
    "in capitals": f"request-id: {KEY.upper()}",
}


def client_of(endpoint: ResponsesEndpoint) -> HttpClient:
    """A client of the endpoint with the key."""
    return http_client(Provider("p", endpoint.base_url, key=usable_key(KEY)), {})


def bare(text: str | None) -> bool:
    """Whether a text contains no recognizable part of the key."""
    return KEY[:10].lower() not in (text or "").lower()


@pytest.mark.parametrize("header", HEADERS.values(), ids=list(HEADERS))
@pytest.mark.parametrize("status", [200, 401, 503])
async def test_a_key_in_a_header_is_in_no_failure(
    endpoint: ResponsesEndpoint, header: str, status: int
) -> None:
    body = json.dumps({"error": {"message": "no", "code": f"{LONG}{KEY}"}}).encode()
    media = b"" if "content-type" in header else b"content-type: application/json\r\n"
    head = b"HTTP/1.1 %d %b\r\ncontent-length: %d\r\n%b%b\r\n\r\n"
    echoed = head % (status, KEY.encode(), len(body), media, header.encode())
    endpoint.misbehaviour.append(Raw(echoed + body))
    client = client_of(endpoint)
    failed = await failure(client)
    await client.close()
    for text in (failed.message, failed.details, str(failed), repr(failed.args)):
        assert bare(text), text


@pytest.mark.parametrize("kept", [8, 12, len(KEY) - 1])
async def test_a_key_cut_off_at_the_end_of_a_quoted_page_is_in_no_failure(
    endpoint: ResponsesEndpoint, kept: int
) -> None:
    hidden = "<script>{}</script>"
    before = hidden.format("x" * (CUT_CHARS - kept - len(hidden) + 2))
    endpoint.misbehaviour.append(Raw(answer(400, f"{before}{KEY}".encode(), "text/html")))
    client = client_of(endpoint)
    failed = await failure(client)
    await client.close()
    assert failed.message.endswith(HIDDEN)
    assert bare(failed.message), failed.message


async def test_the_name_of_a_response_is_recorded_without_the_key(
    endpoint: ResponsesEndpoint,
) -> None:
    response = {"id": f"resp-{KEY}", "status": "completed", "output": []}
    said = event_stream({"type": "response.completed", "response": response})
    endpoint.misbehaviour.append(Raw(said))
    client = client_of(endpoint)
    events = await collect(client, user("hello"))
    await client.close()
    assert isinstance(events[-1], ResponseDone)
    assert events[-1].response_id == f"resp-{HIDDEN}"


async def test_words_that_only_begin_like_a_key_are_not_redacted(
    endpoint: ResponsesEndpoint,
) -> None:
    endpoint.misbehaviour.append(Raw(answer(400, b'{"error": "keys begin with sk-"}')))
    client = client_of(endpoint)
    failed = await failure(client)
    await client.close()
    assert failed.message.endswith("keys begin with sk-")


class Changing:
    """A key that changes at every read."""

    def __init__(self, *keys: str) -> None:
        self._keys = iter(keys)

    async def current(self) -> None: ...

    def refuse(self, key: object) -> bool:
        return True

    def secrets(self) -> Iterator[str]:
        return iter([next(self._keys)])

    async def close(self) -> None: ...


def test_a_key_that_was_fetched_during_the_call_is_redacted_too() -> None:
    redaction = Redaction(Provider("p", ""), Changing("sk-first", "sk-second"))
    for key in ("sk-first", "sk-second"):
        failed = ModelFailed(f"not {key}", "other")
        redaction.apply(failed)
        assert failed.message == f"not {HIDDEN}"
