"""Hosts for the tests of live threads: in memory, unless a test opens a home of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.support.hosts import Rig, open_rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with open_rig() as rig:
        yield rig
