"""POST by httpx, for what our transport lacks: HTTP/2, SOCKS, logins, redirects, compression."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import httpx

from threadhost.actors.models import ModelFailed
from threadhost.adapters.models.counted_network import Budget, CountedNetwork, ResponseTooLarge
from threadhost.adapters.models.dial import reason_of, trusting_context
from threadhost.adapters.models.failures import STREAM_CLOSED, broken, too_much
from threadhost.adapters.models.http_origin import DEFAULT_PORTS, HttpOrigin, Proxy
from threadhost.adapters.models.inflate import ENCODINGS, Corrupt, Inflater
from threadhost.adapters.models.limits import TransportLimits
from threadhost.adapters.models.time_slices import TimeSlices
from threadhost.adapters.models.transport import Headers
from threadhost.events.words import truncate

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAIN_TIMEOUT_S = 0.05
DRAIN_PIECES_MAX = 16
REDIRECTS_MAX = 5
REDIRECTS = frozenset({307, 308})
"""The redirects that keep a POST a POST."""
SENDING = ".send_request_headers.started"
"""The end of the name of the library's event for a request that is being sent."""
BROKEN = (httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError)
NO_URL = (httpx.InvalidURL, UnicodeError)
"""The errors of the library for a redirect to an invalid URL, followed or not."""
FAILURES = (httpx.HTTPError, ResponseTooLarge, TimeoutError, OSError, *NO_URL)
STATUS = re.compile(r"[1-5][0-9][0-9]")


