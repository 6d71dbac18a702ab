"""A host for the tests of deletion, over a home on disk and over a store that is not local."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import premade
from tests.support.hosts import Rig, open_rig


@pytest.fixture(params=["home", pytest.param("memory", marks=pytest.mark.slices)])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    home = premade.fill(tmp_path / "home") if request.param == "home" else None
    async with open_rig(home) as rig:
        yield rig
