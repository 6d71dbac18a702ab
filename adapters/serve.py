"""Running a host: its listeners over one app, until there is a reason to stop."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from logging import INFO
from typing import TYPE_CHECKING

from threadhost.adapters.app import App, open_app
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.config import Listen, Settings, WsAuth
from threadhost.adapters.jsonrpc.transports.accept_errors import AcceptErrors
from threadhost.adapters.jsonrpc.transports.base import Listener
from threadhost.adapters.jsonrpc.transports.connection_slots import ConnectionSlots
from threadhost.adapters.jsonrpc.transports.listening import open_listener
from threadhost.adapters.logs import is_said
from threadhost.adapters.resources import give_back_large_blocks, raise_descriptors, shared_out
from threadhost.adapters.workers import Workers
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.faults import shortage_in_our_words
from threadhost.events.store.home import CONTROL_SOCKET, PRIVATE

if TYPE_CHECKING:
    from threadhost.adapters.jsonrpc.transports.admission import TokenCheck

Announce = Callable[[Sequence[Listen]], None]


class Ended(NamedTuple):
    """Why a host stopped, and whether that was because its store failed."""

    reason: str
    failed: bool = False


STORE_FAILED = Ended("the store failed", failed=True)


class Stop:
    """How a running host is asked to stop; for the loop it runs on."""

    def __init__(self) -> None:
        self._asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def ask(self, reason: str) -> bool:
        """Ask; the first reason stands. Whether this was the first."""
        if self._asked.done():
            return False
        self._asked.set_result(reason)
        return True

    async def reason(self) -> str:
        """Wait until somebody asks."""
        return await asyncio.shield(self._asked)


async def serve(
    settings: Settings,
    stop: Stop,
    announce: Announce = lambda _: None,
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Open the home, listen, and drain once asked to stop or when an address ended.

    Clients are told of what the drain does before they are hung up on. Raises what `open_app`
    and `open_listener` raise, OutOfResources, and TokenUnusable.
    """
    token_fault = _token_fault(settings.ws_auth)
    limits = shared_out(settings.limits, raise_descriptors())
    places = ConnectionSlots(limits)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(AcceptErrors(places).look)
    with shortage_in_our_words():
        workers = Workers()
    loop.set_default_executor(workers)
    ended = Ended("start failed")
    async with AsyncExitStack() as stack:
        opened: dict[int, Listener] = {}

        async def listen(app: App, *, to_stdio: bool) -> None:
            """Take the addresses, before the log is told of a host that might not get them."""
            for number, address in enumerate(settings.listen):
                if (address.scheme == "stdio") is to_stdio:
                    if address.path == settings.home / CONTROL_SOCKET:
                        address.path.parent.mkdir(mode=PRIVATE, exist_ok=True)
                    how = address, app.accept, limits, token_fault, places, app.refused, app.health
                    opened[number] = listener = await open_listener(*how, begins=False)
                    stack.push_async_callback(listener.close)

        opening = partial(open_app, settings, env, before_start=partial(listen, to_stdio=False))
        app = await _unless_stopped(opening, stop)
        if app is None:
            return Ended(await stop.reason())
        try:
            with shortage_in_our_words():
                await asyncio.wrap_future(workers.complete)
            await listen(app, to_stdio=True)
            listeners = [opened[number] for number in sorted(opened)]
            for listener in listeners:
                await listener.begin()
            addresses = [_absolute(listener.address) for listener in listeners]
            app.note_addresses([str(address) for address in addresses])
            _tell_of_start(app)
            announce(addresses)
            give_back_large_blocks()
            ended = await _until_stopped(app, listeners, stop)
            _tell_of_end(ended)
            for listener in listeners:
                listener.turn_away()
        finally:
            await app.close(ended.reason)
    return STORE_FAILED if app.failed.is_set() else ended


def _tell_of_start(app: App) -> None:
    if not is_said(INFO):
        return
    from threadhost.adapters.version import product_version
    from threadhost.events.operator_log import HOME_MADE, HOST_STARTED

    settings = app.settings
    if app.facts.epoch == 1 and settings.store != "memory":
        HOME_MADE.tell(home=settings.home)
    HOST_STARTED.tell(
        version=product_version(),
        home="a home in memory" if settings.store == "memory" else settings.home,
        model=settings.model or app.model.name,
        pid=os.getpid(),
        epoch=app.facts.epoch,
    )


def _tell_of_end(ended: Ended) -> None:
    if is_said(INFO):
        from threadhost.events.operator_log import HOST_DRAINS

        HOST_DRAINS.tell(why=ended.reason)


async def _unless_stopped(open_host: Callable[[], Awaitable[App]], stop: Stop) -> App | None:
    """The host, or None if somebody asked it to stop before it was open."""
    loop = asyncio.get_running_loop()
    opening = asyncio.ensure_future(open_host())
    asked = loop.create_task(stop.reason())
    try:
        await asyncio.wait({opening, asked}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            return opening.result()
    finally:
        asked.cancel()
        if not opening.done():
            opening.cancel()
            await asyncio.wait([opening])
    return None


def _token_fault(auth: WsAuth) -> "TokenCheck | None":
    if auth.mode is None:
        return None
    from threadhost.adapters.jsonrpc.transports.tokens import token_fault

    return token_fault(auth, SystemClock().now_ms)


async def _until_stopped(app: App, listeners: Sequence[Listener], stop: Stop) -> Ended:
    loop = asyncio.get_running_loop()
    asked = loop.create_task(stop.reason())
    failed = loop.create_task(app.failed.wait())
    gone = {loop.create_task(item.ended()): f"{item.address.scheme} ended" for item in listeners}
    try:
        await asyncio.wait({asked, failed, *gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (asked, failed, *gone):
            task.cancel()
    if app.failed.is_set():
        return STORE_FAILED
    if asked.done() and not asked.cancelled():
        return Ended(asked.result())
    return Ended(next(reason for task, reason in gone.items() if task.done()))


def _absolute(address: Listen) -> Listen:
    return address if address.path is None else address._replace(path=address.path.absolute())
