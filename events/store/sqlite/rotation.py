"""Rotates the host key: wraps every key by a new one; another run finishes an interrupted one.

The new key is made durable first. All keys change over in one transaction, then the log's end is
sealed again. Last, the new key replaces the old one, which no file of the home has any more.
"""

from contextlib import closing
from pathlib import Path

from threadhost.events.failpoints import reach
from threadhost.events.ids import TimeOrderedIds
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.files import fingerprint
from threadhost.events.store.home import (
    DATABASE,
    HOST_KEY,
    KEYS,
    NEXT_HOST_KEY,
    sync_folder,
    verify_command,
)
from threadhost.events.store.host_key import make_host_key, read_host_key
from threadhost.events.store.port import Rewrapped
from threadhost.events.store.recorder import ShutdownState
from threadhost.events.store.seal import Sealer
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.faults import translate_errors
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.opening import open_home, shutdown_state
from threadhost.events.store.sqlite.read_only import require_keys
from threadhost.events.store.sqlite.recorder import SqlRecorder


class KeyFiles(NamedTuple):
    """The files of the host key and of the next one, which may not exist yet."""

    current: Path
    next: Path

    @classmethod
    def of(cls, home: Path, current: Path | None, following: Path | None) -> "KeyFiles":
        """Return the named files, or else those in the home."""
        return cls(current or home / HOST_KEY, following or home / NEXT_HOST_KEY)


class Rotated(NamedTuple):
    """What was done, and whether an earlier run had already wrapped the keys."""

    done: Rewrapped
    was_interrupted: bool


def rotate(home: Path, files: KeyFiles) -> Rotated:
    """Wrap all keys of a home by another host key; the caller holds the home's lock.

    The next host on the home records it in the log. Raises StoreMismatch if the home is not as its
    last host left it, or another StoreError or OSError.
    """
    with translate_errors(home):
        return _rotate(home, files)


def _rotate(home: Path, files: KeyFiles) -> Rotated:
    require_keys(home, files.current)
    key = read_host_key(home, files.current)
    was_begun = files.next.exists()
    new = read_host_key(home, files.next) if was_begun else None
    if new == key:
        raise StoreMismatch(
            f"{files.next} holds the key that is in use; name a file with another key, or one"
            " that does not exist"
        )
    has_changed_over = new is not None and _opens(home, new)
    if new is None or not has_changed_over:
        new, state = _change_over(home, files, new)
    else:
        state = ShutdownState.UNCLEAN
    reach("rotation.changed_over")
    rewrapped = _seal_again(home, key, new, state)
    reach("rotation.sealed")
    if files == KeyFiles.of(home, None, None):
        files.next.rename(files.current)
        sync_folder(home)
    reach("rotation.in_place")
    if rewrapped is None:
        raise StoreMismatch(
            f"all keys are wrapped by the key in {files.next} already; use that key"
        )
    return Rotated(rewrapped, has_changed_over)


def _opens(home: Path, host_key: bytes) -> bool:
    """Whether this host key wraps the keys."""
    with closing(Database(home / DATABASE)) as database:
        log_id = SqlRecorder(database, TimeOrderedIds().new()).log_id
    try:
        KeyRing(home / KEYS, host_key, log_id, read_only=True).close()
    except StoreMismatch:
        return False
    return True


def _change_over(home: Path, files: KeyFiles, new: bytes | None) -> tuple[bytes, ShutdownState]:
    """Wrap the keys by the next key, which is made only after all checks."""
    with closing(open_home(home, files.current, lost_keys=False)) as opened:
        if opened.shutdown_state is ShutdownState.CHANGED:
            raise StoreMismatch(
                f"{home / DATABASE} was written while no host ran; start a host on it first,"
                f" which checks it, or look at it with {verify_command(home)}"
            )
        new = new or make_host_key(files.next)
        reach("rotation.key_made")
        opened.keys.rewrap(new)
        return new, opened.shutdown_state


def _seal_again(home: Path, old: bytes, new: bytes, state: ShutdownState) -> Rewrapped | None:
    """Seal the log's end under the new key, if either key had sealed it.

    The state of the files is stored with the keys, if everything is as the last host left it.
    """
    path = home / DATABASE
    with closing(Database(path)) as database:
        recorder = SqlRecorder(database, TimeOrderedIds().new())
        with closing(KeyRing(home / KEYS, new, recorder.log_id)) as keys:
            shutdown_state(recorder, keys.recorded_end, "")
            _seal(recorder, Sealer(old, recorder.log_id), keys.sealer)
            database.close()  # closing may move the write-ahead log into the file
            keys.record_end(recorder.end, fingerprint(path) if state is ShutdownState.CLEAN else "")
            return keys.unrecorded_rotation


def _seal(recorder: SqlRecorder, old: Sealer, new: Sealer) -> None:
    sealed = recorder.rows.sealed_end()
    if sealed is None:
        return
    end, seal = sealed
    if not (old.holds(seal, end) or new.holds(seal, end)):
        raise StoreMismatch(f"the seal on the log's end, {end}, is not valid")
    with recorder.database.transaction() as connection:
        connection.execute(schema.SEAL_END, (*end, new.seal(end)))
