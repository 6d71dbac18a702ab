"""Restores a backup: unpacks and checks it beside the current files, then replaces them.

Until the unpacked folder gets its second name the home is unchanged. From then on another run only
moves files to their places, whatever was moved before.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from threadhost.events.base import StreamState
from threadhost.events.failpoints import reach
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.archive import Manifest, unpack
from threadhost.events.store.errors import StoreMismatch, StoreUnavailable
from threadhost.events.store.files import require_own
from threadhost.events.store.home import (
    BLOBS,
    DATABASE,
    HOST_KEY,
    KEYS,
    LOCK,
    NEXT_HOST_KEY,
    PRIVATE,
    RESTORED,
    RESTORING,
    sync_folder,
)
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.audit_keys import look_at_keys
from threadhost.events.store.sqlite.backup import KEYS_ALONE, LOG
from threadhost.events.store.sqlite.database import Database
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase
from threadhost.events.store.sqlite.recorder import epoch_of
from threadhost.events.store.sqlite.verify import log_id_of
from threadhost.events.words import is_identifier

REPLACED = "replaced"
JOURNALS = (f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal", f"{KEYS}-journal")


class ReplacedHome(NamedTuple):
    """What the replaced home knows and an older log must not undo.

    If its log cannot be read, only what its keys know.
    """

    log_id: str | None
    epoch: int
    deleted: frozenset[str]
    """Streams that are closed, or whose key was destroyed."""
    destroyed: frozenset[int]
    """The numbers of other keys that were destroyed, of which the log does not say whose they were.

    A log that was put back gives numbers again that another history has given to other threads.
    """
    going: frozenset[str] = frozenset()
    """Streams whose deletion has begun and is not over."""

    @property
    def unwanted(self) -> frozenset[str]:
        """Streams that are deleted, or are being deleted."""
        return self.deleted | self.going


def look_at_target(home: Path, begins_deletion: str) -> ReplacedHome | None:
    """Return what the home knows; None if it has neither a log nor keys.

    An event of the type `begins_deletion` begins the deletion of its stream without fencing it.
    Raises StoreMismatch if something else is in the place of a file or folder of the home.
    """
    require_folders(home)
    for name in (DATABASE, KEYS, HOST_KEY, NEXT_HOST_KEY, *JOURNALS):
        require_own(home / name)
    if not ((home / DATABASE).exists() or (home / KEYS).exists()):
        return None
    target = ReplacedHome(None, 0, frozenset(), frozenset())
    with suppress(OSError, StoreMismatch):
        keys = look_at_keys(home / KEYS)
        target = target._replace(log_id=keys.log_id or None, destroyed=keys.destroyed)
    with suppress(sqlite3.Error, StoreMismatch), closing(ReadOnlyDatabase(home / DATABASE)) as log:
        rows = RawRows(log)
        identity: dict[str, str] = dict(rows.all("SELECT name, value FROM store"))
        log_id = identity.get("log_id") or target.log_id  # if the log's own note of it is lost
        target = target._replace(log_id=log_id, epoch=epoch_of(identity))
        streams = _named(rows.all(schema.KEYS_OF_STREAMS))
        destroyed = target.destroyed
        target = target._replace(
            deleted=frozenset(
                s
                for s, key_id, state in streams
                if state == StreamState.CLOSED or key_id in destroyed
            ),
            going=frozenset(_going(home, streams, begins_deletion)),
            destroyed=destroyed.difference(key_id for _, key_id, _ in streams),
        )
    return target


def require_folders(home: Path) -> None:
    """Raise StoreMismatch if something else is in the place of a folder that a restore moves."""
    for path in (home / RESTORING, home / RESTORED, home / BLOBS):
        if path.is_symlink() or (os.path.lexists(path) and not path.is_dir()):
            raise StoreMismatch(f"{path} is not a folder of a host; move it away")
        if path.is_mount():
            raise StoreMismatch(f"{path} is a mount point, which cannot be moved; unmount it first")


def begin(home: Path, file: Path, keys: Path | None) -> Manifest:
    """Unpack a backup beside the home's files. Raises StoreMismatch or OSError."""
    drop_unfinished(home)
    folder = home / RESTORING
    folder.mkdir(mode=PRIVATE)
    sync_folder(home)
    manifest = unpack(file, folder)
    of = manifest.about.get("of")
    if of == KEYS_ALONE:
        raise StoreMismatch(f"{file} holds only keys; give the backup, and this file as --keys")
    if of == LOG:
        if keys is None:
            raise StoreMismatch(f"the keys of {file} are in another file; give it as --keys")
        try:
            keys_manifest = unpack(keys, folder)
        except FileExistsError:
            raise StoreMismatch(
                f"{keys} does not hold only keys; give the keys of {file}"
            ) from None
        if keys_manifest.about.get("backup") != manifest.about.get("backup"):
            raise StoreMismatch(
                f"{keys} does not belong to {file}; give the keys of the same backup"
            )
    elif keys is not None:
        raise StoreMismatch(f"{file} holds its keys itself; leave out --keys")
    (folder / BLOBS).mkdir(mode=PRIVATE, exist_ok=True)
    reach("restore.unpacked")
    return manifest


def _going(home: Path, streams: Iterable[Sequence[Any]], begins_deletion: str) -> Iterator[str]:
    """Yield the streams whose deletion has begun, also those where it is over."""
    yield from (stream for stream, _, state in streams if state == StreamState.FENCED)
    yield from (stream for stream, _ in _named(bodies_of(home, begins_deletion)))


