"""Opens the files of a home: checks that they belong together, and clears up after a crash."""

from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from threadhost.events.bounds import batches
from threadhost.events.ids import TimeOrderedIds, thread_of
from threadhost.events.operator_log_store import DAMAGE_BESIDE, KEYS_DESTROYED, KEYS_MISSING
from threadhost.events.store.blobs import Blobs
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.files import fingerprint, require_own
from threadhost.events.store.home import BLOBS, DATABASE, HOST_KEY, KEYS, verify_command
from threadhost.events.store.host_key import load_host_key
from threadhost.events.store.port import RecordedEnd
from threadhost.events.store.recorder import Opened, ShutdownState
from threadhost.events.store.rules import tombstones
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.engine import SqliteEngine
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.recorder import SqlRecorder, is_older, require_format
from threadhost.events.store.sqlite.rows import LogRows
from threadhost.events.words import first_names, pluralize

NAMED_MAX = 20
"""The most threads that one line names."""
KEY_NUMBER_MAX = 2**40
"""No key has this number or a higher one, whatever a head may say."""
SqliteOpened = Opened[SqliteEngine, KeyRing]
LostKeys = Collection[str] | bool
"""Whether to accept missing keys of living threads. Names of streams accept all, and are those
whose missing keys are expected: the operator log names the others alone."""


def open_in_memory() -> SqliteOpened:
    """Open a log without a file, and its keys."""
    database = Database(None)
    recorder = SqlRecorder(database, TimeOrderedIds().new())
    return Opened(SqliteEngine(database), recorder, KeyRing(None, bytes(32), recorder.log_id))


def open_home(home: Path, key_file: Path | None, *, lost_keys: LostKeys) -> SqliteOpened:
    """Open the files of a home, and destroy again the keys of closed streams.

    Raises StoreMismatch if files are missing, are not those of a host, or do not belong together.
    """
    _require_whole(home, key_file)
    path = home / DATABASE
    files_now = fingerprint(path)
    database = Database(path)
    keys = None
    try:
        recorded = _before_an_upgrade(home, database, key_file, files_now, lost_keys=lost_keys)
        recorder = SqlRecorder(database, TimeOrderedIds().new())
        _require_keys(home, key_file, recorder.rows, lost_keys=lost_keys)
        host_key = load_host_key(home, key_file)
        keys = KeyRing(home / KEYS, host_key, recorder.log_id)
        recorder.sealer = keys.sealer
        _require_sealed(recorder, home)
        state = shutdown_state(recorder, recorded or keys.recorded_end, files_now)
        is_changed = state is ShutdownState.CHANGED
        if not _settle_keys(home, recorder, keys, lost_keys=lost_keys, is_changed=is_changed):
            state = ShutdownState.CHANGED
        if state is not ShutdownState.CHANGED:
            _sweep_blobs(home / BLOBS, recorder)
    except BaseException:
        if keys is not None:
            keys.close()
        database.close()
        raise
    return Opened(SqliteEngine(database), recorder, keys, state)


def _require_whole(home: Path, key_file: Path | None) -> None:
    """Require that the files exist together and are regular files. Raises StoreMismatch."""
    database, keys = home / DATABASE, home / KEYS
    key = key_file or home / HOST_KEY
    log, ring = (bool(status and status.st_size) for status in map(require_own, (database, keys)))
    for name in (f"{DATABASE}-wal", f"{DATABASE}-shm", f"{KEYS}-journal", HOST_KEY):
        require_own(home / name)
    blobs = home / BLOBS
    if blobs.is_symlink() or (blobs.exists() and not blobs.is_dir()):
        raise StoreMismatch(
            f"{blobs} is not a folder of a host; restore the one with the large payloads"
        )
    if ring and not log:
        raise StoreMismatch(
            f"{database} is missing, and the keys of its log are there; restore the database,"
            f" or move {KEYS} away to begin a new log"
        )
    if ring and not key.exists():
        raise StoreMismatch(
            f"{key} is missing; restore it, the log in {home} cannot be read without it"
        )


