"""One connection to a server, through the library, on another loop; never reconnects."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Protocol

import mcp_types as types
from mcp.client.session import ClientRequestContext, ClientSession
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import MCPError
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher
from mcp_types.version import LATEST_HANDSHAKE_VERSION
from pydantic import ValidationError

from threadhost.adapters.mcp.failures import OURS, CallFailed, ServerFailed, words_of
from threadhost.adapters.mcp.limits import PAGES_MAX, QUESTIONS_MAX
from threadhost.adapters.mcp.server_config import Program, ServerConfig
from threadhost.adapters.mcp.watched import LOST, Inbound, Outbound
from threadhost.adapters.mcp.weight import LIST_WEIGHT_MAX, weight_of
from threadhost.adapters.version import VERSION
from threadhost.events.named_tuple import NamedTuple

VERSION_HEADER = "mcp-protocol-version"
CHANGED_S = 1.0
"""The pause between two requests for the tools of a server that reports changes."""
LIST_TIMEOUT_S = 30.0
"""The time limit of such a request; after it, the old tools stay until the next report."""
ENDED_S = 1.0
"""How long the reason for an observed end is awaited."""
SEVERAL = "calls of several threads are running, so it is unknown which user to ask"
TOO_MANY = f"{QUESTIONS_MAX} questions were asked for this call already"
SPOKEN = (
    "the host supports protocol versions that begin with `initialize`,"
    f" up to {LATEST_HANDSHAKE_VERSION}"
)
NONE_OPEN = "no call is running for which a user could be asked"
Json = dict[str, Any]
Progress = Callable[[str], None]
"""Called with the progress of a call, as text, on the connection's loop."""
Elicit = Callable[[Json], Awaitable[Mapping[str, Any]]]
"""Asks the user; returns `action` and `content`; called on the connection's loop."""


class HandshakeResult(NamedTuple):
    """A server's description and offer, unchanged except for the limits."""

    info: Json
    capabilities: Json
    tools: list[Json]


class Audience(Protocol):
    """Receives the events of a connection; called on its loop."""

    def ready(self, greeting: HandshakeResult) -> None:
        """The connection is ready."""

    def offers(self, tools: list[Json]) -> None:
        """The server's tools changed."""

    def asks(self) -> None:
        """The server asks users, so it must be known which call it asks for."""


class _Call:
    """A running call, with its thread and the way to ask that user."""

    def __init__(self, thread_id: str, elicit: Elicit) -> None:
        self.thread_id = thread_id
        self.elicit = elicit
        self.questions = 0


