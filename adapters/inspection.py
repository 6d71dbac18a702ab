"""All checks of a log from outside: the log itself, and the files beside it."""

from collections.abc import Sequence
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.blobs import Blobs
from threadhost.events.store.codec import EventCodec
from threadhost.events.store.errors import LogDamaged, StoreError, StoreMismatch, StoreUnreadable
from threadhost.events.store.files import Identity
from threadhost.events.store.findings import About, Finding, Verification
from threadhost.events.store.home import BLOBS, DATABASE, HOST_KEY, KEYS, NEXT_HOST_KEY
from threadhost.events.store.host_key import read_host_key
from threadhost.events.store.seal import End, Sealer
from threadhost.events.store.sqlite.audit_keys import (
    Keys,
    KeysSeen,
    key_findings,
    look_at_keys,
    sealed_under,
    snapshot_findings,
)
from threadhost.events.store.sqlite.faults import translate_unreadable
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.raw import RawRows
from threadhost.events.store.sqlite.read_only import ReadOnlyDatabase, ReadOnlyLog
from threadhost.events.store.sqlite.verify import log_id_of, verify
from threadhost.events.words import truncate
from threadhost.projections import all_views
from threadhost.projections.parity import Parity, are_of_this_version, made_otherwise

LOOKS_MAX = 3
EXCHANGED = DATABASE, KEYS, HOST_KEY, NEXT_HOST_KEY
"""Files that a restore or a rotation replaces."""


class LogPlace(NamedTuple):
    """The file of a log, and its home if the rest of that is to be checked, too."""

    database: Path
    home: Path | None

    @classmethod
    def of(cls, path: Path) -> "LogPlace":
        """The place of a home, or of a log file by itself."""
        return cls(path / DATABASE, path) if path.is_dir() else cls(path.resolve(), None)


class InspectionOptions(NamedTuple):
    """What is reported and compared, and with which key."""

    key_file: Path | None = None
    at: Sequence[int] = ()
    expected: Sequence[End] = ()
    log_only: bool = False


def inspect(place: LogPlace, options: InspectionOptions) -> Verification:
    """Check a log and what lies beside it; nothing is changed.

    A check that overlaps with a restore or a rotation would see files of two homes: it is repeated.
    Raises StoreError for what is no log, StoreUnreadable or OSError for what cannot be read at all.
    """
    for _ in range(LOOKS_MAX):
        before = _files_of(place.home)
        try:
            verification = _inspect(place, options)
        except StoreError:
            if _files_of(place.home) == before:
                raise
        else:
            if not verification.findings or _files_of(place.home) == before:
                return verification
    return _inspect(place, options)


def _files_of(home: Path | None) -> list[Identity | None]:
    """The identities of a home's files that belong together."""
    return [Identity.of(home / name) for name in EXCHANGED] if home is not None else []


def _inspect(place: LogPlace, options: InspectionOptions) -> Verification:
    with closing(ReadOnlyDatabase(place.database)) as database, translate_unreadable():
        try:
            return _Inspection(place, options, database).run()
        except LogDamaged as error:
            return Verification(0, End(0, b""), [Finding(None, None, About.TABLE, str(error))], 1)