class HttpxTransport:
    """A pool of connections to one origin; HTTP/2 if both sides support it."""

    def __init__(
        self,
        origin: HttpOrigin,
        limits: TransportLimits,
        proxy: Proxy | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.limits = limits
        self._origin = origin
        self._proxy = proxy
        self._tls = tls
        self._http: httpx.AsyncClient | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def prepare(self) -> None:
        """Read the trusted certificates off the loop, and make the pool."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(trusting_context)
        if self._http is None:
            self._http = self._client(self._tls)

    async def post(self, target: str, headers: Headers, body: bytes) -> "HttpxAnswer":
        """Send a request and wait for the head of its answer; raises ModelFailed."""
        await self.prepare()
        other_headers = [
            (name, value) for name, value in headers if name.lower() != "accept-encoding"
        ]
        sent = [*other_headers, ("Accept-Encoding", ENCODINGS)]
        url = httpx.URL(f"{self._origin}{target}")
        for _ in range(REDIRECTS_MAX):
            answer = await self._exchange(url, sent, body)
            onward = self._onward(answer)
            if onward is None:
                return answer
            await answer.finish()
            url = onward
        message = f"{self._origin} redirects a request more than {REDIRECTS_MAX} times"
        raise ModelFailed(message, "httpConnectionFailed")

    async def close(self) -> None:
        """Close all connections at once; idempotent."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()
        if self._closing:
            await asyncio.wait(self._closing)

    def in_background(self, closing: asyncio.Task[None]) -> None:
        """Run a task that `close` waits for."""
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    # -- inside --

    def _client(self, tls: ssl.SSLContext) -> httpx.AsyncClient:
        pool = httpx.Limits(
            max_connections=None,
            max_keepalive_connections=self.limits.idle_connections_max,
            keepalive_expiry=self.limits.keep_alive_ms / 1000,
        )
        is_tls = self._origin.scheme == "https"
        transport = httpx.AsyncHTTPTransport(
            verify=tls, http2=is_tls, limits=pool, proxy=self._hop(tls), trust_env=False
        )
        # The only way to see the bytes on the wire, which httpx does not count.
        pool_ = transport._pool  # noqa: SLF001
        pool_._network_backend = CountedNetwork(pool_._network_backend)  # noqa: SLF001
        connect_s, idle_s = (
            ms / 1000 for ms in (self.limits.connect_timeout_ms, self.limits.idle_timeout_ms)
        )
        timeout = httpx.Timeout(connect=connect_s, read=idle_s, write=idle_s, pool=None)
        return httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)

    def _hop(self, tls: ssl.SSLContext) -> httpx.Proxy | None:
        if self._proxy is None:
            return None
        scheme, host, port, login = self._proxy
        auth = (login[0], login[1].get_secret_value()) if login else None
        url = httpx.URL(scheme=scheme, host=host, port=port)
        return httpx.Proxy(url, auth=auth, ssl_context=tls if scheme == "https" else None)

    async def _exchange(self, url: httpx.URL, headers: Headers, body: bytes) -> "HttpxAnswer":
        while True:
            budget = Budget(self.limits.response_bytes_max)
            try:
                with budget.in_force():
                    response = await self._send(url, headers, body, budget)
            except BaseException as error:
                await budget.abandon()
                if not isinstance(error, FAILURES):
                    raise
                if not self._may_go_again(error, budget):
                    raise self._failed(_origin_of(url), error, budget) from None
            else:
                budget.head_is_here()
                return HttpxAnswer(response, budget, self)

    def _may_go_again(self, error: Exception, budget: Budget) -> bool:
        """Whether the server closed a kept connection without one byte of an answer."""
        is_broken = isinstance(error, BROKEN)
        return is_broken and not budget.was_connected and not budget.received_bytes

    async def _send(
        self, url: httpx.URL, headers: Headers, body: bytes, budget: Budget
    ) -> httpx.Response:
        """Send; the connect time-out limits the way to the endpoint, then the idle time-out."""
        http = cast("httpx.AsyncClient", self._http)
        async with asyncio.timeout(self.limits.connect_timeout_ms / 1000) as patience:
            traced = {"trace": self._watching(budget, patience)}
            request = http.build_request(
                "POST", url, headers=headers, content=body, extensions=traced
            )
            return await http.send(request, stream=True)

    def _watching(
        self, budget: Budget, patience: asyncio.Timeout
    ) -> Callable[[str, Any], Awaitable[None]]:
        async def watch(event: str, info: Any) -> None:  # noqa: ANN401 - the library's own
            is_out = event.endswith(SENDING) and info["request"].method != b"CONNECT"
            if is_out and not budget.is_under_way:
                budget.is_under_way, budget.received_bytes = True, 0
                now = asyncio.get_running_loop().time()
                patience.reschedule(now + self.limits.idle_timeout_ms / 1000)

        return watch

    def _failed(self, origin: HttpOrigin, error: Exception, budget: Budget) -> ModelFailed:
        if isinstance(error, NO_URL):
            return ModelFailed(f"{origin} redirects to an invalid URL", "httpConnectionFailed")
        is_late = isinstance(error, (httpx.TimeoutException, TimeoutError))
        if budget.is_under_way:
            return self._not_answered(origin, budget, is_late=is_late)
        message = f"cannot connect to {origin}"
        if is_late:
            message += f" within {self.limits.connect_timeout_ms} ms (connect time-out)"
        else:
            message += f": {self._reason(error)}"
        return ModelFailed(message, "httpConnectionFailed", is_transient=True)

    def _not_answered(self, origin: HttpOrigin, budget: Budget, *, is_late: bool) -> ModelFailed:
        has_answered = budget.received_bytes > 0
        if is_late:
            waited = f"{self.limits.idle_timeout_ms} ms (idle time-out)"
            fault = f"did not begin to answer within {waited}"
        elif has_answered:
            fault = "did not answer in HTTP"
        else:
            fault = "closed the connection without an answer"
        is_transient = is_late or not has_answered
        message = f"{origin} {fault}"
        return ModelFailed(message, "responseStreamConnectionFailed", is_transient=is_transient)

    def _reason(self, error: BaseException) -> str:
        if isinstance(error, httpx.ProxyError):
            status = STATUS.search(str(error))
            fault = f"answered {status[0]} to CONNECT" if status else "refused the connection"
            return f"the proxy {self._proxy} {fault}"
        causes = [cause for cause in _chain(error) if isinstance(cause, OSError)]
        if not causes:
            return type(error).__name__
        # Of several addresses the last one's reason stands for all.
        return reason_of(next((cause for cause in causes if cause.errno), causes[0]))

    def _onward(self, answer: "HttpxAnswer") -> httpx.URL | None:
        """The target of a redirect; raises ModelFailed if the key would go to another origin."""
        location = answer.headers.get("location")
        if answer.status not in REDIRECTS or not location:
            return None
        try:
            url = answer.url.join(location)
        except (httpx.InvalidURL, ValueError):
            return None
        if url.host == answer.url.host and url.scheme in (answer.url.scheme, "https"):
            return url
        answer.abort()
        destination = truncate(f"{url.scheme}://{url.host}", 200)
        message = (
            f"{self._origin} redirects to {destination}; if that is right, give it as the base URL"
        )
        raise ModelFailed(message, "httpConnectionFailed", answer.status)