class Connection:
    """Connected while `run` runs; all else is called on the same loop."""

    def __init__(self, config: ServerConfig, progressed: Audience) -> None:
        self._config = config
        self._audience = progressed
        self._calls: list[_Call] = []
        self._dispatcher: JSONRPCDispatcher[Any] | None = None
        self._version = ""
        self._changed = asyncio.Event()
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._capabilities: Json = {}
        self.over: asyncio.Future[ServerFailed] = asyncio.get_running_loop().create_future()
        """Set with the reason once a program takes no more requests; its end may take longer."""

    async def run(self) -> None:
        """Connect, and stay connected. Raises ServerFailed at the end of the connection."""
        try:
            with self._failing():
                async with self._streams() as (read, write):
                    with self._failing(is_over=isinstance(self._config.launch, Program)):
                        await self._speak(read, write)
        finally:
            self._dispatcher = None
            self._end(LOST)

    async def _speak(self, read: Any, write: Any) -> None:  # noqa: ANN401 - of either transport
        dispatcher = JSONRPCDispatcher[Any](Inbound(read, self._end), Outbound(write, self._end))
        session = ClientSession(
            dispatcher=dispatcher,
            client_info=types.Implementation(name="threadhost", version=VERSION),
            elicitation_callback=self._elicited,
            message_handler=self._noticed,
        )
        async with session:
            self._dispatcher = dispatcher
            await self._serve(session)

    @contextmanager
    def _failing(self, *, is_over: bool = False) -> Iterator[None]:
        """End the connection at any error. Raises ServerFailed."""
        try:
            yield
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - a library's errors
            failed = _failure(error)
            self._end(str(failed))
            if is_over:
                self.over.set_result(failed)
            raise failed from None

    async def call(
        self, thread_id: str, tool: str, arguments: object, tell: Progress, elicit: Elicit
    ) -> Json:
        """A tool's result. Raises CallFailed or ServerFailed; cancelling informs the server."""

        async def progressed(progress: float, total: float | None, message: str | None) -> None:
            tell(message or (f"{progress:g} of {total:g}" if total else f"{progress:g}"))

        call = _Call(thread_id, elicit)
        self._calls.append(call)
        try:
            params = {"name": tool, "arguments": arguments}
            options: CallOptions = {"on_progress": progressed}
            return await self._request("tools/call", params, options)
        finally:
            self._calls.remove(call)

    async def read(self, uri: str) -> Json:
        """The content of a resource. Raises CallFailed or ServerFailed."""
        return await self._request("resources/read", {"uri": uri})

    async def resources(self, entries_max: int) -> tuple[list[Json], list[Json]]:
        """The resources, and the resource templates. Raises CallFailed or ServerFailed."""
        if "resources" not in self._capabilities:
            return [], []
        return (
            await self._list("resources/list", "resources", entries_max),
            await self._list("resources/templates/list", "resourceTemplates", entries_max),
        )

    def stop(self) -> None:
        """Disconnect: `run` ends soon."""
        self._end("the host disconnected from it")

    # -- inside --

    @asynccontextmanager
    async def _streams(self) -> AsyncIterator[tuple[Any, Any]]:
        launch = self._config.launch
        if isinstance(launch, Program):
            from threadhost.adapters.mcp.stdio import streams

            async with streams(launch, self._end) as pipes:
                yield pipes.read, pipes.write
        else:
            from threadhost.adapters.mcp.http import streams as over_http

            async with over_http(launch, self._config.tool_timeout_s) as (read, write):
                yield read, write

    def _end(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result(reason)

    async def _serve(self, session: ClientSession) -> None:
        limit_s = self._config.startup_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                self._audience.ready(await self._or_end(self._greeted(session)))
        except TimeoutError:
            limit = f"{limit_s:g} s (startup_timeout_sec)"
            raise ServerFailed(f"it did not start within {limit}") from None
        while True:
            await self._or_end(self._changed.wait())
            self._changed.clear()
            await self._or_end(asyncio.sleep(CHANGED_S))
            with suppress(CallFailed, TimeoutError):
                async with asyncio.timeout(LIST_TIMEOUT_S):
                    self._audience.offers(await self._or_end(self._tools()))

    async def _greeted(self, session: ClientSession) -> HandshakeResult:
        try:
            greeting = await session.initialize()
        except (MCPError, RuntimeError, ValidationError) as error:
            raise _handshake_failure(error) from None
        self._version = str(greeting.protocol_version)
        fields = greeting.model_dump(by_alias=True, mode="json", exclude_none=True)
        self._capabilities = fields.get("capabilities", {})
        return HandshakeResult(
            fields.get("serverInfo", {}), self._capabilities, await self._tools()
        )

    async def _tools(self) -> list[Json]:
        return await self._list("tools/list", "tools") if "tools" in self._capabilities else []

    async def _list(self, method: str, key: str, entries_max: int = 10_000) -> list[Json]:
        listed: list[Json] = []
        params: Json = {}
        remaining = LIST_WEIGHT_MAX
        for _ in range(PAGES_MAX):
            page = await self._request(method, params)
            entries = page.get(key)
            if isinstance(entries, list):
                listed += [entry for entry in entries if isinstance(entry, dict)]
            cursor, remaining = page.get("nextCursor"), remaining - weight_of(page, remaining)
            if not isinstance(cursor, str) or len(listed) >= entries_max or remaining <= 0:
                break
            params = {"cursor": cursor}
        return listed[:entries_max]

    async def _or_end(self, work: Awaitable[Any]) -> Any:  # noqa: ANN401
        """The result of work, unless the connection ends first. Raises ServerFailed."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task, self._ended}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise ServerFailed(self._ended.result())
        finally:
            task.cancel()

    async def _request(self, method: str, params: Json, extra: CallOptions | None = None) -> Json:
        dispatcher = self._dispatcher
        if dispatcher is None:
            raise ServerFailed("it is not connected")
        options: CallOptions = {"headers": {VERSION_HEADER: self._version}, **(extra or {})}
        try:
            return await dispatcher.send_raw_request(method, params, options)
        except MCPError as failed:
            error = failed.error
        if error.code == types.CONNECTION_CLOSED:  # the whole connection was closed, or one answer
            await asyncio.wait({self._ended}, timeout=ENDED_S)
            if self._ended.done():
                raise ServerFailed(self._ended.result())
        raise CallFailed(OURS.get(error.message, error.message))

    async def _noticed(self, message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._changed.set()

    async def _elicited(
        self, context: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult | types.ErrorData:
        self._audience.asks()
        calls = list(self._calls)
        if len({call.thread_id for call in calls}) != 1:
            reason = SEVERAL if calls else NONE_OPEN
            return types.ErrorData(code=types.INVALID_REQUEST, message=reason)
        request = params.model_dump(by_alias=True, mode="json", exclude_none=True)
        call = calls[-1]
        call.questions += 1
        if call.questions > QUESTIONS_MAX:
            return types.ErrorData(code=types.INVALID_REQUEST, message=TOO_MANY)
        try:
            answer = await call.elicit(request)
        except ValueError as refused:
            return types.ErrorData(code=types.INVALID_PARAMS, message=str(refused))
        return types.ElicitResult.model_validate(dict(answer))


def _failure(error: BaseException) -> ServerFailed:
    """The failure for an error, or for the first of several."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ServerFailed):
        return error
    if isinstance(error, (CallFailed, MCPError)):
        return ServerFailed(str(error))
    return ServerFailed(words_of(error))


def _handshake_failure(error: Exception) -> ServerFailed:
    """Why the handshake failed, in words that say what the server would have to do."""
    if isinstance(error, MCPError) and error.error.code == types.METHOD_NOT_FOUND:
        return ServerFailed(f"it does not know `initialize`; {SPOKEN}")
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"]))
        return ServerFailed(f"its answer to `initialize` cannot be used: {place}: {fault['msg']}")
    if isinstance(error, RuntimeError):  # an unknown version
        return ServerFailed(f"{error}; {SPOKEN}")
    return _failure(error)