class _Inspection:
    def __init__(
        self, place: LogPlace, options: InspectionOptions, database: ReadOnlyDatabase
    ) -> None:
        self._place = place
        self._options = options
        self._database = database
        self._rows = RawRows(database)
        self._log_id = log_id_of(self._rows)
        self._findings: list[Finding] = []
        self._not_looked: list[str] = []
        self._knows_views = False

    def run(self) -> Verification:
        host_key, home = self._host_key(), self._place.home
        keys = self._keys(home) if home else None
        ring = self._ring(home, host_key) if home and keys else None
        with closing(ring) if ring else nullcontext():
            # With a host key that did not wrap these keys, the seal cannot be judged either.
            has_key = host_key is not None and not (keys and ring is None)
            log = self._verify(host_key if has_key else None, keys)
            if home is not None and keys is not None:
                self._check_keys_and_views(log, home, keys, ring)
        if not self._knows_views and log.beside:
            names = sorted(name for kind, name in log.beside if kind == "table")
            shown = truncate(", ".join(names), 200)
            self._not_looked.append(f"tables that do not belong to the log: {shown}")
        return log.with_findings(self._findings, self._not_looked)

    def _verify(self, host_key: bytes | None, keys: KeysSeen | None) -> Verification:
        recorded_end = keys.recorded_end if keys else None
        return verify(
            self._database,
            self._place.home / BLOBS if self._place.home else None,
            sealer=Sealer(host_key, self._log_id) if host_key else None,
            positions=[*self._options.at, *([recorded_end.position] if recorded_end else ())],
            expected=self._options.expected,
        )

    def _host_key(self) -> bytes | None:
        if self._place.home is None and self._options.key_file is None:
            return None
        try:
            return read_host_key(self._place.home or Path(), self._options.key_file)
        except FileNotFoundError:
            return None
        except (OSError, StoreMismatch) as error:
            self._not_looked.append(f"the host key: {getattr(error, 'strerror', None) or error}")
            return None

    def _keys(self, home: Path) -> KeysSeen | None:
        try:
            keys = look_at_keys(home / KEYS)
        except OSError as error:
            self._not_looked.append(
                f"keys and views, because {KEYS} cannot be read: {error.strerror}"
            )
            return None
        except StoreMismatch as error:
            self._find(About.KEY, str(error))
            return None
        if keys.log_id != self._log_id:
            self._find(About.KEY, f"{home / KEYS} holds the keys of log {keys.log_id}")
            return None
        return keys

    def _compare(self, log: Verification, recorded_end: End) -> None:
        """Check that the log is no older than its keys, and the same log that they recorded."""
        if recorded_end.position > log.end.position:
            reason = (
                f"the log ends at {log.end.position}, but its keys recorded the end {recorded_end}"
            )
            self._find(About.SEAL, reason, log.end.position + 1)
        elif recorded_end.position and log.chains.get(recorded_end.position) != recorded_end.chain:
            self._find(
                About.SEAL,
                "the chain differs from the one that its keys recorded",
                recorded_end.position,
            )

    def _check_keys_and_views(
        self, log: Verification, home: Path, keys: KeysSeen, ring: KeyRing | None
    ) -> None:
        if keys.recorded_end is not None:
            self._compare(log, keys.recorded_end)
        before_and_after = Keys(keys, look_at_keys(home / KEYS))
        self._findings += key_findings(
            before_and_after, log, partial(sealed_under, self._rows), ring
        )
        if ring is not None:
            self._findings += snapshot_findings(self._rows, ring)
            self._look_at_views(log, home, ring)

    def _ring(self, home: Path, host_key: bytes | None) -> KeyRing | None:
        if host_key is None:
            self._not_looked.append(
                "the values of the keys and the contents of the views, because the host key is"
                " missing"
            )
            return None
        try:
            with translate_unreadable():
                path = home / KEYS
                return KeyRing(path, host_key, self._log_id, read_only=True, of_a_moment=True)
        except StoreUnreadable as error:
            self._not_looked.append(
                f"the values of the keys and the contents of the views: {error}"
            )
        except StoreError as error:
            self._find(About.KEY, str(error))
        return None

    def _look_at_views(self, log: Verification, home: Path, ring: KeyRing) -> None:
        views = all_views()
        if not are_of_this_version(self._rows, views):
            self._not_looked.append("the views, which another version made")
            return
        self._knows_views = True
        self._findings += made_otherwise(log.beside, views)
        if self._options.log_only:
            self._not_looked.append("the contents of the views")
            return
        # A deletion removes events before its tombstone: unread here, but still in the views.
        reader = ReadOnlyLog(self._database, ring, EventCodec(ring, Blobs(home / BLOBS)))
        try:
            self._findings += Parity(reader, views).findings()
        except StoreUnreadable as error:
            self._not_looked.append(
                f"the contents of the views, because the log cannot be read: {error}"
            )

    def _find(self, about: About, reason: str, position: int | None = None) -> None:
        self._findings.append(Finding(position, None, about, reason))
