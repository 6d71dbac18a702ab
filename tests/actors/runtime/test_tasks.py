"""Work beside all else is kept until it is over; what is waited for may take its time."""

import asyncio

import pytest

from tests.support.operator_lines import logged_line
from threadhost.actors.runtime.tasks import begin_beside, set_within


async def test_a_failed_background_task_is_logged_and_released(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def failing() -> None:
        raise LookupError("what a client said")

    kept: set[asyncio.Task[None]] = set()
    begin_beside(failing(), kept)
    assert len(kept) == 1
    await asyncio.wait(kept)
    await asyncio.sleep(0)
    assert kept == set()
    line = logged_line(caplog, "host.fault")
    assert line["what"].endswith("failing")
    assert line["error"].startswith("LookupError at ")
    assert "client" not in str(line)


async def test_an_event_is_awaited_no_longer_than_its_limit() -> None:
    event = asyncio.Event()
    assert not await set_within(event, 0)
    waiting = asyncio.create_task(set_within(event, 60))
    await asyncio.sleep(0)
    event.set()
    assert await waiting
