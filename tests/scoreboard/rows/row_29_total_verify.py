"""Row 29: any edit of any column, table or file of a home is named by `log verify`, or listed."""

import asyncio
import os
import shutil
import signal
import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

from tests.scoreboard.content import Content, changed, content
from tests.scoreboard.edits import Editor
from tests.scoreboard.row import Budget, Context, Counts, Row
from tests.support.edited_home import EditedHome, grown
from tests.support.store import META, renamed
from threadhost.adapters import inspection
from threadhost.adapters.inspection import InspectionOptions, LogPlace, inspect
from threadhost.events.store import audit
from threadhost.events.store.committer import Idempotency, StreamAppend
from threadhost.events.store.errors import StoreError
from threadhost.events.store.findings import Verdict, Verification
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite import tables
from threadhost.projections import all_views
from threadhost.projections.parity import Parity

ANSWER_S = 20
SCRUB = {(b"text", b"7363727562", b"text", b"647565")}
"""The row of the table `store` that says that something is still to be overwritten."""


def run(context: Context) -> Counts:
    """Each round: a copy of one home, one edit, one look."""
    folder = context.new_folder(lasting=True)
    home = _template(folder / "template")
    before = content(home.home)
    sound = _look(home.home)
    if sound is None or sound.verdict is not Verdict.SOUND or sound.not_looked:
        context.violates("I7", f"a home that nobody edited is {sound}")
    counts: Counter[str] = Counter()
    for number in context.rounds():
        copy = folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(home.home, copy)
        kind, edit = Editor(context.random_of(number), copy, home.kept).edit()
        context.note(kind=kind, edit=edit)
        counts[f"of {kind}"] += 1
        counts[_judged(context, copy, before, edit)] += 1
    return {"edits": context.rounds_done, **dict(sorted(counts.items()))}


def _template(folder: Path) -> EditedHome:
    """A home with a row in each table that a host may fill."""
    home = grown(folder)
    shutil.copy(home.database, home.kept)

    async def more() -> None:
        log = Log.open(home.home, all_views())
        append = StreamAppend(f"thread-{home.other}", [renamed("a name")], snapshot=b"a state")
        await log.append(append, meta=META, idempotency=Idempotency.of("key", b"request"))
        await log.close()

    asyncio.run(more())
    return home


def _judged(context: Context, home: Path, before: Content, edit: str) -> str:
    """What became of an edit, in a word or two."""
    files = _times(home)
    try:
        seen = _look(home)
    except Exception as error:  # noqa: BLE001  (whoever runs the command would see it)
        where = " < ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in _frames(error))
        context.violates("I7", f"{edit}: {error!r} at {where}")
        return "a traceback"
    if _times(home) != files:
        context.violates("I7", f"looking wrote something: {edit}")
    if seen is None:
        return "could not be looked at, in words"
    if seen.verdict is not Verdict.SOUND or seen.not_looked or seen.purged:
        return f"named: {seen.verdict}"
    after = content(home)
    what = changed(before, after)
    if not what:
        return "changed nothing that is read"
    if all(_is_listed(name, before.get(name), after.get(name)) for name in what):
        return "listed as needing an anchor"
    context.violates("I7", f"{edit}: not named, though {sorted(what)} changed")
    return "not named"


def _is_listed(name: str, before: object, after: object) -> bool:
    """Whether docs/cli.md says that only something outside the home could tell.

    What is known of earlier requests; what the host noted of its work; states of threads that were
    kept and may be missing; whether something is still to be overwritten.
    """
    if not (isinstance(before, frozenset) and isinstance(after, frozenset)):
        return False
    listed = {
        "threadhost.db/idempotency": True,
        "threadhost.db/thread_log": True,
        "threadhost.db/snapshots": after < before,
        "threadhost.db/store": before ^ after <= SCRUB,
    }
    return listed.get(name, False)


def _frames(error: Exception) -> list[traceback.FrameSummary]:
    return list(reversed(traceback.extract_tb(error.__traceback__)))[:5]


def _look(home: Path) -> Verification | None:
    """What is seen of a home; None where it is told that nothing could be."""
    with _in_good_time():
        try:
            return inspect(LogPlace(home / "threadhost.db", home), InspectionOptions())
        except (StoreError, sqlite3.Error, OSError):
            return None


@contextmanager
def _in_good_time() -> Iterator[None]:
    """Nothing waits for ever, a pipe for one."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer after {ANSWER_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(ANSWER_S)
    try:
        yield
    except TimeoutError as error:
        raise AssertionError(str(error)) from None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _times(home: Path) -> dict[str, int]:
    """When each file was written last."""
    return {
        str(Path(folder, name)): os.lstat(Path(folder, name)).st_mtime_ns
        for folder, folders, files in os.walk(home)
        for name in (*folders, *files)
    }


def without(place: Any, name: str, instead: object) -> Callable[[], Any]:
    """A fault: something of the product that is looked for is not."""
    return lambda: patch.object(place, name, instead)


def _nothing(*_: object, **__: object) -> list[Any]:
    return []


class Everything:
    """Holds whatever is asked for."""

    def __contains__(self, value: object) -> bool:
        return True


ROW = Row(
    number=29,
    title="any cell, row, table, byte and file of a home edited: named by verify, or listed",
    invariants=("A3", "D1", "I6", "I7"),
    quick=Budget(3_000, seconds_max=115),
    long=Budget(50_000, seconds_max=3600),
    fast=Budget(60, seconds_max=4),
    run=run,
    mutants={
        "verify starts after 0": without(tables, "_check_below", _nothing),
        "heads are not looked at": without(tables, "_check_heads", _nothing),
        "any type of value will do": without(audit, "ROW_TYPES", Everything()),
        "the seal is not looked at": without(tables, "_check_seal", _nothing),
        "views are not compared": without(Parity, "findings", _nothing),
        "keys are not looked at": without(inspection, "key_findings", _nothing),
    },
)
