"""A log with all views, and ways to fill it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support import premade
from tests.support.store import opened
from threadhost.events.store.log import Log
from threadhost.projections import all_views


@pytest_asyncio.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    async with opened(premade.fill(tmp_path / "home"), all_views()) as log:
        yield log
