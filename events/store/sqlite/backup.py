"""Makes a backup of a home: log and keys of one moment, checked, packed, and only then named."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from threadhost.events.failpoints import reach
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.archive import TIME_MS_MAX, Manifest, pack
from threadhost.events.store.beside import locked_sibling_folder, place_beside, place_of
from threadhost.events.store.blobs import open_blob
from threadhost.events.store.errors import StoreMismatch, StoreUnavailable
from threadhost.events.store.faults import space_for
from threadhost.events.store.findings import Verification
from threadhost.events.store.home import (
    BLOBS,
    DATABASE,
    HOST_KEY,
    KEYS,
    NEXT_HOST_KEY,
    PRIVATE,
    sync_folder,
)
from threadhost.events.store.host_key import read_host_key
from threadhost.events.store.sqlite import schema
from threadhost.events.store.sqlite.audit_keys import (
    Keys,
    key_findings,
    look_at_keys,
    sealed_under,
)
from threadhost.events.store.sqlite.copying import copy_at_once
from threadhost.events.store.sqlite.faults import translate_errors
from threadhost.events.store.sqlite.kept_payloads import pin_payloads
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase, require_keys
from threadhost.events.store.sqlite.recorder import epoch_of
from threadhost.events.store.sqlite.verify import log_id_of, verify

TRIES = 3
PARTIAL = ".partial"
_TRIES = frozenset(map(str, range(TRIES)))
"""The names of the attempts' folders."""
SAID_MAX = 20
ID_BYTES = 16
WHOLE, LOG, KEYS_ALONE = "home", "log", "keys"
"""What an archive contains: everything, everything but the keys, or only the keys."""


class BackupFiles(NamedTuple):
    """The files of a backup: one file, or a second one with the keys, to be kept elsewhere."""

    file: Path
    keys: Path | None = None


class BackedUp(NamedTuple):
    """The facts recorded in a new backup, its size in bytes, and the check of its log."""

    about: Mapping[str, Any]
    bytes: int
    seen: Verification


class _DeletedMeanwhile(Exception):
    """A thread was deleted before its payloads were kept: the moment cannot be completed."""


def back_up(
    home: Path,
    target: BackupFiles,
    key_file: Path | None,
    about: Mapping[str, Any],
    at_ms: int,
    on_moment: Callable[[], object] = lambda: None,
) -> BackedUp:
    """Make a backup of a home, which is only read; a host may run on it.

    `on_moment` is called at the copied moment; the host does not wait for what follows. A file gets
    its name only when it is complete and durable. A host key in `key_file` is not included.

    Raises StoreError, or OSError.
    """
    _require_places(home, target)
    if os.path.lexists(home / NEXT_HOST_KEY):
        raise StoreMismatch(
            f"a rotation of the host key of {home} was interrupted;"
            " `threadhost keys rotate` ends it"
        )
    require_keys(home, key_file)
    read_host_key(home, key_file)  # without one nothing could be checked
    at_ms = min(max(at_ms, 0), TIME_MS_MAX)  # a clock may be out of range, a manifest may not
    with translate_errors(home), space_for(target.file), ExitStack() as stack:
        folders = [stack.enter_context(working_folder(path)) for path in target if path]
        for number in range(TRIES):
            work = BackupFiles(*(folder / str(number) for folder in folders))
            for folder in filter(None, work):
                folder.mkdir(mode=PRIVATE)
            with suppress(_DeletedMeanwhile):
                named = {"backup": secrets.token_hex(ID_BYTES), "takenAtMs": at_ms, **about}
                return _Backup(home, work, target, key_file, on_moment).made(named)
    raise StoreUnavailable(f"threads of {home} are being deleted all the time; try again later")


def _require_places(home: Path, target: BackupFiles) -> None:
    """Raise StoreMismatch if a file of the backup cannot be placed, or is in the way of another."""
    for path in filter(None, target):
        _require_free(path)
        if not path.absolute().parent.is_dir():
            raise StoreMismatch(f"{path.parent} is not a folder; make it, or give another name")
        if place_of(path).is_relative_to(home.resolve()):
            raise StoreMismatch(f"{path} is inside the home; give a path outside of it")
    if target.keys is not None:
        file, keys = place_of(target.file), place_of(target.keys)
        partial = place_beside(keys, PARTIAL)
        if {file, place_beside(file, PARTIAL)} & {keys, *keys.parents} or partial == file:
            raise StoreMismatch(f"{target.keys} is in the way of {target.file}; give another name")


def _require_free(path: Path) -> None:
    if os.path.lexists(path):
        raise StoreMismatch(f"{path} exists already; give another name")


