"""Runs a host: its listeners over one app, until there is a reason to stop."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from logging import INFO
from pathlib import Path
from socket import socket
from time import gmtime, strftime
from typing import TYPE_CHECKING

from threadhost.actors.runtime.tasks import set_within
from threadhost.adapters.app import App, open_app
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.config import Limits, Listen, Settings, WsAuth
from threadhost.adapters.configuration.record import Configuration
from threadhost.adapters.home_socket import SOCKET, bind
from threadhost.adapters.jsonrpc.transports.accept_errors import AcceptErrors
from threadhost.adapters.jsonrpc.transports.base import Listener
from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.logs import is_said
from threadhost.adapters.resources import give_back_large_blocks, raise_descriptors, shared_out
from threadhost.adapters.version import product_version
from threadhost.adapters.workers import Workers
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import (
    CANNOT_ACCEPT,
    HOME_MADE,
    HOST_DRAINS,
    HOST_NOT_CLOSED,
    HOST_STARTED,
    NOT_JOINABLE,
)
from threadhost.events.store.faults import translate_shortage
from threadhost.events.store.home import CONTROL_SOCKET, PRIVATE

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.transports.admission import TokenCheck
    from threadhost.adapters.jsonrpc.transports.joined import Admit, JoinedClients

Announce = Callable[[Sequence[Listen]], None]
FIRST_JOIN_TIMEOUT_S = 30
"""How long a host that ends with its last client waits for the first."""
ACCEPT_AGAIN_S = 1
LAST_LEFT = "the last client left"
UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


class StopOutcome(NamedTuple):
    """Why a host stopped, and whether that was because its store failed."""

    reason: str
    failed: bool = False


STORE_FAILED = StopOutcome("the store failed", failed=True)


class Sharing(NamedTuple):
    """How the home's user's programs may join the host that owns it."""

    admit: "Admit"
    until_last: bool = False
    """Whether the host ends when the last client has left."""
    is_wanted: Callable[[], bool] = lambda: False
    """Whether the end was requested: joined clients are told so, and start no other host."""


class Joins:
    """The private socket of a home and its clients; a home that is not shared has no socket."""

    def __init__(self, sharing: Sharing | None, limits: Limits, slots: ConnectionSlots) -> None:
        self._sharing = sharing
        self._limits, self._slots = limits, slots
        self._listening: socket | None = None
        self._first_joined = asyncio.Event()
        self._clients: JoinedClients | None = None
        self._home = ""

    @property
    def end_with_last(self) -> bool:
        """Whether the host runs for joined clients alone."""
        return self._sharing is not None and self._sharing.until_last

    def bind(self, home: Path) -> Callable[[], None]:
        """Let clients connect and wait for this host, which owns the home; returns the undo."""
        if self._sharing is None:
            return lambda: None
        self._home = str(home)
        try:
            self._listening = socket(fileno=bind(self._home).detach())
        except OSError as error:
            if self._sharing.until_last:
                raise
            NOT_JOINABLE.emit(what=error.strerror or error)
            return lambda: None
        return partial((home / SOCKET).unlink, missing_ok=True)

    def begin(self, app: App) -> None:
        """Accept the waiting clients."""
        if self._listening is not None:
            asyncio.get_running_loop().add_reader(self._listening, self._accept_clients, app)

    def _accept_clients(self, app: App) -> None:
        if self._listening is None or self._sharing is None:
            return
        if self._clients is None:
            from threadhost.adapters.jsonrpc.transports.joined import JoinedClients

            address = f"{self._home}/{SOCKET}"
            self._clients = JoinedClients(
                app.accept,
                self._limits,
                self._slots,
                self._sharing.admit,
                address,
                self._first_joined,
            )
            self._clients.ends_with_last = self._sharing.until_last
        try:
            self._clients.take(self._listening)
        except OSError as error:  # no descriptor is left
            CANNOT_ACCEPT.emit(why=error.strerror or "")
            self._slots.make_room()
            self.turn_away()
            asyncio.get_running_loop().call_later(ACCEPT_AGAIN_S, self.begin, app)

    def turn_away(self) -> None:
        """Accept no client; new ones wait until this host is gone."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)

    async def outlast(self, stdio: Listener) -> None:
        """Wait until input ended and no client is joined: the host serves those, too."""
        await stdio.ended()
        if self._clients is not None and self._clients.present:
            self._clients.ends_with_last = True
            await stdio.close()
            await self._clients.none_present.wait()

    async def wait_for_last_client(self) -> None:
        """Wait until the last joined client has left, or none came in time."""
        await set_within(self._first_joined, FIRST_JOIN_TIMEOUT_S)
        if self._clients is not None:
            await self._clients.none_present.wait()

    async def close(self) -> None:
        """Flush and disconnect joined clients; waiting ones see that the host is gone."""
        self.turn_away()
        listening, self._listening = self._listening, None
        if self._clients is not None and self._sharing is not None:
            await self._clients.close(is_stop=self._sharing.is_wanted())
        if listening is not None:
            listening.close()


class Stop:
    """The request to stop a running host; for the loop it runs on."""

    def __init__(self) -> None:
        self._reason: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def ask(self, reason: str) -> bool:
        """Request the stop; the first reason counts. Returns whether this was the first."""
        if self._reason.done():
            return False
        self._reason.set_result(reason)
        return True

    async def reason(self) -> str:
        """Wait for a request; returns its reason."""
        return await asyncio.shield(self._reason)


