"""A codex home that tests fill."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.codex_home import CodexHome


@pytest.fixture
def codex(tmp_path: Path) -> Iterator[CodexHome]:
    home = CodexHome(tmp_path / "codex")
    yield home
    home.close()