class _Backup:
    def __init__(
        self,
        home: Path,
        work: BackupFiles,
        target: BackupFiles,
        key_file: Path | None,
        on_moment: Callable[[], object],
    ) -> None:
        self._home = home
        self._work = work.file
        self._keys_work = work.keys or work.file  # on the volume of the keys' file
        self._target = target
        self._key_file = key_file
        self._with_key = key_file is None
        self._on_moment = on_moment

    def made(self, about: Mapping[str, Any]) -> BackedUp:
        """Copy, check, pack, and name the files, the one with the log last.

        Payload files are kept before the moment, so that few remain to be kept at the moment.
        """
        pin_payloads(self._home, self._work)
        copy_at_once(
            self._home, self._work, with_host_key=self._with_key, on_moment=self._at_moment
        )
        host_key = read_host_key(self._work, self._key_file)
        reach("backup.read")
        with closing(ReadOnlyDatabase(self._work / DATABASE)) as database:
            verification = self._checked(database, host_key)
            about = {**about, **_about(database, verification)}
            blobs = RawRows(database).all(schema.BLOBS_OF_LIVING)
        target = self._target
        keys_file, archive = self._keys_work / "keys", self._work / "archive"
        if target.keys is not None:
            with space_for(target.keys):
                self._pack(keys_file, self._keys(), {**about, "of": KEYS_ALONE})
        kind = LOG if target.keys else WHOLE
        files = self._files([] if target.keys else self._keys(), blobs)
        manifest = self._pack(archive, files, {**about, "of": kind})
        reach("backup.packed")
        if target.keys is not None:
            _require_free(target.file)  # else the keys would be left alone
            _name(keys_file, target.keys)
        _name(archive, target.file)
        return BackedUp(manifest.about, target.file.stat().st_size, verification)

    def _at_moment(self) -> None:
        self._on_moment()
        pin_payloads(self._home, self._work)

    def _pack(
        self, path: Path, files: Iterator[tuple[str, BinaryIO]], about: Mapping[str, Any]
    ) -> Manifest:
        return pack(path, files, {**about, "hostKey": self._with_key})

    def _keys(self) -> Iterator[tuple[str, BinaryIO]]:
        yield KEYS, (self._work / KEYS).open("rb")
        if self._with_key:
            yield HOST_KEY, (self._work / HOST_KEY).open("rb")

    def _files(
        self, keys: Iterable[tuple[str, BinaryIO]], blobs: Iterable[tuple[Any, ...]]
    ) -> Iterator[tuple[str, BinaryIO]]:
        yield DATABASE, (self._work / DATABASE).open("rb")
        yield from keys
        for stream, blob in blobs:
            with suppress(ValueError, StoreMismatch):  # a damaged row; the manifest says so
                try:
                    yield f"{BLOBS}/{stream}/{blob}", open_blob(self._work / BLOBS, stream, blob)
                except FileNotFoundError:
                    self._refuse_if_deleted([stream])  # else it was lost before

    def _checked(self, database: ReadOnlyDatabase, host_key: bytes) -> Verification:
        """Check the copied log: its chain, its seal, its keys and the payloads in files.

        Raises StoreMismatch for keys of another log, or under another host key.
        """
        rows, path = RawRows(database), self._work / KEYS
        log_id, keys = log_id_of(rows), look_at_keys(path)
        with closing(self._ring(path, host_key, log_id)) as ring:
            verification = verify(database, self._work / BLOBS, sealer=ring.sealer)
            self._refuse_if_deleted(
                {finding.stream for finding in verification.findings if finding.stream}
            )
            odd = key_findings(Keys(keys, keys), verification, lambda: sealed_under(rows), ring)
            return verification.with_findings(odd, ())

    def _ring(self, path: Path, host_key: bytes, log_id: str) -> KeyRing:
        try:
            return KeyRing(path, host_key, log_id, read_only=True, of_a_moment=True)
        except StoreMismatch as error:
            words = str(error).replace(str(path), str(self._home / KEYS))
            raise StoreMismatch(words) from None

    def _refuse_if_deleted(self, streams: Iterable[str]) -> None:
        """Give the moment up if one of these streams was closed after it: that is no damage."""
        for stream in streams:
            if _is_closed(self._home, stream) and not _is_closed(self._work, stream):
                raise _DeletedMeanwhile


def _name(source: Path, path: Path) -> None:
    _require_free(path)  # the file may have appeared meanwhile
    source.rename(path)
    sync_folder(path.parent)


def _is_closed(folder: Path, stream: str) -> bool:
    with closing(ReadOnlyDatabase(folder / DATABASE)) as database:
        return bool(RawRows(database).all(schema.IS_CLOSED, (stream,)))


def _about(database: ReadOnlyDatabase, verification: Verification) -> Mapping[str, Any]:
    identity: dict[str, str] = dict(RawRows(database).all("SELECT name, value FROM store"))
    return {
        "logId": identity["log_id"],
        "logFormat": identity["format"],
        "epoch": epoch_of(identity),
        "events": verification.events,
        "head": {"position": verification.end.position, "chain": verification.end.chain.hex()},
        "verdict": verification.verdict.value,
        "faults": [str(finding) for finding in verification.findings[:SAID_MAX]],
    }


@contextmanager
def working_folder(target: Path) -> Iterator[Path]:
    """Create a folder beside the file for this process alone; an earlier process's rest is removed.

    Raises StoreMismatch if the folder contains anything else.
    """
    with locked_sibling_folder(target, PARTIAL) as folder:
        leftovers = [*folder.iterdir()]
        if strange := [path for path in leftovers if path.name not in _TRIES or not path.is_dir()]:
            raise StoreMismatch(
                f"{strange[0]} does not belong to a backup; move it away, or give another name"
            )
        for path in leftovers:
            shutil.rmtree(path)
        try:
            yield folder
        finally:
            for path in folder.iterdir():
                shutil.rmtree(path)
