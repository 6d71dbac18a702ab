"""Work that is begun at once, and goes on as a task only if it has to wait."""

import asyncio

import pytest

from threadhost.events.store.eager import start_eagerly


async def test_work_that_need_not_wait_is_done_at_once() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    assert start_eagerly(work()) is None
    assert done == [1]


async def test_work_that_waits_continues_as_a_task() -> None:
    steps: list[str] = []
    go = asyncio.Event()

    async def work() -> None:
        steps.append("begun")
        await go.wait()
        steps.append("gone on")
        await asyncio.sleep(0)
        steps.append("over")

    rest = start_eagerly(work())
    assert steps == ["begun"]
    assert rest is not None
    await asyncio.sleep(0)
    go.set()
    await rest
    assert steps == ["begun", "gone on", "over"]


async def test_an_exception_is_raised_where_the_work_is_started_or_awaited() -> None:
    async def at_once() -> None:
        raise KeyError("at once")

    async def later() -> None:
        await asyncio.sleep(0)
        raise KeyError("later")

    with pytest.raises(KeyError, match="at once"):
        start_eagerly(at_once())
    rest = start_eagerly(later())
    assert rest is not None
    with pytest.raises(KeyError, match="later"):
        await rest
