"""Copies of a home, and views made anew, that die or find no space at the N-th write.

Under the shim: python -m tests.crash.copies kill|full KIND FOLDER STRIDE, a KIND as in `KINDS`.

Prints how many points there were, and violations, as one JSON line.
"""

import asyncio
import errno
import json
import shutil
import sqlite3
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.crash import shim
from tests.crash.points import live
from tests.scoreboard.forks import Tell
from tests.support.edited_home import EditedHome, grown, started
from tests.support.home_of_0_1 import downgraded
from tests.support.log_database import connected
from tests.support.store import opened
from threadhost.adapters import restoring
from threadhost.adapters.inspection import InspectionOptions, LogPlace, inspect
from threadhost.events.store.errors import StoreError, StoreMismatch
from threadhost.events.store.findings import Verdict
from threadhost.events.store.home import require_restored
from threadhost.events.store.sqlite import database
from threadhost.events.store.sqlite.backup import BackupFiles, back_up
from threadhost.events.store.sqlite.backup_erasure import erase_in_backup
from threadhost.events.store.sqlite.engine import SqliteReads, run_sync
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase
from threadhost.events.store.sqlite.schema import HAS_TABLE
from threadhost.projections import all_views
from threadhost.projections.online_rebuild import OnlineRebuild
from threadhost.projections.rebuild import dump

AT_MS = 1_763_798_400_000
REPLACE = restoring.RestoreOptions(replace=True, delete_again=True)
PRAGMAS = database.PRAGMAS
VIOLATIONS_MAX = 5
BESIDE_IT = {"threadhost.db-wal", "threadhost.db-shm", "keys.db-wal", "keys.db-shm"}
"""Files that a death leaves, and the next end of a host takes away or empties."""


class Backups:
    """Backups of a home; the file is whole if it is there."""

    def __init__(self, grown_home: EditedHome) -> None:
        self._home = grown_home

    def lay_out(self, folder: Path) -> None:
        """Nothing has to be there."""

    def work(self, folder: Path) -> None:
        """Make one."""
        back_up(self._home.home, BackupFiles(folder / "b"), None, {}, AT_MS)

    def fault(self, folder: Path, *, is_over: bool) -> str | None:
        """What is wrong with what is left."""
        if not (folder / "b").exists():
            return "it is not there, though it was made" if is_over else self._again(folder)
        return self._put_back(folder)

    def _again(self, folder: Path) -> str | None:
        self.work(folder)
        return self._put_back(folder)

    def _put_back(self, folder: Path) -> str | None:
        restored(folder / "new", folder / "b")
        return unsound(folder / "new")


class Restores:
    """Restores into a home whose log goes on, and deleted one thread of the backup and one more."""

    def __init__(self, grown_home: EditedHome) -> None:
        self._home = grown_home
        self._file = grown_home.kept / "b"
        back_up(grown_home.home, BackupFiles(self._file), None, {}, AT_MS)
        self._deleted = {grown_home.large, asyncio.run(_say_more(grown_home))}
        self._later = last_position(grown_home.home)

    def lay_out(self, folder: Path) -> None:
        """A home with a later log."""
        shutil.copytree(self._home.home, folder / "home")

    def work(self, folder: Path) -> None:
        """Put the backup back over it."""
        restored(folder / "home", self._file)

    def fault(self, folder: Path, *, is_over: bool) -> str | None:
        """What is wrong with the home, as it is or once the restore was ended."""
        home = folder / "home"
        try:
            require_restored(home)
        except StoreMismatch:
            restoring.end_interrupted(home)
        if fault := unsound(home):
            return fault
        if brought_back := self._deleted - deleted_in(home):
            return f"brought back, or to be: {brought_back}"
        is_later = last_position(home) == self._later
        if is_over and is_later:
            return "it is not put back"
        left = {"restoring", "restored"} & {path.name for path in home.iterdir()}
        return f"left: {left}" if left else None


class Erasures:
    """Erasing from a backup of which the home has deleted a thread since."""

    def __init__(self, grown_home: EditedHome) -> None:
        self._home = grown_home
        self._file = grown_home.kept / "b"
        back_up(grown_home.home, BackupFiles(self._file), None, {}, AT_MS)
        before = keys_in(self._file)
        asyncio.run(_delete(grown_home))
        erased = grown_home.kept / "erased"
        shutil.copy(self._file, erased)
        erase_in_backup(grown_home.home, erased)
        gone = before.keys() - keys_in(erased).keys()
        self._erased = [before[number] for number in gone]

    def lay_out(self, folder: Path) -> None:
        """The backup."""
        shutil.copy(self._file, folder / "b")

    def work(self, folder: Path) -> None:
        """Erase."""
        erase_in_backup(self._home.home, folder / "b")

    def fault(self, folder: Path, *, is_over: bool) -> str | None:
        """What is wrong with the backup, as it is and once it was erased from again."""
        keys_in(folder / "b")  # it is whole all the time
        self.work(folder)
        if left := [path.name for path in folder.iterdir() if path.name != "b"]:
            return f"left: {left}"
        if any(key in (folder / "b").read_bytes() for key in self._erased):
            return "an erased key is there"
        restored(folder / "new", folder / "b")
        return unsound(folder / "new")


