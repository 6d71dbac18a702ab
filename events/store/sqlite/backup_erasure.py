"""Erasing from a backup what its home knows as deleted: the keys in it are destroyed."""

import os
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

from threadhost.events.failpoints import reach
from threadhost.events.ids import thread_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.archive import read_member, rewritten
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.findings import Verdict
from threadhost.events.store.home import DATABASE, KEYS, sync_folder
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.audit_keys import look_at_keys
from threadhost.events.store.sqlite.faults import in_our_words
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase

NEW, OLD = ".new", ".old"
PIECE_BYTES = 1 << 20


class ErasedKeys(NamedTuple):
    """How many keys were destroyed in a backup, and of which threads; how many it has left."""

    keys: int
    threads: Sequence[str]
    left: int


def erase_in_backup(home: Path, file: Path) -> ErasedKeys:
    """Destroy the keys in a backup whose threads its home knows as deleted.

    The file is written anew and takes the place of the old one, whose keys are overwritten; what
    was interrupted is finished by another run. A host may run on the home. Raises StoreMismatch for
    what is no backup of that log, or holds no keys; or OSError.
    """
    with in_our_words(home):
        _finish(file)
        known = look_at_keys(home / KEYS)
        manifest, place, keys = read_member(file, KEYS)
        if manifest.about.get("logId") != known.log_id:
            raise StoreMismatch(
                f"{file} is of log {manifest.about.get('logId')}, and {home} holds log"
                f" {known.log_id}; give the home that it is of"
            )
        if keys is None:
            raise StoreMismatch(
                f"{file} holds no keys, so nobody reads it without them; give the file that"
                " --keys-separate wrote"
            )
        changed, gone, left = _without(keys, known.destroyed)
        if gone:
            _replace(file, changed, place)
        return ErasedKeys(len(gone), _threads_of(home, gone), left)


def _without(keys: bytes, destroyed: Collection[int]) -> tuple[bytes, frozenset[int], int]:
    """A file of keys without these, which it notes as destroyed; those it had, and how many stay.

    It is written anew in memory, so that no byte of what went is left in a gap of its pages.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.deserialize(keys)
        here = {row[0] for row in database.execute("SELECT id FROM keys")}
        gone = frozenset(here.intersection(destroyed))
        numbers = [(number,) for number in gone]
        database.execute("BEGIN")
        database.executemany("DELETE FROM keys WHERE id = ?", numbers)
        database.executemany("INSERT OR IGNORE INTO destroyed VALUES (?)", numbers)
        database.execute("COMMIT")
        database.execute("VACUUM")
        return bytes(database.serialize()), gone, len(here) - len(gone)


def _replace(file: Path, keys: bytes, place: tuple[int, int]) -> None:
    """Put the backup with these keys in the place of the other, whose keys are overwritten last."""
    new, old = (file.with_name(file.name + ending) for ending in (NEW, OLD))
    new.unlink(missing_ok=True)
    rewritten(file, new, {KEYS: keys}, {"verdict": Verdict.KEY_MISSING.value})
    reach("erase.written")
    os.link(file, old)
    sync_folder(file.parent)
    reach("erase.kept")
    new.replace(file)
    sync_folder(file.parent)
    reach("erase.replaced")
    _wipe(old, place)


def _finish(file: Path) -> None:
    """Wipe what an interrupted run left; where it had not replaced the file, that is kept."""
    new, old = (file.with_name(file.name + ending) for ending in (NEW, OLD))
    if old.exists() and not (file.exists() and old.samefile(file)):
        _, place, keys = read_member(old, KEYS)
        _wipe(old, place if keys is not None else (0, 0))
    old.unlink(missing_ok=True)
    new.unlink(missing_ok=True)


def _wipe(path: Path, place: tuple[int, int]) -> None:
    """Overwrite a part of a file that nobody needs, and remove it."""
    at, size = place
    with path.open("r+b") as out:
        out.seek(at)
        for start in range(0, size, PIECE_BYTES):
            out.write(bytes(min(PIECE_BYTES, size - start)))
        out.flush()
        os.fsync(out.fileno())
    path.unlink()
    sync_folder(path.parent)


def _threads_of(home: Path, numbers: Collection[int]) -> list[str]:
    """The threads whose keys have these numbers, as far as the home's log can be read."""
    found: Mapping[int, str] = {}
    with suppress(sqlite3.Error, StoreMismatch), closing(ReadOnlyDatabase(home / DATABASE)) as log:
        found = {row[1]: row[0] for row in RawRows(log).all(schema.KEYS_OF_CLOSED)}
    streams = filter(None, map(found.get, numbers))
    return sorted(filter(None, map(thread_of, streams)))
