"""The engines that there are, each held to what a log expects."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.yielding import YieldingEngine, YieldingKeys, Yields
from threadhost.events.store.lock import HomeLock
from threadhost.events.store.port import Engine, Keys, Ownership
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.engine import SqliteEngine
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.recorder import SqlRecorder
from threadhost.testing import EngineContract, KeysContract, OwnershipContract


def engine_on(path: Path | None) -> SqliteEngine:
    """An engine with the tables of a log."""
    return SqliteEngine(SqlRecorder(Database(path), "log").database)


class TestSqliteFile(EngineContract):
    async def opened(self, folder: Any) -> Engine:
        return engine_on(folder / "log.db")


class TestMemory(EngineContract):
    async def opened(self, folder: Any) -> Engine:
        return engine_on(None)


@pytest.mark.slices
class TestYielding(EngineContract):
    """SQLite that yields at every read."""

    @pytest.fixture(autouse=True, params=range(3))
    def seed(self, request: pytest.FixtureRequest) -> None:
        self.yields = Yields(request.param)

    async def opened(self, folder: Any) -> Engine:
        return cast(Engine, YieldingEngine(engine_on(folder / "log.db"), self.yields))

    async def test_reads_that_run_together_come_back_in_another_order(self, engine: Engine) -> None:
        import asyncio

        order: list[int] = []

        async def read(number: int) -> None:
            await engine.of_log()
            order.append(number)

        await asyncio.gather(*map(read, range(20)))
        assert sorted(order) == list(range(20)) != order


class TestKeyFile(KeysContract):
    @pytest.fixture
    def keys(self, tmp_path: Any) -> Iterator[Keys]:
        with closing(KeyRing(tmp_path / "keys.db", bytes(32), "log")) as ring:
            yield ring


class TestKeysInMemory(KeysContract):
    @pytest.fixture
    def keys(self, tmp_path: Any) -> Iterator[Keys]:
        with closing(KeyRing(None, bytes(32), "log")) as ring:
            yield ring


class TestYieldingKeys(KeysContract):
    @pytest.fixture
    def keys(self, tmp_path: Any) -> Iterator[Keys]:
        with closing(KeyRing(tmp_path / "keys.db", bytes(32), "log")) as ring:
            yield cast(Keys, YieldingKeys(ring, Yields(0)))


class TestFlock(OwnershipContract):
    @pytest.fixture
    def another(self, tmp_path: Any) -> Callable[[], Ownership]:
        return lambda: HomeLock(tmp_path)
