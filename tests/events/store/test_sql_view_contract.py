"""The event library's own test cases for tracking recorders, views and runners, on SQL databases.

Of its cases these are left out, as nothing here is to pass them: those of process recorders and
event-sourced projections, which record events of their own beside a position, and those of
aggregate recorders, which give no positions. A host's log takes events of its host alone.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from unittest.mock import patch

import pytest
from eventsourcing.dcb.domain import Decision
from eventsourcing.persistence import InfrastructureFactory, Tracking, TrackingRecorder
from eventsourcing.utils import get_topic
from sqlalchemy import BigInteger, Column, MetaData, String, Table, select

from tests.support.targets import targets
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.library_recorder import LibraryRecorder
from threadhost.events.store.target import SqlView, open_target

# The cases stand beside others for a cipher and an encoding whose libraries are not wanted here.
cipher, msgpack = ModuleType("eventsourcing.cipher"), ModuleType("eventsourcing.dcb.msgpack")
vars(cipher)["AESCipher"] = None
vars(msgpack).update(Decision=Decision, InitialDecision=type("InitialDecision", (Decision,), {}))
with patch.dict(sys.modules, {module.__name__: module for module in (cipher, msgpack)}):
    from eventsourcing.tests.persistence import TrackingRecorderTestCase
    from eventsourcing.tests.projection import (
        AggregateEventCountersProjectionTestCase,
        EventCountersView,
        EventCountersViewTestCase,
    )

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.slices]

HERE = Path(__file__).parent
metadata = MetaData()
counts = Table(
    "event_counts",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("number", BigInteger, nullable=False),
)
NAMES = ("created", "subsequent")


class SqlCounters(SqlView, EventCountersView):
    """Counts of events in a table: what the library's cases take for an example of a view."""

    url: ClassVar[str]
    made: ClassVar[list[SqlView]] = []

    def __init__(self) -> None:
        self.made.append(self)
        super().__init__(open_target(self.url, HERE), "counters")
        self.prepare(metadata, "nobody", "")
        with self._engine.begin() as connection:
            connection.execute(counts.insert(), [{"name": name, "number": 0} for name in NAMES])

    def get_created_event_counter(self) -> int:
        return self._number("created")

    def get_subsequent_event_counter(self) -> int:
        return self._number("subsequent")

    def incr_created_event_counter(self, tracking: Tracking) -> None:
        self._increment("created", tracking)

    def incr_subsequent_event_counter(self, tracking: Tracking) -> None:
        self._increment("subsequent", tracking)

    def _number(self, name: str) -> int:
        with self._engine.connect() as connection:
            query = select(counts.c.number).where(counts.c.name == name)
            return int(connection.execute(query).scalar_one())

    def _increment(self, name: str, tracking: Tracking) -> None:
        with self.transaction(tracking) as connection:
            change = counts.update().where(counts.c.name == name)
            connection.execute(change.values(number=counts.c.number + 1))


class SqlFactory(InfrastructureFactory[SqlView]):
    """Applications that write a log of ours in memory, and views in a database."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.logs = ExitStack()

    def aggregate_recorder(self, purpose: str = "events") -> LibraryRecorder:
        return self.application_recorder()

    def application_recorder(self) -> LibraryRecorder:
        return LibraryRecorder(self.logs.enter_context(closing(Database(None))), "log")

    def close(self) -> None:
        self.logs.close()

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> Any:
        return tracking_recorder_class()

    def process_recorder(self) -> Any:
        raise NotImplementedError


class OnSqlite:
    """A new SQLite file for each test."""

    kind: ClassVar[str] = "sqlite"
    url: str

    @pytest.fixture(autouse=True)
    def target(self, tmp_path: Path) -> Iterator[None]:
        with targets(self.kind, tmp_path) as new_target:
            self.url = SqlCounters.url = new_target()
            yield
            while SqlCounters.made:
                SqlCounters.made.pop().close()


@pytest.mark.slices
class OnPostgres(OnSqlite):
    """A new schema of a PostgreSQL server for each test."""

    kind = "postgresql"


class Tracked(TrackingRecorderTestCase):
    """All cases for recorders of positions."""

    url: str

    def create_recorder(self) -> TrackingRecorder:
        view = SqlView(open_target(self.url, HERE), "projection")
        self.addCleanup(view.close)
        return view


class Counting(EventCountersViewTestCase):
    """All cases for a view that counts."""

    def construct_event_counters_view(self) -> EventCountersView:
        return SqlCounters()


class Running(AggregateEventCountersProjectionTestCase):
    """All cases for the library's runner of projections, on a log of ours in memory."""

    view_class = SqlCounters
    env: ClassVar[dict[str, str]] = {"PERSISTENCE_MODULE": get_topic(SqlFactory)}


class TestTrackingOnSqlite(OnSqlite, Tracked): ...


class TestTrackingOnPostgres(OnPostgres, Tracked): ...


class TestCountingOnSqlite(OnSqlite, Counting): ...


class TestCountingOnPostgres(OnPostgres, Counting): ...


class TestRunningOnSqlite(OnSqlite, Running): ...


class TestRunningOnPostgres(OnPostgres, Running): ...


# They are no test cases by themselves.
del Tracked, Counting, Running
del AggregateEventCountersProjectionTestCase, EventCountersViewTestCase, TrackingRecorderTestCase
