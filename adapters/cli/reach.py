"""A client of a home: through the host that runs on it, or through one opened for the purpose."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from threadhost.adapters.cli.output import Failure
from threadhost.adapters.cli.stored import key_path
from threadhost.adapters.client.client import Client
from threadhost.adapters.client.link import Link
from threadhost.adapters.config import Limits, Listen, parse_listen
from threadhost.adapters.version import product_version
from threadhost.events.store.errors import HomeLocked, StoreError
from threadhost.events.store.home import LOCK
from threadhost.events.store.lock import is_held, read_owner

NAME = "threadhost-cli"
TOKEN_VARIABLE = "THREADHOST_WS_TOKEN"  # noqa: S105
"""Holds the token for a host that asks websocket clients for one."""


@asynccontextmanager
async def client_of(home: Path, key_file: str | None) -> AsyncIterator[Client]:
    """A client of whatever host can act on the home. Raises Failure."""
    if is_held(home):
        token = os.environ.get(TOKEN_VARIABLE, "").strip() or None
        async with connected(_address(home), token=token) as client:
            yield client
        return
    from threadhost.adapters.embed import open_host

    try:
        own = open_host(home, key_file=key_path(key_file))
        async with own as host, host.connect(NAME) as client:
            yield client
    except HomeLocked as error:
        raise Failure(f"{error}; try again") from None
    except StoreError as error:
        raise Failure(str(error)) from None


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


def _address(home: Path) -> Listen:
    """Where the host that holds the home can be reached. Raises Failure."""
    owner = read_owner(home / LOCK)
    listen = [parse_listen(text) for text in owner.get("listen", ())]
    # A socket file asks for no token.
    found = sorted(listen, key=lambda address: address.scheme != "unix")
    reachable = [address.from_here for address in found if address.scheme != "stdio"]
    if not reachable:
        who = f"process {owner['pid']}" if "pid" in owner else "another process"
        raise Failure(
            f"{home} is in use by {who}, which listens on no socket:"
            " ask through its own client, or stop it first"
        )
    return reachable[0]
