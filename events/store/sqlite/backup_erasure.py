"""Erases from a backup the threads that its home knows as deleted: their keys are destroyed."""

import os
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

from threadhost.events.failpoints import reach
from threadhost.events.ids import job_of, memory_of, thread_of
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.archive import Manifest, read_member, rewritten
from threadhost.events.store.beside import locked_sibling_folder, place_beside
from threadhost.events.store.errors import StoreMismatch, StoreUnavailable
from threadhost.events.store.faults import space_for, system_words
from threadhost.events.store.files import require_own
from threadhost.events.store.findings import Verdict
from threadhost.events.store.home import DATABASE, KEYS, sync_folder
from threadhost.events.store.rules import tombstones
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.audit_keys import look_at_keys
from threadhost.events.store.sqlite.database import through_no_view
from threadhost.events.store.sqlite.faults import translate_errors, words_of
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase
from threadhost.events.store.sqlite.restore import has_other_history
from threadhost.events.store.sqlite.verify import log_id_of

ERASING = ".erasing"
NEW, OLD = "new", "old"
PIECE_BYTES = 1 << 20


class ErasedKeys(NamedTuple):
    """How many keys were destroyed in a backup, of what, and how many keys are left.

    The ids are those of threads, jobs and texts of memory that the home's log names.
    """

    keys: int
    threads: Sequence[str]
    left: int
    jobs: Sequence[str] = ()
    texts: Sequence[str] = ()


def erase_in_backup(home: Path, file: Path) -> ErasedKeys:
    """Destroy the keys in a backup whose threads its home knows as deleted.

    A new file replaces the old one, whose keys are overwritten; another run finishes an interrupted
    one. A host may run on the home. Raises StoreMismatch if the file is not a backup of that log's
    past, or holds no keys; or OSError.
    """
    if require_own(file) is None and not place_beside(file, ERASING).exists():
        raise StoreMismatch(f"{file} does not exist; give a backup")
    with translate_errors(home), locked_sibling_folder(file, ERASING) as folder:
        _finish(file, folder)
        if not (home / KEYS).exists():
            raise StoreMismatch(f"{home / KEYS} is missing; put it back, it says what was deleted")
        home_keys = look_at_keys(home / KEYS)
        manifest, place, keys = read_member(file, KEYS)
        _require_log(home, home_keys.log_id, file, manifest)
        if keys is None:
            raise StoreMismatch(
                f"{file} holds no keys, so it cannot be read without them; give the file that"
                " --keys-separate wrote"
            )
        _require_history(home, file, manifest)
        deleted = _deleted(home, home_keys.log_id)
        changed, erased, remaining = _without(file, keys, home_keys.destroyed.union(deleted))
        if erased:
            _require_alone(file)
            verdict = manifest.about.get("verdict")
            verdict_said = (
                {"verdict": Verdict.KEY_MISSING.value} if verdict == Verdict.SOUND else {}
            )
            _write(file, folder / NEW, changed, verdict_said)
            _replace(file, folder, place)
        streams = [str(deleted.get(number, "")) for number in erased]
        threads, jobs, texts = (
            sorted({*filter(None, map(owner, streams))}) for owner in (thread_of, job_of, memory_of)
        )
        return ErasedKeys(len(erased), threads, remaining, jobs, texts)


def _require_log(home: Path, log_id: str, file: Path, manifest: Manifest) -> None:
    """Raise StoreMismatch for a backup of the log of another home."""
    if (backed_up := manifest.about.get("logId")) != log_id:
        raise StoreMismatch(
            f"{file} is a backup of log {backed_up}, and {home} holds log {log_id}; give the home"
            " of that log"
        )


def _require_history(home: Path, file: Path, manifest: Manifest) -> None:
    """Raise StoreMismatch if the home's log does not continue the backup, or cannot be read."""
    is_other = has_other_history(home, manifest)
    if is_other is None:
        raise StoreMismatch(
            f"the log of {home} cannot be read, so the keys in {file} may belong to other threads;"
            " see `threadhost log verify`, or restore the backup elsewhere and delete there"
        )
    if is_other:
        raise StoreMismatch(
            f"the history in {file} is not part of the history of {home}, as after a restore: its"
            " keys may belong to other threads; restore it elsewhere and delete there"
        )


