"""A client of a home: of the host that runs on it, or of one that is opened for the command."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from socket import socket
from typing import Any, TypeVar

from threadhost.adapters.cli.output import Failure
from threadhost.adapters.client.client import Client
from threadhost.adapters.client.errors import ClientError
from threadhost.adapters.client.link import Link, LinkClosed
from threadhost.adapters.config import Limits, Listen, parse_listen
from threadhost.adapters.configuration.toml_file import ConfigError
from threadhost.adapters.event_loop import run_to_end
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.adapters.logs import lines_of_a_command
from threadhost.adapters.version import product_version
from threadhost.events.store.errors import HomeLocked, StoreError
from threadhost.events.store.home import LOCK
from threadhost.events.store.lock import is_held, read_owner

T = TypeVar("T")
NAME = "threadhost-cli"
TOKEN_VARIABLE = "THREADHOST_WS_TOKEN"  # noqa: S105
"""The variable with the token for a host that requires one from websocket clients."""
OF_OTHERS = stat.S_IWGRP | stat.S_IWOTH


@asynccontextmanager
async def client_of(home: Path | None, key_file: Path | None) -> AsyncIterator[Client]:
    """A client of the home's host; without one, of a new host that resumes no work.

    Raises Failure.
    """
    if home is not None and is_held(home):
        async with await _client_of_host(home) as client:
            yield client
        return
    from threadhost.adapters.embed import open_host

    try:
        with lines_of_a_command("error"):  # the command reports its own errors
            own_host = open_host(home, key_file=key_file, takes_up=False)
            async with own_host as host, host.connect(NAME) as client:
                yield client
    except HomeLocked as error:
        raise Failure.of(error, f"{error}; try again") from None
    except (StoreError, ConfigError) as error:
        raise Failure.of(error) from None


def run_with_client(
    home: Path | None, key_file: Path | None, work: Callable[[Client], Awaitable[T]]
) -> T:
    """Run work with a client of the home; returns its result. Raises Failure."""

    async def ask() -> T:
        async with client_of(home, key_file) as client:
            return await work(client)

    try:
        return run_to_end(ask())
    except (RpcError, ClientError) as error:
        raise Failure.of(error, str(error).removeprefix("Invalid request: ")) from None


def answer_of(home: Path, key_file: Path | None, method: str, params: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The answer to one request. Raises Failure."""
    return run_with_client(home, key_file, lambda client: client.call(method, params))


async def _client_of_host(home: Path) -> AbstractAsyncContextManager[Client]:
    """A client at an address of the host's note, or else at its private socket. Raises Failure."""
    try:
        address = address_of(home)
    except Failure:
        if (joined := await _joined_client(str(home))) is None:
            raise
        return joined
    token = os.environ.get(TOKEN_VARIABLE, "").strip() or None
    return connected(address, token=token)


async def _joined_client(home: str) -> Client | None:
    """A client at a host's private socket; None without one. Raises Failure if it is refused."""
    from threadhost.adapters.client.line_link import LineLink
    from threadhost.adapters.joining.handshake import JoinRefused, JoinRequest, handshake

    greeting = JoinRequest(home, (), {}, is_codex=False).greeting()

    async def dial() -> Link:
        answer = await asyncio.to_thread(handshake, home, greeting)
        if answer is None:
            raise LinkClosed
        return await LineLink.over(socket(fileno=answer[0].detach()), Limits())

    try:
        return Client(await dial(), dial, NAME, product_version())
    except JoinRefused as error:
        raise Failure(str(error)) from None
    except (LinkClosed, OSError):
        return None


@asynccontextmanager
async def connected(
    address: Listen, name: str = NAME, token: str | None = None
) -> AsyncIterator[Client]:
    """A client of the host at this address, with a token if it asks for one. Raises Failure."""
    from threadhost.adapters.jsonrpc.transports.dial import DialFailed, FrameLink, Unauthorized

    async def dial() -> Link:
        return await FrameLink.dial(address, Limits(), token)

    try:
        client = Client(await dial(), dial, name, product_version())
    except Unauthorized as error:
        raise Failure(f"{error}; {TOKEN_VARIABLE} has to hold the token") from None
    except DialFailed as error:
        raise Failure(str(error)) from None
    async with client:
        yield client


def address_of(home: Path) -> Listen:
    """The address at which this machine reaches the host of the home. Raises Failure.

    The client sends a token to the listener there. So the note about it counts only if nobody but
    this user can have written it, and its addresses count only if they are a socket file of this
    user, or can be bound by this machine alone.
    """
    for place in (home, home / LOCK):
        if fault := _ownership_fault(place):
            raise Failure(f"{place} {fault}, so its record of the host on {home} is not trusted")
    owner = read_owner(home / LOCK)
    holder = f"process {owner['pid']}" if type(owner.get("pid")) is int else "another process"
    listeners = [listener.from_here for listener in _listen(owner) if listener.scheme != "stdio"]
    # A socket file requires no token.
    for address in sorted(listeners, key=lambda listener: listener.scheme != "unix"):
        if address.is_local and not (address.path and _is_of_others(address.path)):
            return address
    elsewhere = ", ".join(map(str, listeners))
    listens_at = f"at {elsewhere} alone, which other machines or users may own" if listeners else ""
    raise Failure(
        f"{home} is in use by {holder}, which listens {listens_at or 'on no socket'}: use"
        " a client of that host, or stop it first"
    )


def _listen(owner: Mapping[str, object]) -> list[Listen]:
    """The addresses in a host's note; invalid ones are skipped."""
    addresses: list[Listen] = []
    texts = owner.get("listen")
    for text in texts if isinstance(texts, list) else ():
        with suppress(ValueError):
            addresses.append(parse_listen(str(text)))
    return addresses


def _ownership_fault(place: Path) -> str | None:
    """Why another user may have written there, as text."""
    try:
        status = place.stat() if place.is_dir() else place.lstat()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
        return "is not a regular file"
    if status.st_uid != os.geteuid():
        return f"belongs to user {status.st_uid}"
    return "can be written by others" if status.st_mode & OF_OTHERS else None


def _is_of_others(socket: Path) -> bool:
    """Whether a socket file belongs to another user; False if there is none."""
    try:
        return socket.stat().st_uid != os.geteuid()
    except OSError:
        return False
