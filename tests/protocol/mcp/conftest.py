"""A host with a small MCP server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.client import Client
from tests.support.mcp import SERVER, Notes, table
from tests.support.server import Host


@pytest.fixture
def notes(home: Path) -> Notes:
    """What the server tells."""
    return Notes(home)


@pytest.fixture
async def host(home: Path, notes: Notes) -> AsyncIterator[Host]:
    """A host with the small server."""
    (home / "config.toml").write_text(table("tiny", SERVER, str(notes.path)))
    host = Host(home)
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
async def client(host: Host) -> Client:
    """An initialised connection to it."""
    return await host.client()
