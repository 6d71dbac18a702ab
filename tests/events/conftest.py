"""A home for each test, and a log in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.store import opened
from threadhost.events.store.home import prepare_home
from threadhost.events.store.log import Log


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return prepare_home(tmp_path / "home")


@pytest_asyncio.fixture
async def log(home: Path) -> AsyncIterator[Log]:
    async with opened(home) as log:
        yield log
