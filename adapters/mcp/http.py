"""A server over streamable HTTP, within limits; runs beside the loop."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from mcp.client.streamable_http import streamable_http_client

from threadhost.adapters.mcp.failures import NotAuthorized, ServerFailed, words_of
from threadhost.adapters.mcp.http_answers import (
    BoundedBody,
    CompressedBody,
    ErrorBody,
    ResponseBody,
    error_of,
)
from threadhost.adapters.mcp.http_cancellation import CancellableBody, OpenRequests
from threadhost.adapters.mcp.http_events import EventStreamBody
from threadhost.adapters.mcp.http_heads import bounded_heads
from threadhost.adapters.mcp.limits import CALLS_MAX, HTTP_BYTES_MAX
from threadhost.adapters.mcp.lines import NO_ANSWER
from threadhost.adapters.mcp.rate_limiter import LISTENING_COUNTS, RateLimiter
from threadhost.adapters.mcp.server_config import Address
from threadhost.adapters.models.http_origin import DEFAULT_PORTS, HttpOrigin, Proxy, proxy_for

CONNECT_S = 30.0
READ_S = 300.0
"""The time for reading an answer, beyond the limit of a call: users may be asked meanwhile."""
LISTENERS_WAITING_MAX = CALLS_MAX + 1
"""How many listening requests may wait: for the rest of each answer, and for notifications."""
PLAIN = "identity"
EVENTS, JSON = "text/event-stream", "application/json"
SESSION = "mcp-session-id"
EXCHANGE = "exchange"
OK, ACCEPTED, ERRORS, UNAUTHORIZED, NOT_FOUND = 200, 202, 400, 401, 404
BROKEN = 502
"""The status for an exchange that failed."""
UNKNOWN_CALLER = (
    "the server requires authentication (HTTP status 401); give a token with"
    " `bearer_token_env_var` or `headers` (OAuth is not supported)"
)
REJECTED_CALLER = "the server rejected the configured token (HTTP status 401)"
LATE = "the answer did not come in time"
SESSION_OVER = "the server does not know the session any more"


class Exchanges:
    """All requests over one connection: they share a rate limit, and answers are checked."""

    def __init__(self, address: Address, proxy: Proxy | None = None) -> None:
        self._address = address
        self._way = _way(proxy)
        self._pace = RateLimiter()
        self._listening = RateLimiter()
        self._listeners = 0

    async def on_request(self, request: httpx2.Request) -> None:
        """Limit the rate of listening requests: a server may end each at once, over and over.

        A listening request itself has no time limit, as a server may send nothing for long.
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

    async def on_response(self, response: httpx2.Response) -> None:
        """Limit the body of an answer. Raises ServerFailed if the whole connection is unusable."""
        status, request = response.status_code, response.request
        if status == UNAUTHORIZED:
            raise NotAuthorized(REJECTED_CALLER if self._address.has_token else UNKNOWN_CALLER)
        if status == NOT_FOUND and SESSION in request.headers and request.method == "POST":
            raise ServerFailed(SESSION_OVER)
        if not isinstance(response.stream, httpx2.AsyncByteStream):
            return
        kind = response.headers.get("content-type", "").lower()
        is_plain = response.headers.pop("content-encoding", "").strip().lower() in ("", PLAIN)
        bounded = BoundedBody if is_plain else CompressedBody
        exchange = request.extensions[EXCHANGE]
        body = CancellableBody(response.stream, exchange)
        stream = bounded(body, self._pace, has_events=kind.startswith(EVENTS))
        number = exchange.number if request.method == "POST" else None
        is_answer = status < ERRORS and status != ACCEPTED
        if kind.startswith(EVENTS) and is_answer:
            response.stream = EventStreamBody(stream, number)
        elif number is None or response.has_redirect_location:
            response.stream = stream
        elif kind.startswith(JSON) and is_answer:
            response.stream = ResponseBody(stream, number)
        else:
            response.stream = ErrorBody(stream, _refusal(response, kind) + self._way)
            response.status_code = max(status, ERRORS)
            response.headers["content-type"] = JSON


def _refusal(response: httpx2.Response, kind: str) -> str:
    if response.status_code == OK:
        return f"it answered with {kind or 'no content type'}: neither {JSON} nor {EVENTS}"
    return f"it answered with HTTP status {response.status_code} {response.reason_phrase}".rstrip()


class Client(httpx2.AsyncClient):
    """Turns the failure of one exchange into an error answer, so that other exchanges continue.

    If the server cannot be connected to, the connection and all of its exchanges end.
    """

    def __init__(self, proxy: Proxy | None, **options: Any) -> None:  # noqa: ANN401
        hop = _hop(proxy) if proxy else None
        super().__init__(transport=httpx2.AsyncHTTPTransport(proxy=hop), **options)
        self._way = _way(proxy)
        self._open = OpenRequests()

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:  # noqa: ANN401
        """The answer. Raises ServerFailed; for a GET, also any failure of the exchange."""
        exchange = request.extensions[EXCHANGE] = self._open.exchange_of(request)
        try:
            with bounded_heads(request):
                async with exchange.waited_for(_heads_s(request)):
                    return await super().send(request, **options)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            raise ServerFailed(words_of(error) + self._way) from None
        except (httpx2.TransportError, TimeoutError) as error:
            if request.method != "POST":
                raise
            is_late = isinstance(error, (httpx2.TimeoutException, TimeoutError))
            body = error_of(NO_ANSWER.format(LATE if is_late else words_of(error) + self._way))
            kind = {"content-type": JSON}
            return httpx2.Response(BROKEN, headers=kind, content=body, request=request)


def _heads_s(request: httpx2.Request) -> float | None:
    """The time limit in seconds for all heads together; each alone has the same limit."""
    limit_s: float | None = request.extensions["timeout"]["read"]
    return limit_s if request.method == "POST" else None


def _way(proxy: Proxy | None) -> str:
    return f" (through the proxy {proxy})" if proxy else ""


def _hop(proxy: Proxy) -> httpx2.Proxy:
    scheme, host, port, login = proxy
    auth = (login[0], login[1].get_secret_value()) if login else None
    return httpx2.Proxy(httpx2.URL(scheme=scheme, host=host, port=port), auth=auth)


@asynccontextmanager
async def streams(address: Address, answer_s: float) -> AsyncIterator[tuple[object, object]]:
    """The streams from and to a server, in the form of its library.

    `answer_s` is the time that an answer may take.
    """
    proxy = _proxy_for(address.url)
    exchanges = Exchanges(address, proxy)
    client = Client(
        proxy,
        headers={**address.headers, "Accept-Encoding": PLAIN},
        timeout=httpx2.Timeout(CONNECT_S, read=READ_S + answer_s),
        event_hooks={"request": [exchanges.on_request], "response": [exchanges.on_response]},
    )
    async with (
        client,
        streamable_http_client(
            address.url, http_client=client, max_sse_event_size=HTTP_BYTES_MAX
        ) as pair,
    ):
        yield pair


def _proxy_for(url: str) -> Proxy | None:
    """The environment's proxy, as for models. Raises ValueError."""
    server = httpx2.URL(url)
    port = server.port or DEFAULT_PORTS[server.scheme]
    return proxy_for(HttpOrigin(server.scheme, server.host, port), os.environ)
