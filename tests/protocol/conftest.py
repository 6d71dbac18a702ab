"""Hosts for the conformance tests, the same tests over every transport."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support import premade
from tests.support.client import Client
from tests.support.server import TRANSPORTS, Host, Transport, short_lived_home

FAST = "stdio"
"""Lines over a pair of sockets, the cheapest; the other transports are tried with the slices."""
MARKED = [t if t == FAST else pytest.param(t, marks=pytest.mark.slices) for t in TRANSPORTS]


@pytest.fixture(params=MARKED)
def transport(request: pytest.FixtureRequest) -> Transport:
    """Each transport in turn."""
    chosen: Transport = request.param
    return chosen


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with an empty log in it."""
    with short_lived_home() as folder:
        yield premade.fill(folder)


@pytest.fixture
async def host(home: Path) -> AsyncIterator[Host]:
    """A host over one transport, for what no transport can change."""
    async with Host(home) as host:
        yield host


@pytest.fixture
async def each_host(home: Path, transport: Transport) -> AsyncIterator[Host]:
    """A host over each transport in turn."""
    async with Host(home, transport) as host:
        yield host


@pytest.fixture
async def client(host: Host) -> Client:
    """An initialised connection to `host`."""
    return await host.client()