class Rebuilds:
    """Views made anew of which some rows are not what the log says."""

    edited: tuple[str, ...] = (
        "UPDATE threads SET archived = TRUE WHERE id = '{living}'",
        "DELETE FROM turns WHERE thread_id = '{large}'",
        "UPDATE items SET turn_id = 'another' WHERE thread_id = '{other}'",
        "UPDATE thread_texts SET name = 'not to be' WHERE thread_id = '{other}'",
        "INSERT INTO thread_texts (thread_id, preview) VALUES ('nobody', 'not to be')",
    )

    def __init__(self, grown_home: EditedHome) -> None:
        self._right = views_of(grown_home.home)
        self._home = grown_home.sql(*self.edited)
        self._odd = views_of(grown_home.home)
        self._files = files_of(grown_home.home)

    def lay_out(self, folder: Path) -> None:
        """A home whose views are wrong."""
        shutil.copytree(self._home.home, folder / "home")

    def work(self, folder: Path) -> None:
        """Make them anew."""
        asyncio.run(_renew(folder / "home"))

    def fault(self, folder: Path, *, is_over: bool) -> str | None:
        """What is wrong with them as they are left, once a host ran, and once they are made."""
        home, good = folder / "home", (self._right,) if is_over else (self._right, self._odd)
        if (left := views_of(home)) not in good:
            return f"half of them are made: {differing(left, self._right)}"
        asyncio.run(_start(home))
        if views_of(home) != self._right:  # one that finds the files changed makes them, too
            return "a start left them wrong"
        if more := files_of(home) ^ self._files:
            return f"left, or gone: {more}"
        self.work(folder)
        return None if views_of(home) == self._right else "they cannot be made again"


class Remakes(Rebuilds):
    """The same where the tables themselves are not as they should be."""

    edited = (*Rebuilds.edited, "DROP INDEX threads_parent")


class Upgrades:
    """Upgrades of the log of version 0.1, which are written as the rows are moved."""

    def __init__(self, grown_home: EditedHome) -> None:
        self._home = downgraded(grown_home.home)
        self._events, self._files = events_of(self._home), files_of(self._home)

    def lay_out(self, folder: Path) -> None:
        """The home as a host of version 0.1 left it."""
        shutil.copytree(self._home, folder / "home")

    def work(self, folder: Path) -> None:
        """Start a host on it, whose cache has no room for the changes."""
        database.PRAGMAS = (*PRAGMAS[:-1], "PRAGMA cache_size=4")
        asyncio.run(_open(folder / "home"))

    def fault(self, folder: Path, *, is_over: bool) -> str | None:
        """What is wrong with the home, as it is or once the upgrade was ended."""
        home = folder / "home"
        if fault := unsound(home):
            return fault
        if events_of(home) != self._events:
            return "its events are others"
        self.work(folder)
        if events_of(home) != self._events or has_table(home, "events"):
            return "the next start does not end it"
        left = files_of(home) ^ self._files
        return f"left: {left}" if left else unsound(home)


async def _open(home: Path) -> None:
    async with opened(home, all_views()):
        pass


def events_of(home: Path) -> list[tuple[Any, ...]]:
    """All rows of a log, in whichever format."""
    with closing(ReadOnlyDatabase(home / "threadhost.db")) as log:
        return list(map(tuple, log.rows("SELECT * FROM events ORDER BY position")))


def has_table(home: Path, name: str) -> bool:
    """Whether a log has a table."""
    with closing(ReadOnlyDatabase(home / "threadhost.db")) as log:
        return bool(log.rows(HAS_TABLE, (name,)))


async def _renew(home: Path) -> None:
    async with opened(home, all_views()) as log:
        await OnlineRebuild(log, all_views()).run(lambda _done, _total: None)


async def _start(home: Path) -> None:
    async with started(home):
        pass


