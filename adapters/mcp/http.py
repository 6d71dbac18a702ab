"""A server that is reached over streamable HTTP, within bounds; beside the loop."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client

from threadhost.adapters.mcp.failures import NotAuthorized, ServerFailed, words_of
from threadhost.adapters.mcp.http_answers import Answer, Bounded, Compressed, Refusal, error_of
from threadhost.adapters.mcp.http_events import Events
from threadhost.adapters.mcp.http_heads import bounded_heads
from threadhost.adapters.mcp.limits import HTTP_BYTES_MAX
from threadhost.adapters.mcp.lines import NO_ANSWER
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
OK, UNAUTHORIZED, NOT_FOUND, ERRORS = 200, 401, 404, 400
BROKEN = 502
"""The status for an exchange that came to nothing."""
UNKNOWN_CALLER = (
    "it wants to know who asks (HTTP status 401); give a token with `bearer_token_env_var` or"
    " `headers` (signing in by OAuth is not spoken)"
)
REJECTED_CALLER = "it does not take the token that it is given (HTTP status 401)"
LATE = "it did not come in time"
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
        kind = response.headers.get("content-type", "").lower()
        is_plain = response.headers.pop("content-encoding", "").strip().lower() in ("", PLAIN)
        bounded = Bounded if is_plain else Compressed
        stream = bounded(response.stream, self._pace, has_events=kind.startswith(EVENTS))
        number = _asked(request)
        if kind.startswith(EVENTS) and status == OK:
            response.stream = Events(stream, number)
        elif number is None or response.has_redirect_location:
            response.stream = stream
        elif kind.startswith(JSON) and status == OK:
            response.stream = Answer(stream, number)
        else:
            response.stream = Refusal(stream, _refusal(response, kind))
            response.status_code = max(status, ERRORS)
            response.headers["content-type"] = JSON


def _asked(request: httpx2.Request) -> Any:  # noqa: ANN401 - whatever the library numbers by
    """The number of the request of JSON-RPC that this is; None if it is none."""
    message = json.loads(request.content) if request.method == "POST" else {}
    return message.get("id") if "method" in message else None


def _refusal(response: httpx2.Response, kind: str) -> str:
    if response.status_code == OK:
        return f"it answered with {kind or 'no content type'}: neither {JSON} nor {EVENTS}"
    return f"it answered with HTTP status {response.status_code} {response.reason_phrase}".rstrip()


class Client(httpx2.AsyncClient):
    """What breaks the exchange of one message is an answer that says no, and the end of no other.

    A server that cannot be connected to is gone, and so is what was said to it.
    """

    async def send(self, request: httpx2.Request, **how: Any) -> httpx2.Response:  # noqa: ANN401
        """The answer. Raises ConnectError, ConnectTimeout or what the hooks do."""
        try:
            with bounded_heads(request):
                async with asyncio.timeout(_heads_s(request)):
                    return await super().send(request, **how)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise
        except (httpx2.TransportError, TimeoutError) as error:
            if request.method != "POST":
                raise
            said, kind = error_of(_fault(error)), {"content-type": JSON}
            return httpx2.Response(BROKEN, headers=kind, content=said, request=request)


def _heads_s(request: httpx2.Request) -> float | None:
    """Within how many seconds all of them have to be there: none of them alone may take longer."""
    limit_s: float | None = request.extensions["timeout"]["read"]
    return limit_s if request.method == "POST" else None


def _fault(error: Exception) -> str:
    if isinstance(error, httpx2.ProxyError):
        return f"the proxy that the environment names does not lead to it: {error}"
    is_late = isinstance(error, (httpx2.TimeoutException, TimeoutError))
    return NO_ANSWER.format(LATE if is_late else words_of(error))


@asynccontextmanager
async def streams(address: Address, answer_s: float) -> AsyncIterator[tuple[object, object]]:
    """What is read of a server and written to it, as its library takes it.

    An answer may take that many seconds.
    """
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
        ) as both,
    ):
        yield both


def _around_proxies(url: str) -> dict[str, None] | None:
    """A server that is reached without the proxy that the environment names."""
    server = httpx2.URL(url)
    origin = HttpOrigin(server.scheme, server.host, server.port or DEFAULT_PORTS[server.scheme])
    return {str(origin): None} if is_direct(origin, os.environ) else None
