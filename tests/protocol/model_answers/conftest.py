"""The stage on which models say odd things."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.protocol.model_answers.stage import Stage, staged


@pytest.fixture
async def stage(home: Path) -> AsyncIterator[Stage]:
    """A thread whose model is asked once, whatever becomes of it."""
    async with staged(home) as stage:
        yield stage
