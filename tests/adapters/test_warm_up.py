"""Modules that a host imports ahead exist, and are not imported while clients work."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from itertools import chain, count, repeat

import pytest

from threadhost.adapters import warm_up
from threadhost.adapters.jsonrpc.registry import Registry
from threadhost.adapters.models.echo import EchoClient

ALL = [*warm_up.OF_A_TURN, *warm_up.MODULES]


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules in the order of their import; the pauses take no time."""
    order: list[str] = []
    for pause in ("QUIET_S", "PAUSE_S"):
        monkeypatch.setattr(warm_up, pause, 0)
    monkeypatch.setattr(warm_up, "import_module", order.append)
    return order


def warming(position: Callable[[], int]) -> warm_up.WarmUp:
    return warm_up.WarmUp(Registry(), EchoClient(), position)


def rising() -> Callable[[], int]:
    """The position of a log that grows all the time."""
    return partial(next, iter(range(1, 10_000)))


def test_every_module_that_is_imported_ahead_exists() -> None:
    assert [name for name in ALL if find_spec(name) is None] == []


async def test_no_module_is_imported_ahead_while_events_are_recorded(imported: list[str]) -> None:
    busy = asyncio.create_task(warming(rising()).run())
    for _ in range(100):
        await asyncio.sleep(0)
    assert imported == []
    busy.cancel()


async def test_all_modules_are_imported_ahead_once_no_events_are_recorded(
    imported: list[str],
) -> None:
    positions: Iterator[int] = chain((1, 2), repeat(2))
    await warming(partial(next, positions)).run()
    assert imported == ALL


async def test_the_warm_up_pauses_as_soon_as_an_event_is_recorded(imported: list[str]) -> None:
    is_busy = asyncio.Event()

    def positions() -> Iterator[int]:
        yield from repeat(0, 10)
        is_busy.set()
        yield from count(1)

    warm_up = asyncio.create_task(warming(partial(next, positions())).run())
    await is_busy.wait()
    done = len(imported)
    for _ in range(100):
        await asyncio.sleep(0)
    assert 0 < done == len(imported) < len(ALL)
    warm_up.cancel()


async def test_the_warm_up_ends_even_on_a_host_that_is_never_idle(
    imported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_up, "LATEST_S", 0)
    await warming(rising()).run()
    assert imported == ALL