def _require_alone(file: Path) -> None:
    """Raise StoreMismatch for a file with hard links: all of its names would lose their keys."""
    if (names := file.lstat().st_nlink) > 1:
        raise StoreMismatch(
            f"{file} has {names} names (hard links), and all of them would lose their keys;"
            f" make it a file of its own, with `cp` for instance"
        )


def _without(
    file: Path, keys: bytes, destroyed: Collection[int]
) -> tuple[bytes, frozenset[int], int]:
    """Remove keys from a file of keys and mark them as destroyed.

    Returns the file, the removed keys, and how many keys stay. The file is rewritten in memory, so
    that no byte of the removed keys is left in a gap of its pages.
    """
    try:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
            database.deserialize(keys)
            through_no_view(database)
            present = {row[0] for row in database.execute("SELECT id FROM keys")}
            erased = frozenset(present.intersection(destroyed))
            numbers = [(number,) for number in erased]
            database.execute("BEGIN")
            database.executemany("DELETE FROM keys WHERE id = ?", numbers)
            database.executemany("INSERT OR IGNORE INTO destroyed VALUES (?)", numbers)
            database.execute("COMMIT")
            database.execute("VACUUM")
            return bytes(database.serialize()), erased, len(present) - len(erased)
    except sqlite3.Error as error:
        raise StoreMismatch(f"the keys in {file} cannot be read: {words_of(error)}") from None


def _write(file: Path, new: Path, keys: bytes, manifest: Mapping[str, str]) -> None:
    try:
        with space_for(file):
            rewritten(file, new, {KEYS: keys}, manifest)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    reach("erase.written")


def _replace(file: Path, folder: Path, place: tuple[int, int]) -> None:
    """Replace the backup by the new file, and overwrite the keys of the old one last."""
    new, old = folder / NEW, folder / OLD
    try:
        os.link(file, old)
    except OSError:  # no links on this file system: for a moment no file has the name
        file.rename(old)
    sync_folder(folder)
    reach("erase.kept")
    new.replace(file)
    sync_folder(file.parent)
    reach("erase.replaced")
    _wipe(old, place)


def _finish(file: Path, folder: Path) -> None:
    """Finish an interrupted run: wipe the replaced file, or undo what was only prepared."""
    new, old = folder / NEW, folder / OLD
    leftovers = [*folder.iterdir()]
    if strange := [path for path in leftovers if path not in (new, old)]:
        raise StoreMismatch(f"{strange[0]} does not belong to a backup; move it away")
    if old.exists() and not os.path.lexists(file):
        new.replace(file)
        sync_folder(file.parent)
    if old.exists() and not old.samefile(file):
        _, place, keys = read_member(old, KEYS)
        _wipe(old, place if keys is not None else (0, 0))
    old.unlink(missing_ok=True)
    new.unlink(missing_ok=True)


def _wipe(path: Path, place: tuple[int, int]) -> None:
    """Overwrite a part of a file that is no longer needed, and remove the file."""
    at, size = place
    try:
        with path.open("r+b") as out:
            out.seek(at)
            for start in range(0, size, PIECE_BYTES):
                out.write(bytes(min(PIECE_BYTES, size - start)))
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        reason = f"the keys in {path} could not be overwritten ({system_words(error)})"
        raise StoreUnavailable(f"{reason}; run the command again to finish it") from None
    path.unlink()
    sync_folder(path.parent)


def _deleted(home: Path, log_id: str) -> Mapping[int, str]:
    """Return the keys of deleted streams by number, as far as the log can be read.

    A host that died may have left some of these keys for the next one to destroy.
    """
    names = tombstones()
    query = f"{schema.KEYS_OF_CLOSED} ({', '.join('?' * len(names))}))"
    with suppress(sqlite3.Error, StoreMismatch), closing(ReadOnlyDatabase(home / DATABASE)) as log:
        rows = RawRows(log)
        return dict(rows.all(query, names)) if log_id_of(rows) == log_id else {}
    return {}