def _before_an_upgrade(
    home: Path,
    database: Database,
    key_file: Path | None,
    files_now: str,
    *,
    lost_keys: LostKeys,
) -> RecordedEnd | None:
    """Check the keys of a log that is about to be upgraded; None for any other log.

    Returns what the keys recorded about it, and has them forget the state of its files: the upgrade
    changes them, whether it is interrupted or not. Raises StoreMismatch.
    """
    rows = LogRows(database)
    if not rows.all(schema.IS_A_LOG) or not is_older(rows.identity()):
        return None
    from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase

    with closing(ReadOnlyDatabase(home / DATABASE)) as older:
        _require_keys(home, key_file, LogRows(older), lost_keys=lost_keys)
        log_id = require_format(rows.identity())
    host_key = load_host_key(home, key_file)
    with closing(KeyRing(home / KEYS, host_key, log_id)) as keys:
        recorded = keys.recorded_end
        if recorded.beside == files_now:
            keys.record_end(recorded.end)
        return recorded


def _require_keys(home: Path, key_file: Path | None, rows: LogRows, *, lost_keys: LostKeys) -> None:
    """Require the keys of a log that has events, before any is made. Raises StoreMismatch."""
    key, ring = key_file or home / HOST_KEY, home / KEYS
    missing = [key] if rows.newest() and not key.exists() else []
    if not (lost_keys or ring.exists()) and rows.all(f"{schema.KEYS_USED} LIMIT 1"):
        missing.append(ring)
    if missing:
        names = " and ".join(map(str, missing))
        verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        raise StoreMismatch(
            f"{names} {verb} missing; restore {them}, the log in {home} cannot be read without"
            f" {them}"
        )


def _require_sealed(recorder: SqlRecorder, home: Path) -> None:
    """Require that the log ends where a host sealed it. Raises StoreMismatch."""
    sealed, sealer = recorder.rows.sealed_end(), recorder.sealer
    if sealer is None or (sealed is None and recorder.position == 0):
        return
    if sealed is None:
        raise _forged(home, f"the log ends at {recorder.position} without a seal")
    end, seal = sealed
    if end != recorder.end:
        raise _forged(home, f"the log ends at {recorder.end}, and was sealed at {end}")
    if not sealer.holds(seal, end):
        raise _forged(home, f"the seal on the log's end, {end}, is not valid")


def _forged(home: Path, fault: str) -> StoreMismatch:
    return StoreMismatch(
        f"{fault}: a program without the host key changed its end; run"
        f" {verify_command(home)} to see what else changed, and restore the home from a"
        " backup, with all its files of one time"
    )


def shutdown_state(recorder: SqlRecorder, recorded: RecordedEnd, files_now: str) -> ShutdownState:
    """Compare the log with what its keys last stored about it. Raises StoreMismatch."""
    at, chain = recorded.end
    if at > recorder.position:
        raise StoreMismatch(
            f"the log ends at {recorder.position}, but {KEYS} recorded position {at}: it is an"
            f" older copy; restore the newer log, or the {KEYS} of the same time as this one"
        )
    if at and recorder.rows.link_at(at) != chain:
        raise StoreMismatch(
            f"the hash chain at position {at} differs from the one that {KEYS} recorded, so"
            " this is another log; restore the home from a backup, with all its files of one"
            " time"
        )
    if at < recorder.position or (at and not recorded.beside):
        return ShutdownState.UNCLEAN
    if not at:
        return ShutdownState.CLEAN
    return ShutdownState.CLEAN if recorded.beside == files_now else ShutdownState.CHANGED