def revived(home: Path, target: ReplacedHome, begins_deletion: str) -> list[str]:
    """Return the streams that live in the unpacked log and that the target knows as deleted.

    A stream whose deletion had begun in both is left out: the next host continues the deletion.
    """
    living = _unpacked(home, schema.LIVING_STREAMS)
    going = target.going.difference(_going(home / RESTORING, living, begins_deletion))
    return [
        stream
        for stream, key_id, _ in living
        if stream in target.deleted or key_id in target.destroyed or stream in going
    ]


def erased(home: Path) -> list[str]:
    """Return the streams that live in the unpacked log, but whose keys its own file destroyed."""
    destroyed = look_at_keys(home / RESTORING / KEYS).destroyed
    return [s for s, key_id, _ in _unpacked(home, schema.LIVING_STREAMS) if key_id in destroyed]


def known(home: Path) -> list[str]:
    """Return the streams that live in the unpacked log, or that it knows as deleted."""
    return [s for s, *_ in _unpacked(home, schema.KEYS_OF_STREAMS)]


def _named(rows: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """The rows whose first column is the name of a stream, and not what damage made of it."""
    return [row for row in rows if isinstance(row[0], str) and is_identifier(row[0])]


def _unpacked(home: Path, query: str) -> Sequence[Sequence[Any]]:
    with closing(ReadOnlyDatabase(home / RESTORING / DATABASE)) as database:
        return _named(RawRows(database).all(query))


def last_bodies(home: Path, streams: Iterable[str]) -> Iterator[bytes]:
    """Yield the newest event of each of these streams in a home's log, as far as it is readable."""
    with (
        suppress(sqlite3.Error, StoreMismatch),
        closing(ReadOnlyDatabase(home / DATABASE)) as database,
    ):
        rows = RawRows(database)
        for stream in streams:
            for (body,) in rows.all(schema.LAST_BODY, (stream,)):
                yield body or b""


def bodies_of(home: Path, kind: str) -> Iterator[tuple[str, bytes]]:
    """Yield a log's events of a type, each with its stream, as far as they are readable."""
    with (
        suppress(sqlite3.Error, StoreMismatch),
        closing(ReadOnlyDatabase(home / DATABASE)) as database,
    ):
        for stream, _, _, body, _ in RawRows(database).all(schema.OF_KINDS, (kind, kind)):
            yield str(stream), body or b""


def has_other_history(home: Path, backup: Manifest) -> bool | None:
    """Whether a home's log does not continue from where a backup ends; None if it is unreadable."""
    head = backup.about.get("head", {})
    with suppress(sqlite3.Error, StoreMismatch), closing(ReadOnlyDatabase(home / DATABASE)) as log:
        rows = RawRows(log)
        links = [link.hex() for (link,) in rows.all(schema.LINK_AT, (head.get("position"),))]
        return log_id_of(rows) == backup.about.get("logId") and head.get("chain") not in links
    return None


def raise_epoch(home: Path, epoch: int) -> None:
    """Store a new epoch in the unpacked log: it tells new starts and cursors from earlier ones."""
    with closing(Database(home / RESTORING / DATABASE)) as database, database.transaction() as tx:
        tx.execute(schema.RAISE_EPOCH, (str(epoch),))


def drop_unfinished(home: Path) -> bool:
    """Remove an unpacked backup that was not committed; returns whether there was one."""
    if not (home / RESTORING).exists():
        return False
    shutil.rmtree(home / RESTORING)
    sync_folder(home)
    return True


def is_committed(home: Path) -> bool:
    """Whether a restore is committed and only has to be finished."""
    return (home / RESTORED).exists()


def require_closed(home: Path) -> None:
    """Require that no journal of the unpacked files has content. Raises StoreUnavailable."""
    for name in (f"{DATABASE}-wal", f"{KEYS}-journal"):
        path = home / RESTORING / name
        if path.exists() and path.stat().st_size:
            raise StoreUnavailable(f"{path} could not be closed; nothing was changed")


def commit(home: Path) -> None:
    """Make the unpacked files the home's content for good; `finish` only moves them."""
    for name in (*JOURNALS, LOCK):
        (home / RESTORING / name).unlink(missing_ok=True)
    sync_folder(home / RESTORING)
    (home / RESTORING).rename(home / RESTORED)
    sync_folder(home)
    reach("restore.committed")


def finish(home: Path) -> bool:
    """Move the unpacked files to their places; returns whether there were any."""
    folder = home / RESTORED
    if not folder.exists():
        return False
    if (folder / DATABASE).exists():  # else the journals belong to the restored log
        for name in (*JOURNALS, NEXT_HOST_KEY):
            (home / name).unlink(missing_ok=True)
        sync_folder(home)
    _exchange_blobs(home, folder)
    for name in (KEYS, HOST_KEY, DATABASE):
        if (folder / name).exists():
            os.replace(folder / name, home / name)  # noqa: PTH105  (the usual name)
    sync_folder(home)
    shutil.rmtree(folder)
    sync_folder(home)
    return True


def _exchange_blobs(home: Path, folder: Path) -> None:
    """Exchange the payload folders; the old one is removed with the unpacked folder in the end."""
    if not (folder / BLOBS).exists():
        return
    if (home / BLOBS).exists():
        (home / BLOBS).rename(folder / REPLACED)
    (folder / BLOBS).rename(home / BLOBS)
    sync_folder(home)
