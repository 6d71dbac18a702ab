"""A host for the clients of one file, and a person who uses the codex program with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.codex import Codex
from tests.clients.served import Other, served


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Other]]:
    """The address of a host on which models may ask the user, and another client of it."""
    home = tmp_path_factory.mktemp("host")
    with served(home / "home", "--user-input", "on") as address:
        yield address


@pytest.fixture
def other(host: tuple[str, Other]) -> Other:
    """Another client of the host."""
    return host[1]


@pytest.fixture
def codex(host: tuple[str, Other], tmp_path: Path) -> Codex:
    """The codex program, connected to the host."""
    return Codex(tmp_path, host[0])