class HttpxAnswer:
    """An answer whose body is read piece by piece."""

    def __init__(self, response: httpx.Response, budget: Budget, transport: HttpxTransport) -> None:
        self._response = response
        self._budget = budget
        self._transport = transport
        self._raw = response.aiter_raw()
        self._pieces = self._body_bytes = 0
        self._pace = TimeSlices()
        self._is_closed = False
        self.url = response.url
        self.status = response.status_code
        self.reason = response.reason_phrase
        self._inflater = Inflater.of(response.headers.get("content-encoding", ""))
        self.headers: Mapping[str, str] = {
            name.lower(): value
            for name, value in response.headers.items()
            if self._inflater is None or name.lower() != "content-encoding"
        }

    async def read(self) -> bytes | None:
        """The next piece of the body, None at its end; raises ModelFailed."""
        limits = self._transport.limits
        await self._pace.rest()
        try:
            data = await self._next_chunk()
        except (httpx.TimeoutException, TimeoutError):
            waited = f"{limits.idle_timeout_ms} ms (idle time-out)"
            raise broken(f"the model endpoint sent nothing for {waited}") from None
        except ResponseTooLarge:
            raise too_much(f"is larger than {limits.response_bytes_max} bytes") from None
        except (httpx.HTTPError, httpx.StreamError, OSError, Corrupt):
            raise broken(STREAM_CLOSED) from None
        if data is None:
            return None
        self._pieces += 1
        self._body_bytes += len(data)
        if self._body_bytes > limits.response_bytes_max:
            raise too_much(f"is larger than {limits.response_bytes_max} bytes")
        if self._pieces > limits.events_max:
            raise too_much(f"came in more than {limits.events_max} pieces")
        return data

    async def finish(self) -> None:
        """Return the connection if little is left to read."""
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                for _ in range(DRAIN_PIECES_MAX):
                    if await self._next_chunk() is None:
                        break
        except (
            httpx.HTTPError,
            httpx.StreamError,
            OSError,
            TimeoutError,
            ResponseTooLarge,
            Corrupt,
        ):
            pass  # aclose closes an incomplete response
        self._is_closed = True
        await self._response.aclose()

    def abort(self) -> None:
        """Close the connection, unless `finish` returned it; idempotent."""
        if not self._is_closed:
            self._is_closed = True
            closing = asyncio.get_running_loop().create_task(self._response.aclose())
            self._transport.in_background(closing)

    async def _next_chunk(self) -> bytes | None:
        if self._inflater is None:
            return await self._next_raw()
        while not (data := self._inflater.more()):
            raw = await self._next_raw()
            if raw is None:
                return None
            self._inflater.feed(raw)
            await self._pace.rest()
        return data

    async def _next_raw(self) -> bytes | None:
        with self._budget.in_force():
            return await anext(self._raw, None)


def _origin_of(url: httpx.URL) -> HttpOrigin:
    """The origin of a request, which may be the target of a redirect."""
    return HttpOrigin(url.scheme, url.host, url.port or DEFAULT_PORTS[url.scheme])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
