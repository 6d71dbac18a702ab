"""A home with a small MCP server; hosts and clients are those of all conformance tests."""

from pathlib import Path

import pytest

from tests.support.mcp import SERVER, Notes, table


@pytest.fixture
def home(home: Path) -> Path:
    """A home whose file names the small server."""
    (home / "config.toml").write_text(table("tiny", SERVER, str(Notes(home).path)))
    return home


@pytest.fixture
def notes(home: Path) -> Notes:
    """What the server tells."""
    return Notes(home)
