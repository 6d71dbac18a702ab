"""One MCP server of a host: reconnects, and waits longer after each failure."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from threadhost.actors.ports import ToolCall, ToolResult
from threadhost.actors.runtime.tasks import set_within
from threadhost.actors.server_tools import Elicit
from threadhost.adapters.mcp.call_elicitations import CallElicitations
from threadhost.adapters.mcp.failures import CallFailed, NotAuthorized, ServerFailed
from threadhost.adapters.mcp.limits import CALLS_MAX, RESOURCES_MAX
from threadhost.adapters.mcp.offer import NOTHING, ServerOffer, server_offer
from threadhost.adapters.mcp.results import result_of
from threadhost.adapters.mcp.server_config import ServerConfig, missing_extra
from threadhost.adapters.mcp.words import RETRIES, line_of, text_of
from threadhost.adapters.models.foreign_loop import ForeignLoop
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import HOST_FAULT, MCP_SERVER_LOST

if TYPE_CHECKING:
    from threadhost.adapters.mcp.session import Connection, HandshakeResult

State = Literal[
    "notStarted", "starting", "connected", "authenticationRequired", "failed", "disabled"
]
Progress = Callable[[str], None]
T = TypeVar("T")
WAIT_MIN_S = 1.0
WAIT_MAX_S = 300.0
CLOSE_S = 6.0
"""Longer than the end of a program takes; an unresponsive address is not awaited."""
STEADY_S = 60.0
"""After a connection of this length, the next attempt comes soon."""


class ServerStatus(NamedTuple):
    """The state of a server at a moment; `error` says why it is not connected.

    The last offer stays in force: a caller of a disconnected server gets the error.
    """

    state: State
    error: str = ""
    info: Mapping[str, Any] | None = None
    capabilities: Mapping[str, Any] | None = None
    offered: ServerOffer = NOTHING


Changed = Callable[["Server", bool], None]
"""Called on a change; the flag says if the server had answered or failed before."""


class Server:
    """Connected from `start` to `close`; reports every change."""

    def __init__(self, config: ServerConfig, foreign_loop: ForeignLoop, changed: Changed) -> None:
        self.config = config
        self.known = ServerStatus("notStarted" if config.is_enabled else "disabled")
        self.settled = asyncio.Event()
        """Set once the server has answered or failed for the first time."""
        self._foreign_loop = foreign_loop
        self._changed = changed
        self._connection: Connection | None = None
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._calls = 0
        self.asks_users = False
        """Whether the server has asked a user before."""
        if not config.is_enabled:
            self.settled.set()

    @property
    def is_busy(self) -> bool:
        """Whether calls are running."""
        return self._calls > 0

    def start(self) -> None:
        """Connect, unless that was begun."""
        if self._task is None and self.config.is_enabled:
            self._task = self._loop.create_task(self._keep_connected())

    async def close(self) -> None:
        """Disconnect, and wait for the end; idempotent."""
        self._closing.set()
        if self._task is not None:
            await self._foreign_loop.run(self._stop())
            _, hanging = await asyncio.wait({self._task}, timeout=CLOSE_S)
            for task in hanging:
                task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.settled.set()

    async def call(self, call: ToolCall, elicit: Elicit, progress: Progress) -> ToolResult:
        """The answer of a tool. Raises CallFailed."""
        limit_s = self.config.tool_timeout_s
        if self._calls >= CALLS_MAX:
            raise CallFailed(f"{self._named} has {CALLS_MAX} calls to answer already")
        self._calls += 1
        try:
            async with (
                asyncio.timeout(limit_s) as limit,
                self._elicitations(limit, elicit) as elicitations,
            ):
                return await self._ask_connection(
                    lambda connection: _call(connection, call, elicitations, progress)
                )
        except TimeoutError:
            timed_out = f"timed out awaiting tools/call after {limit_s:g}s"
            raise CallFailed(f"MCP tool call failed: {timed_out}") from None
        finally:
            self._calls -= 1

    async def read(self, uri: str) -> Mapping[str, Any]:
        """The content of a resource. Raises CallFailed."""
        return await self._ask_in_time(lambda connection: connection.read(uri))

    async def resources(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The resources, and the resource templates. Raises CallFailed."""
        return await self._ask_in_time(lambda connection: connection.resources(RESOURCES_MAX))

    # -- called by the connection, on its own loop --

    def ready(self, greeting: "HandshakeResult") -> None:
        """The connection is ready."""
        offer = server_offer(self.config, greeting.tools)
        status = ServerStatus("connected", "", greeting.info, greeting.capabilities, offer)
        self._loop.call_soon_threadsafe(self._set_status, status)

    def offers(self, tools: list[dict[str, Any]]) -> None:
        """The server's tools changed."""
        offer = server_offer(self.config, tools)
        self._loop.call_soon_threadsafe(
            lambda: self._set_status(self.known._replace(offered=offer))
        )

    def asks(self) -> None:
        """The server asks users, so it must be known which call it asks for."""
        self._loop.call_soon_threadsafe(setattr, self, "asks_users", True)

    # -- inside --

    @property
    def _named(self) -> str:
        return f"MCP server `{self.config.name}`"

    def _elicitations(self, limit: asyncio.Timeout, elicit: Elicit) -> CallElicitations:
        return CallElicitations(self.config.name, limit, elicit)

    async def _keep_connected(self) -> None:
        wait_s = WAIT_MIN_S
        while not self._closing.is_set():
            self._set_status(ServerStatus("starting", offered=self.known.offered))
            began_s = self._loop.time()
            state: State = "failed"
            try:
                await self._foreign_loop.run(self._hold_connection())
            except NotAuthorized as failed:
                state, reason = "authenticationRequired", str(failed)
            except ServerFailed as failed:
                reason = str(failed)
            except ImportError:
                reason = missing_extra()
            except Exception as error:  # noqa: BLE001  (it reconnects)
                HOST_FAULT.emit(error, what=f"MCP server {self.config.name}")
                reason = type(error).__name__
            else:
                reason = "it ended"
            if self._closing.is_set():
                break
            if self._loop.time() - began_s > STEADY_S:
                wait_s = WAIT_MIN_S
            reason = line_of(reason, self.config.launch.secrets)
            MCP_SERVER_LOST.emit(server=self.config.name, what=reason, seconds=ceil(wait_s))
            explanation = f"{reason}{RETRIES} {wait_s:g} s"
            self._set_status(ServerStatus(state, explanation, offered=self.known.offered))
            await set_within(self._closing, wait_s)
            wait_s = min(2 * wait_s, WAIT_MAX_S)
        await self._foreign_loop.run(self._wait_until_gone())

    async def _hold_connection(self) -> None:
        """Hold a connection until it ends; returns before its program is gone."""
        from threadhost.adapters.mcp.session import Connection

        await self._wait_until_gone()
        if self._closing.is_set():
            return
        self._connection = connection = Connection(self.config, self)
        self._running = asyncio.create_task(connection.run())
        try:
            ends: set[asyncio.Future[Any]] = {self._running, connection.over}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not self._running.done():
                raise connection.over.result()
            await self._running
        except asyncio.CancelledError:
            self._running.cancel()
            raise
        finally:
            self._connection = None

    async def _wait_until_gone(self) -> None:
        """Wait for the end of the previous connection and its program."""
        if self._running is not None:
            with suppress(ServerFailed):
                await self._running

    async def _stop(self) -> None:
        if self._connection is not None:
            self._connection.stop()

    def _set_status(self, status: ServerStatus) -> None:
        if status == self.known:
            return
        is_again = self.settled.is_set() and _columns(status) != _columns(self.known)
        self.known = status
        if status.state != "starting":
            self.settled.set()
        self._changed(self, is_again)

    async def _ask_in_time(self, ask: Callable[["Connection"], Coroutine[Any, Any, T]]) -> T:
        try:
            async with asyncio.timeout(self.config.tool_timeout_s):
                return await self._ask_connection(ask)
        except TimeoutError:
            raise CallFailed(f"it did not answer within {self.config.tool_timeout_s:g} s") from None

    async def _ask_connection(self, ask: Callable[["Connection"], Coroutine[Any, Any, T]]) -> T:
        """The connection's answer. Raises CallFailed."""
        connection = self._connection
        if connection is None or self.known.state != "connected":
            reason = f": {self.known.error}" if self.known.error else ""
            raise CallFailed(f"{self._named} is not connected{reason}")
        secrets = self.config.launch.secrets
        try:
            return await self._foreign_loop.run(ask(connection))
        except CallFailed as failed:
            raise CallFailed(text_of(str(failed), secrets)) from None
        except ServerFailed as failed:
            reason = line_of(str(failed), secrets)
            raise CallFailed(f"{self._named} failed: {reason}") from None


def _columns(status: ServerStatus) -> tuple[str, str, str]:
    """The part of a status whose change is reported to everyone."""
    return status.state, status.error, status.offered.left_out


async def _call(
    connection: "Connection", call: ToolCall, elicitations: CallElicitations, progress: Progress
) -> ToolResult:
    """The result, converted on the connection's loop, as it may be large."""
    raw = await connection.call(
        call.thread_id, call.tool, call.arguments, progress, elicitations.ask
    )
    return result_of(raw)
