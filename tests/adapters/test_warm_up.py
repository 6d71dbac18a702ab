"""What a host imports ahead is there under its name, and does not come before clients."""

import asyncio
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.support.hosts import eventually
from threadhost.adapters import warm_up
from threadhost.adapters.jsonrpc.registry import Registry
from threadhost.adapters.models.echo import EchoClient

LATER = [module for module in warm_up.MODULES if module not in warm_up.OF_A_TURN]


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules in the order in which they are imported, without any time between."""
    order: list[str] = []
    for pause in ("SOON_S", "QUIET_S", "PAUSE_S"):
        monkeypatch.setattr(warm_up, pause, 0)
    monkeypatch.setattr(warm_up, "import_module", order.append)
    return order


def warming(positions: Iterator[int]) -> warm_up.WarmUp:
    return warm_up.WarmUp(Registry(), EchoClient(), lambda: next(positions))


def test_what_is_imported_ahead_exists() -> None:
    assert [name for name in warm_up.MODULES if find_spec(name) is None] == []


async def test_what_a_turn_needs_is_imported_however_much_is_recorded(imported: list[str]) -> None:
    busy = asyncio.create_task(warming(iter(range(10_000))).run())
    await eventually(lambda: len(imported) >= len(warm_up.OF_A_TURN))
    for _ in range(100):
        await asyncio.sleep(0)
    assert imported == list(warm_up.OF_A_TURN)
    busy.cancel()


async def test_all_else_is_imported_once_nothing_is_recorded(imported: list[str]) -> None:
    await warming(iter((1, 1, 2, 2, 2, 2))).run()
    assert imported[len(warm_up.OF_A_TURN) :] == list(warm_up.MODULES)


async def test_it_is_imported_at_last_where_it_is_never_quiet(
    imported: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_up, "LATEST_S", 0)
    await warming(iter(range(10_000))).run()
    assert set(LATER) <= set(imported)
