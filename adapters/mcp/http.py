"""A server that is reached over streamable HTTP, within bounds; beside the loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp.client.streamable_http import streamable_http_client

from threadhost.adapters.mcp.failures import NotAuthorized, ServerFailed
from threadhost.adapters.mcp.http_answers import Bounded, Compressed, Refusal
from threadhost.adapters.mcp.limits import HTTP_BYTES_MAX
from threadhost.adapters.mcp.pace import LISTENING_COUNTS, ServerPace
from threadhost.adapters.mcp.server_config import Address

CONNECT_S = 30.0
READ_S = 300.0
LISTENERS_WAITING_MAX = 32
"""Requests to be told more that wait for their turn."""
PLAIN = "identity"
EVENTS = "text/event-stream"
SESSION = "mcp-session-id"
UNAUTHORIZED, NOT_FOUND, ERRORS = 401, 404, 400
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
        """A server may end what it tells at once, over and over: nobody listens that often."""
        if request.method != "GET":
            return
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
        has_events = response.headers.get("content-type", "").lower().startswith(EVENTS)
        is_plain = response.headers.get("content-encoding", PLAIN) == PLAIN
        kind = Bounded if is_plain else Compressed
        response.stream = kind(response.stream, self._pace, has_events=has_events)
        if status >= ERRORS and request.method == "POST" and is_plain:
            response.stream = Refusal(response.stream, status, response.reason_phrase)
            response.headers["content-type"] = "application/json"


@asynccontextmanager
async def streams(address: Address) -> AsyncIterator[tuple[object, object]]:
    """What is read of a server and written to it, as its library takes it."""
    exchanges = Exchanges(address)
    client = httpx2.AsyncClient(
        headers={**address.headers, "Accept-Encoding": PLAIN},
        timeout=httpx2.Timeout(CONNECT_S, read=READ_S),
        event_hooks={"request": [exchanges.asked], "response": [exchanges.answered]},
    )
    async with (
        client,
        streamable_http_client(
            address.url, http_client=client, max_sse_event_size=HTTP_BYTES_MAX
        ) as both,
    ):
        yield both
