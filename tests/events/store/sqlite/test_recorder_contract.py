"""The event library's own test cases for recorders, run on ours: on a file and in memory."""

import sys
import tempfile
from pathlib import Path
from types import ModuleType
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import ApplicationRecorder

from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.library_recorder import LibraryRecorder

# The cases for recorders stand beside cases for a cipher whose library is not wanted here.
cipher = ModuleType("eventsourcing.cipher")
vars(cipher)["AESCipher"] = None
with patch.dict(sys.modules, {"eventsourcing.cipher": cipher}):
    from eventsourcing.tests.persistence import (
        ApplicationRecorderTestCase,
        NonInterleavingNotificationIDsBaseCase,
    )

pytestmark = pytest.mark.filterwarnings("default")


class OnFile:
    """Recorders on files that go with the test."""

    databases: list[Database]

    def setUp(self) -> None:
        self.databases = []
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self) -> None:
        for database in self.databases:
            database.close()
        self.folder.cleanup()

    def new_originator_id(self) -> UUID | str:
        return str(uuid4())

    def create_recorder(self) -> ApplicationRecorder:
        database = Database(self.path())
        self.databases.append(database)
        return LibraryRecorder(database, "log")

    def path(self) -> Path | None:
        return Path(self.folder.name) / "events.db"


class InMemory(OnFile):
    """Recorders that leave nothing on disk."""

    def path(self) -> Path | None:
        return None


class Subscribing(ApplicationRecorderTestCase[ApplicationRecorder]):
    """All cases for recorders of an application, and that for those that are followed."""

    def test_inserted_events_reach_subscribers(self) -> None:
        self.optional_test_insert_subscribe()


class TestRecorderOnFile(OnFile, Subscribing):
    """On a file."""


class TestRecorderInMemory(InMemory, Subscribing):
    """The same, without a file."""


del Subscribing  # it is no test case by itself


class TestPositionsOnFile(OnFile, NonInterleavingNotificationIDsBaseCase):
    """Writers that race never mix their positions."""


class TestPositionsInMemory(InMemory, NonInterleavingNotificationIDsBaseCase):
    """The same, without a file."""
