"""A server that is reached over streamable HTTP, within bounds; beside the loop."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client

from threadhost.adapters.mcp.failures import NotAuthorized, ServerFailed, words_of
from threadhost.adapters.mcp.http_answers import Answer, Bounded, Compressed, Refusal, error_of
from threadhost.adapters.mcp.limits import HTTP_BYTES_MAX
from threadhost.adapters.mcp.pace import LISTENING_COUNTS, ServerPace
from threadhost.adapters.mcp.server_config import Address
from threadhost.adapters.models.http_origin import DEFAULT_PORTS, HttpOrigin, is_direct

CONNECT_S = 30.0
READ_S = 300.0
"""Of an answer, beyond what a call may take: users are asked meanwhile."""
LISTENERS_WAITING_MAX = 32
"""Requests to be told more that wait for their turn."""
PLAIN = "identity"
EVENTS, JSON = "text/event-stream", "application/json"
SESSION = "mcp-session-id"
UNAUTHORIZED, NOT_FOUND, ERRORS = 401, 404, 400
BROKEN = 502
"""The status for an exchange that came to nothing."""
UNKNOWN_CALLER = (
    "it wants to know who asks (HTTP status 401); give a token with `bearer_token_env_var` or"
    " `headers` (signing in by OAuth is not spoken)"
)
REJECTED_CALLER = "it does not take the token that it is given (HTTP status 401)"
SESSION_OVER = "it does not know the session any more"


class Exchanges:
    """All requests over one connection: they share one pace, and answers are looked at first."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._pace = ServerPace()
        self._listening = ServerPace()
        self._listeners = 0

    async def asked(self, request: httpx2.Request) -> None:
        """A server may end what it tells at once, over and over: nobody listens that often.

        To what it tells, perhaps once in a long while, one listens for ever.
        """
        if request.method != "GET":
            return
        request.extensions["timeout"] = httpx2.Timeout(CONNECT_S, read=None).as_dict()
        if self._listeners >= LISTENERS_WAITING_MAX:
            raise httpx2.RequestError("too many requests to listen wait already")
        self._listeners += 1
        try:
            await self._listening.take(0, LISTENING_COUNTS)
        finally:
            self._listeners -= 1

    async def answered(self, response: httpx2.Response) -> None:
        """Bound an answer. Raises ServerFailed where the whole connection is of no more use."""
        status, request = response.status_code, response.request
        if status == UNAUTHORIZED:
            raise NotAuthorized(REJECTED_CALLER if self._address.has_token else UNKNOWN_CALLER)
        if status == NOT_FOUND and SESSION in request.headers and request.method == "POST":
            raise ServerFailed(SESSION_OVER)
        if not isinstance(response.stream, httpx2.AsyncByteStream):
            return
        kind, post = response.headers.get("content-type", "").lower(), request.method == "POST"
        is_plain = response.headers.pop("content-encoding", "").strip().lower() in ("", PLAIN)
        bounded = Bounded if is_plain else Compressed
        stream = bounded(response.stream, self._pace, has_events=kind.startswith(EVENTS))
        response.stream = stream
        if post and status >= ERRORS:
            response.stream = Refusal(stream, status, response.reason_phrase)
            response.headers["content-type"] = JSON
        elif post and kind.startswith(JSON):
            response.stream = Answer(stream, request)


class Client(httpx2.AsyncClient):
    """What breaks the exchange of one message is an answer that says no, and the end of no other.

    A server that cannot be connected to is gone, and so is what was said to it.
    """

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:  # noqa: ANN401
        """The answer. Raises ConnectError, ConnectTimeout or what the hooks do."""
        try:
            return await super().send(request, **how)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise
        except httpx2.TransportError as error:
            if request.method != "POST":
                raise
            said, kind = error_of(words_of(error)), {"content-type": JSON}
            return httpx2.Response(BROKEN, headers=kind, content=said, request=request)


@asynccontextmanager
async def _streams(address: Address, answer_s: float) -> AsyncIterator[tuple[object, object]]:
    exchanges = Exchanges(address)
    client = Client(
        headers={**address.headers, "Accept-Encoding": PLAIN},
        timeout=httpx2.Timeout(CONNECT_S, read=READ_S + answer_s),
        mounts=_around_proxies(address.url),
        event_hooks={"request": [exchanges.asked], "response": [exchanges.answered]},
    )
    async with (
        client,
        streamable_http_client(
            address.url, http_client=client, max_sse_event_size=HTTP_BYTES_MAX
        ) as streams,
    ):
        yield streams


def _around_proxies(url: str) -> dict[str, None] | None:
    """A server that is reached without the proxy that the environment names."""
    server = httpx2.URL(url)
    origin = HttpOrigin(server.scheme, server.host, server.port or DEFAULT_PORTS[server.scheme])
    return {str(origin): None} if is_direct(origin, os.environ) else None


def streams(
    address: Address, answer_s: float
) -> AbstractAsyncContextManager[tuple[object, object]]:
    """What is read of a server and written to it, as its library takes it.

    An answer may take that many seconds.
    """
    return _streams(address, answer_s)
