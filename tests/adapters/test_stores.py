"""Other stores beneath a whole host, against the contract for clients."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from tests.support.yielding import yielding
from threadhost.events.store.errors import StoreFailed
from threadhost.events.store.log import Log
from threadhost.events.store.port import Engine
from threadhost.events.store.recorder import Opened
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.engine import SqliteEngine
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.opening import SqliteOpened, open_in_memory
from threadhost.events.store.sqlite.recorder import SqlRecorder
from threadhost.projections.base import Views
from threadhost.testing import EngineContract, HostContract

OnFailure = Callable[[StoreFailed], None]


def elsewhere(folder: Path) -> SqliteOpened:
    """A store without a home: a file, and keys in memory."""
    database = Database(folder / "log.db")
    recorder = SqlRecorder(database, "log")
    return Opened(SqliteEngine(database), recorder, KeyRing(None, bytes(32), recorder.log_id))


class TestInMemory(HostContract):
    def opened(self, folder: Path, views: Views, on_failure: OnFailure) -> Log:
        return Log(open_in_memory(), None, views, on_failure)


class TestElsewhere(HostContract):
    def opened(self, folder: Path, views: Views, on_failure: OnFailure) -> Log:
        return Log(elsewhere(folder), None, views, on_failure)


class TestYielding(HostContract):
    """A store behind a network: each read suspends."""

    @pytest.fixture(autouse=True)
    def yields(self) -> Iterator[None]:
        with yielding():
            yield

    def opened(self, folder: Path, views: Views, on_failure: OnFailure) -> Log:
        return Log.in_memory(views)


class _Keeping:
    """An engine that cannot delete, and can everything else."""

    can_delete = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class TestWithoutDeletion(HostContract):
    can_delete: ClassVar[bool] = False

    def opened(self, folder: Path, views: Views, on_failure: OnFailure) -> Log:
        engine, recorder, keys, _ = elsewhere(folder)
        keeping = cast(Engine, _Keeping(engine))
        return Log(Opened(keeping, recorder, keys), None, views, on_failure)


def test_the_example_on_the_page_about_stores_uses_the_existing_suites() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "stores.md"
    (program,) = re.findall(r"```Python\n(.*?)```", page.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)
    assert issubclass(names["TestEngine"], EngineContract)
    assert issubclass(names["TestHost"], HostContract)