def _settle_keys(
    home: Path, recorder: SqlRecorder, keys: KeyRing, *, lost_keys: LostKeys, is_changed: bool
) -> bool:
    """Destroy the keys of closed streams, and check that living ones have theirs.

    Returns whether the heads of streams agree with their events on both. Raises StoreMismatch.
    """
    rows = recorder.rows
    odd = _odd_keys(recorder.database, home / KEYS)
    usable = [row for row in odd if type(row[0]) is int and 0 < row[0] < KEY_NUMBER_MAX]
    missing = {key_id for key_id, is_closed in usable if not is_closed}
    lost = {key_id for key_id in missing if not _has_tombstone(rows, key_id)}
    if lost:
        _missing(home, sorted(filter(None, map(rows.stream_of_key, lost))), lost_keys=lost_keys)
    spared = _destroy_again(recorder, keys, {key_id for key_id, closed in usable if closed})
    # Edited heads may name fewer keys than the events do: no number is assigned twice.
    queries = [schema.NEWEST_KEY, *([schema.NEWEST_KEY_OF_EVENTS] if is_changed else [])]
    keys.release_unused(max(rows.all(q, (KEY_NUMBER_MAX,))[0][0] or 0 for q in queries))
    return len(usable) == len(odd) and missing == lost and not spared


def _missing(home: Path, streams: Sequence[str], *, lost_keys: LostKeys) -> None:
    """Name the streams whose keys are missing. Raises StoreMismatch unless `lost_keys`."""
    if not isinstance(lost_keys, bool):
        streams = [stream for stream in streams if stream not in lost_keys]
    names = [thread_of(stream) or stream for stream in streams]
    words = (
        f"{home / KEYS} lacks the keys of {pluralize(len(names), 'thread')} that were not deleted"
    )
    if not lost_keys:
        raise StoreMismatch(
            f"{words}: their contents cannot be read ({first_names(names, NAMED_MAX)});"
            f" restore a newer {KEYS}, or start without their contents: `threadhost serve"
            " --allow-missing-keys`"
        )
    for batch in batches(names, NAMED_MAX):
        KEYS_MISSING.emit(names=", ".join(batch))


def _odd_keys(database: Database, keys: Path) -> Sequence[Sequence[Any]]:
    """Return the keys that closed streams still have, or living ones lack, by the heads.

    Each with whether its stream is closed.
    """
    with database.reading() as connection:
        connection.execute("ATTACH ? AS ring", (f"file:{quote(str(keys))}?mode=ro",))
        try:
            return connection.execute(schema.ODD_KEYS).fetchall()
        finally:
            connection.execute("DETACH ring")


def _destroy_again(
    recorder: SqlRecorder, keys: KeyRing, closed: Collection[int]
) -> Collection[int]:
    """Destroy the existing keys of closed streams, and mark the others as destroyed.

    A stream without a tombstone is not deleted, whatever its head says: its key is spared. Returns
    the spared keys.
    """
    spared = {key_id for key_id in closed if not _has_tombstone(recorder.rows, key_id)}
    if spared:
        threads = pluralize(len(spared), "thread")
        DAMAGE_BESIDE.emit(finding=f"{threads} marked as deleted without a tombstone")
    doomed = {*closed} - spared
    if doomed and (destroyed := keys.destroy(doomed, recorder.end)):
        KEYS_DESTROYED.emit(file=KEYS, what=pluralize(destroyed, "deleted thread"))
    return spared


def _has_tombstone(rows: LogRows, key_id: int) -> bool:
    names = tombstones()
    query = f"{schema.TOMBSTONE_OF_KEY} ({', '.join('?' * len(names))}) LIMIT 1"
    return bool(rows.all(query, (key_id, *names)))


def _sweep_blobs(root: Path, recorder: SqlRecorder) -> None:
    if root.is_dir():
        named = {row[0] for row in recorder.rows.all(schema.BLOB_NAMES)}
        if removed := Blobs(root).sweep(named):
            DAMAGE_BESIDE.emit(finding=f"removed {pluralize(removed, 'blob')} that no event names")