async def serve(
    settings: Settings,
    stop: Stop,
    announce: Announce = lambda _: None,
    env: Mapping[str, str] | None = None,
    sharing: Sharing | None = None,
    configuration: Configuration | None = None,
    opened: Callable[[App], None] = lambda _: None,
) -> StopOutcome:
    """Open the home, listen, and drain once a stop is requested or an address ended.

    The end of standard input ends the host when no client is joined any more.

    Without a configuration, the host uses that of the file which the settings name, or of the home.
    `opened` gets the host as soon as it is open. Clients receive the events of the drain before
    they are disconnected. Raises what `open_app` and `open_listener` raise, OutOfResources, and
    TokenUnusable.
    """
    token_fault = _token_fault(settings.ws_auth)
    limits = shared_out(settings.limits, raise_descriptors())
    slots = ConnectionSlots(limits)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(AcceptErrors(slots).look)
    with translate_shortage():
        workers = Workers()
    loop.set_default_executor(workers)
    ended = StopOutcome("start failed")
    joins = Joins(sharing, limits, slots)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(joins.close)
        listening: dict[int, Listener] = {}
        stack.push_async_callback(_close_all, listening)

        async def listen(app: App, *, to_stdio: bool) -> None:
            """Bind the addresses before the start is recorded: binding may fail."""
            for number, address in enumerate(settings.listen):
                if (address.scheme == "stdio") is to_stdio:
                    if address.path == settings.home / CONTROL_SOCKET:
                        address.path.parent.mkdir(mode=PRIVATE, exist_ok=True)
                    args = address, app.accept, limits, token_fault, slots, app.refused, app.health
                    listening[number] = await open_listener(*args, begins=False)

        first = partial(listen, to_stdio=False)
        opening = partial(open_app, settings, env, None, configuration, first, joins.bind)
        app = await _unless_stopped(opening, stop)
        if app is None:
            return StopOutcome(await stop.reason())
        opened(app)
        try:
            with translate_shortage():
                await asyncio.wrap_future(workers.complete)
            await listen(app, to_stdio=True)
            listeners = [listening[number] for number in sorted(listening)]
            for listener in listeners:
                await listener.begin()
            joins.begin(app)
            addresses = [_absolute(listener.address) for listener in listeners]
            app.note_addresses([str(address) for address in addresses])
            _log_start(app, partial(announce, addresses))
            give_back_large_blocks()
            ended = await _until_stopped(app, listeners, stop, joins)
            _log_end(ended)
            joins.turn_away()
            for listener in listeners:
                listener.turn_away()
        finally:
            await app.close(ended.reason)
    return STORE_FAILED if app.failed.is_set() else ended


async def _close_all(listening: Mapping[int, Listener]) -> None:
    """Close all at once, so that a slow client delays only its own listener."""
    await asyncio.gather(*(listener.close() for listener in listening.values()))


def _log_start(app: App, announce: Callable[[], None]) -> None:
    if is_said(INFO):
        _log_settings(app)
    announce()  # from here on a host without a terminal writes to its file
    if app.predecessor is not None:
        pid, last_at_ms = app.predecessor
        HOST_NOT_CLOSED.emit(pid=pid, at=strftime(UTC_SECONDS, gmtime(last_at_ms // 1000)))


def _log_settings(app: App) -> None:
    settings = app.settings
    if app.facts.epoch == 1 and settings.store != "memory":
        HOME_MADE.emit(home=settings.home)
    HOST_STARTED.emit(
        version=product_version(),
        home="a home in memory" if settings.store == "memory" else settings.home,
        model=settings.model or app.model.name,
        pid=os.getpid(),
        epoch=app.facts.epoch,
    )


def _log_end(ended: StopOutcome) -> None:
    if is_said(INFO):
        HOST_DRAINS.emit(why=ended.reason)


async def _unless_stopped(open_host: Callable[[], Awaitable[App]], stop: Stop) -> App | None:
    """The host, or None if a stop was requested before it was open."""
    loop = asyncio.get_running_loop()
    opening = asyncio.ensure_future(open_host())
    stop_reason = loop.create_task(stop.reason())
    try:
        await asyncio.wait({opening, stop_reason}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            return opening.result()
    finally:
        stop_reason.cancel()
        if not opening.done():
            opening.cancel()
            await asyncio.wait([opening])
    return None


def _token_fault(auth: WsAuth) -> "TokenCheck | None":
    if auth.mode is None:
        return None
    from threadhost.adapters.jsonrpc.transports.tokens import token_fault

    return token_fault(auth, SystemClock().now_ms)


async def _until_stopped(
    app: App, listeners: Sequence[Listener], stop: Stop, joins: Joins
) -> StopOutcome:
    loop = asyncio.get_running_loop()
    stop_reason = loop.create_task(stop.reason())
    failed = loop.create_task(app.failed.wait())
    reasons = {}
    for item in listeners:
        scheme = item.address.scheme
        ends = joins.outlast(item) if scheme == "stdio" else item.ended()
        reasons[loop.create_task(ends)] = f"{scheme} ended"
    if joins.end_with_last:
        reasons[loop.create_task(joins.wait_for_last_client())] = LAST_LEFT
    try:
        await asyncio.wait({stop_reason, failed, *reasons}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (stop_reason, failed, *reasons):
            task.cancel()
    if app.failed.is_set():
        return STORE_FAILED
    if stop_reason.done() and not stop_reason.cancelled():
        return StopOutcome(stop_reason.result())
    return StopOutcome(next(reason for task, reason in reasons.items() if task.done()))


def _absolute(address: Listen) -> Listen:
    return address if address.path is None else address._replace(path=address.path.absolute())
