"""A home with a large, a deleted and a living thread in it, to be edited as somebody else would."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import threadhost
from tests.support.log_database import connected
from tests.support.program import run_here
from threadhost.events.store.chain import link
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.rows import LINKED_COLUMNS
from threadhost.events.store.rules import COLUMNS

LARGE_CHARS = 100_000
CUT = (
    "DELETE FROM events WHERE position > {last} - 5",
    "DELETE FROM stream_state WHERE stream NOT IN (SELECT stream FROM events)",
    (
        "UPDATE stream_state SET version ="
        " (SELECT max(version) FROM events WHERE events.stream = stream_state.stream)"
    ),
)
"""The end is gone, and everything beside it says so, save the seal."""


@dataclass(frozen=True)
class EditedHome:
    """A home at rest, what is in it by name, and copies of what it held before."""

    home: Path
    kept: Path
    large: str
    deleted: str
    living: str
    other: str

    @property
    def database(self) -> Path:
        """The file of the log."""
        return self.home / "threadhost.db"

    @property
    def blob(self) -> Path:
        """The one large payload, as a file."""
        (blob,) = (self.home / "blobs" / f"thread-{self.large}").iterdir()
        return blob

    @property
    def last(self) -> int:
        """The end of the log."""
        return int(self.value("SELECT max(position) FROM events"))

    @property
    def blob_position(self) -> int:
        """Where the event is whose payload the blob holds."""
        return int(self.value("SELECT position FROM events WHERE blob IS NOT NULL"))

    def item(self, number: int) -> int:
        """The position of an item of the living thread, the first or the second."""
        select = "SELECT position FROM events WHERE stream = ? AND type LIKE 'turn.item%'"
        rows = self.rows(f"{select} ORDER BY position", (f"thread-{self.living}",))
        return int(rows[number - 1][0])

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[Any]:
        """What a query says of the log's database."""
        with closing(connected(self.database)) as connection:
            return connection.execute(query, values).fetchall()

    def value(self, query: str, values: tuple[object, ...] = ()) -> Any:
        """The one value that a query says."""
        return self.rows(query, values)[0][0]

    def sql(self, *statements: str) -> "EditedHome":
        """Edit the database; `{last}` and the like stand for what is in the home."""
        about = {**vars(self), "last": self.last, "n": self.item(2), "m": self.item(1)}
        with closing(connected(self.database, isolation_level=None)) as connection:
            connection.create_function("sha256", 1, lambda value: sha256(value).digest())
            for statement in statements:
                connection.execute(statement.format(**about))
        return self

    def rechain(self, first: int) -> "EditedHome":
        """Compute the chain anew for each row from a position on."""
        columns = ", ".join(COLUMNS)
        rows = self.rows(f"SELECT {columns} FROM events WHERE position >= ?", (first,))
        chain = self.value("SELECT chain FROM events WHERE position = ?", (first - 1,))
        with closing(connected(self.database)) as connection, connection:
            for row in sorted(rows):
                chain = link(chain, row[:LINKED_COLUMNS], row[-2])
                change = "UPDATE events SET chain = ? WHERE position = ?"
                connection.execute(change, (chain, row[0]))
        return self

    def sh(self, script: str) -> "EditedHome":
        """Edit files; `{home}` and the like stand for what they are."""
        about = {**vars(self), "blob": self.blob if "{blob}" in script else ""}
        subprocess.run(["/bin/sh", "-ec", script.format(**about)], check=True, timeout=20)
        return self

    def verify(self, *words: str) -> tuple[int, dict[str, Any]]:
        """What `log verify` says: its exit code, and its document."""
        done = run_here("log", "verify", "--home", str(self.home), "--json", *words)
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    def words(self, *words: str) -> str:
        """What `log verify` says to people."""
        return run_here("log", "verify", "--home", str(self.home), *words).stdout

    def copied(self, to: Path) -> "EditedHome":
        """The same elsewhere, with the times of its files."""
        shutil.copytree(self.home.parent, to)
        return replace(self, home=to / "home", kept=to / "kept")


def grown(folder: Path) -> EditedHome:
    """Make one."""
    (folder / "kept").mkdir(parents=True)
    return asyncio.run(_grow(folder / "home", folder / "kept"))


async def _grow(home: Path, kept: Path) -> EditedHome:
    async with threadhost.open(home, model="echo:an answer") as host, host.connect("grower") as c:
        large, deleted, living, other = [(await c.start_thread()).id for _ in range(4)]
        await c.run_turn(large, "small")
        await c.run_turn(large, "x" * LARGE_CHARS)
        await c.run_turn(deleted, "what is deleted")
        shutil.copy(home / "keys.db", kept)
        await c.delete_thread(deleted)
        for text in ("the first words", "more words"):
            await c.run_turn(living, text)
        await c.run_turn(other, "others")
    return EditedHome(home, kept, large, deleted, living, other)


@asynccontextmanager
async def started(home: Path) -> AsyncIterator[threadhost.Client]:
    """A client of a host that was started on the home."""
    async with threadhost.open(home, model="echo") as host, host.connect() as client:
        yield client


async def refusal(home: Path) -> str:
    """Why a host does not start on the home."""
    try:
        async with started(home):
            pass
    except StoreMismatch as error:
        return str(error)
    raise AssertionError("it started")


def log_text(caplog: pytest.LogCaptureFixture) -> str:
    """What the host's log said, a line each."""
    return "\n".join(record.getMessage() for record in caplog.records)


Edit = Callable[[EditedHome], object]
