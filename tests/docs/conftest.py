"""The program as users have it, built and installed once for all tests of the documents."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installed import Installed, built


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Shared by all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    is_worker = base.name.startswith("popen-")
    return built((base.parent if is_worker else base) / "installed")


@pytest.fixture
def desk() -> Iterator[Path]:
    """An empty folder with a short name: the path of a socket file has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="th-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