def views_of(home: Path) -> list[str]:
    """All rows of the views as they lie, with the rules that they were made by."""
    with closing(ReadOnlyDatabase(home / "threadhost.db")) as log:
        reads = SqliteReads(log)
        indices = log.rows("SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY 1")
        rules = log.rows("SELECT * FROM view_rules")
        return [*run_sync(dump(reads, all_views())), *map(repr, map(tuple, [*indices, *rules]))]


def differing(some: list[str], others: list[str]) -> list[str]:
    """What only one of the two has."""
    return sorted(set(some) ^ set(others))


def files_of(home: Path) -> set[str]:
    """The names of all files of a home at rest."""
    return {str(path.relative_to(home)) for path in home.rglob("*")} - BESIDE_IT


def keys_in(file: Path) -> dict[int, bytes]:
    """The wrapped keys in a backup, by number."""
    with tarfile.open(file) as archive:
        content = archive.extractfile("keys.db")
        assert content is not None
        with closing(sqlite3.connect(":memory:")) as ring:
            ring.deserialize(content.read())
            return dict(ring.execute("SELECT id, wrapped FROM keys").fetchall())


async def _delete(home: EditedHome) -> None:
    async with started(home.home) as client:
        await client.delete_thread(home.large)


async def _say_more(home: EditedHome) -> str:
    """Go on after the backup, and delete; the thread that the backup never had."""
    async with started(home.home) as client:
        later = (await client.start_thread()).id
        await client.run_turn(later, "after the backup")
        for thread_id in (later, home.large):
            await client.delete_thread(thread_id)
    return str(later)


def deleted_in(home: Path) -> set[str]:
    """The threads that a home knows as deleted."""
    with closing(connected(home / "threadhost.db")) as log:
        rows = log.execute("SELECT stream FROM stream_state WHERE state = 'closed'").fetchall()
    return {stream.removeprefix("thread-") for (stream,) in rows}


def restored(home: Path, file: Path) -> None:
    """Put a backup into a home."""
    asyncio.run(restoring.restore_backup(home, restoring.Backup(file), REPLACE, AT_MS))


def last_position(home: Path) -> int:
    """The end of a home's log."""
    return inspect(LogPlace.of(home), InspectionOptions(log_only=True)).end.position


def unsound(home: Path) -> str | None:
    """What is not as it should be in a home."""
    seen = inspect(LogPlace.of(home), InspectionOptions())
    return None if seen.verdict is Verdict.SOUND else f"{seen.verdict}: {seen.findings[0]}"


KINDS: dict[
    str, type[Backups] | type[Restores] | type[Erasures] | type[Rebuilds] | type[Upgrades]
] = {
    "backup": Backups,
    "restore": Restores,
    "erase": Erasures,
    "rebuild": Rebuilds,
    "remake": Remakes,
    "upgrade": Upgrades,
}


def every(what: str, kind: str, folder: Path, stride: int) -> dict[str, Any]:
    """The work with a death, or without space, at every `stride`-th write."""
    home = grown(folder / "grown")
    cases = KINDS[kind](home)
    violations: list[str] = []

    def tried(point: int) -> list[dict[str, Any]]:
        place = folder / str(point)
        place.mkdir()
        cases.lay_out(place)
        reports, _ = live(lambda tell: _life(what, cases.work, place, point, tell))
        told = [report["complaint"] for report in reports if "complaint" in report]
        fault = cases.fault(place, is_over=any("done" in report for report in reports))
        violations.extend(f"{what} at {point}: {one}" for one in [*told, fault] if one)
        shutil.rmtree(place)
        return reports

    points: int = next(report["points"] for report in tried(0) if "points" in report)
    tries = range(1, points + 1, stride)
    for point in tries:
        tried(point)
        if len(violations) > VIOLATIONS_MAX:
            break
    return {"points": points, "tried": len(tries), "violations": violations}


def _life(what: str, work: Callable[[Path], None], place: Path, point: int, tell: Tell) -> None:
    if what == "kill":
        shim.arm(place, kill_at=point)
    else:
        shim.arm(place)
        shim.fail(shim.WRITE, point or 10**9, 0, errno.ENOSPC)
    try:
        work(place)
        tell(done=True)
    except StoreError as error:
        if not any(words in str(error) for words in ("nothing was changed", "space", "again")):
            tell(complaint=f"it says {error}")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            tell(complaint=f"it says {error!r}")
    except BaseException as error:  # noqa: BLE001  (whatever it is, it is told)
        tell(complaint=f"it raised {error!r}")
    tell(points=shim.count() if what == "kill" else shim.seen())


def main() -> None:
    """Do what the command line says."""
    what, kind, folder, stride = sys.argv[1:]
    sys.stdout.write(json.dumps(every(what, kind, Path(folder), int(stride))))


if __name__ == "__main__":
    main()
