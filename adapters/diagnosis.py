"""Diagnosis of a home: present and coming faults, each with its cause and a remedy.

`inspection` checks the log itself; the checks here are cheap, so that a host may run them, too.
"""

import os
import resource
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from threadhost.events.ids import is_stream
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.blobs import is_stream_folder
from threadhost.events.store.errors import StoreError, StoreMismatch
from threadhost.events.store.files import PRIVATE_FILE, irregular_kind, listed
from threadhost.events.store.home import (
    BLOBS,
    CONFIGURATION,
    DATABASE,
    HOST_KEY,
    KEYS,
    LOCK,
    LOST_FOUND,
    NEXT_HOST_KEY,
    OURS,
    PRIVATE,
    ROLLOUTS,
    require_restored,
)
from threadhost.events.store.lock import is_held
from threadhost.events.store.sqlite.sizes import Sizes, measure
from threadhost.events.words import first_names, pluralize

MIB = 1024 * 1024
FREE_MIN_BYTES = 64 * MIB
JOURNAL_MAX_BYTES = 256 * MIB
DESCRIPTORS_MIN = 1024
CLOCK_MS_MAX = 60_000
SHOWN = 5


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Data is lost or wrong, or a host will stop."""
    WARNING = "warning"
    """The operator should act."""


class Finding(NamedTuple):
    """A fault: what it is, its cause, and the remedy."""

    area: str
    severity: Severity
    what: str
    cause: str
    remedy: str
    fix: str = ""
    """What `doctor --fix` does about it; empty where a person has to decide."""


class Subject(NamedTuple):
    """What is diagnosed: a home as it is at a moment."""

    home: Path
    key_file: Path | None
    now_ms: int
    sizes: Sizes | None


class Diagnosis(NamedTuple):
    """The findings, the disk use of the home by cause, and what could not be examined."""

    findings: list[Finding]
    sizes: Mapping[str, int]
    position: int
    free_bytes: int
    descriptors: int
    is_held: bool
    not_looked: list[str]

    @property
    def worst(self) -> Severity | None:
        """The severity of the worst finding."""
        severities = {finding.severity for finding in self.findings}
        return next((severity for severity in Severity if severity in severities), None)


def diagnose(
    home: Path, key_file: Path | None, now_ms: int, *, by_table: bool = False
) -> Diagnosis:
    """Examine the files of a home and the resources of the machine; changes nothing."""
    not_looked: list[str] = []
    sizes: Sizes | None = None
    try:
        sizes = measure(home, now_ms, by_table=by_table)
    except (StoreError, OSError) as error:
        not_looked.append(f"sizes and payload files: {error}")
    subject = Subject(home, key_file, now_ms, sizes)
    return Diagnosis(
        [finding for check in CHECKS for finding in check(subject)],
        sizes.by_cause if sizes else {},
        sizes.position if sizes else 0,
        shutil.disk_usage(home).free,
        resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        is_held(home),
        not_looked,
    )


def _interrupted(subject: Subject) -> Iterator[Finding]:
    try:
        require_restored(subject.home)
    except StoreMismatch as error:
        what, _, remedy = str(error).partition("; ")
        cause = "the process died during the restore"
        if is_held(subject.home):
            what = f"a backup is being restored into {subject.home}"
            cause, remedy = "a restore is running", "run the check again when it has ended"
        yield Finding("restore", Severity.ERROR, what, cause, remedy)


def _keys(subject: Subject) -> Iterator[Finding]:
    """If either file is missing, no host starts on the log, and no sealed event can be read."""
    key_paths = (subject.home / KEYS, subject.key_file or subject.home / HOST_KEY)
    for path in key_paths if (subject.home / DATABASE).exists() else ():
        if not path.exists():
            remedy = "restore it from where it was moved, or from a backup of the same log"
            yield Finding("keys", Severity.ERROR, f"{path} is missing", "it was removed", remedy)


def private_modes(home: Path, key_file: Path | None) -> Mapping[Path, int]:
    """The paths that only their owner may access, and the mode that each should have."""
    names = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", KEYS, HOST_KEY, LOCK)
    modes = {home: PRIVATE, **{home / name: PRIVATE_FILE for name in names}}
    return modes if key_file is None else {**modes, key_file: PRIVATE_FILE}


def _places(subject: Subject) -> Iterator[Finding]:
    """Find paths that a host cannot use."""
    home, files = subject.home, [*private_modes(subject.home, None)][1:]
    odd = {path: odd_kind for path in files if (odd_kind := _irregular_kind(path))}
    if (home / BLOBS).is_symlink() or not ((home / BLOBS).is_dir() or not (home / BLOBS).exists()):
        odd[home / BLOBS] = "not a folder"
    odd |= {
        path: "not a folder of a thread"
        for path in listed(home / BLOBS)
        if is_stream(path.name) and not is_stream_folder(path) and _is_there(path)
    }
    for path, odd_kind in odd.items():
        cause = "another program put it there"
        remedy = "move it away, and restore what a host had there, if anything"
        yield Finding("files", Severity.ERROR, f"{path} is {odd_kind}", cause, remedy)
    if not os.access(home, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        what = f"{home} cannot be written, so no host starts on it"
        cause, remedy = "its mode, or its file system", f"chmod {PRIVATE:o} {home}, or copy it"
        yield Finding("permissions", Severity.ERROR, what, cause, remedy)


def _is_there(path: Path) -> bool:
    """Whether something is there: a host may remove entries meanwhile."""
    return path.is_symlink() or path.exists()


def _irregular_kind(path: Path) -> str | None:
    try:
        return irregular_kind(path.lstat())
    except OSError:
        return None


def _permissions(subject: Subject) -> Iterator[Finding]:
    for path, allowed_mode in private_modes(subject.home, subject.key_file).items():
        try:
            status = path.stat()
        except OSError:
            continue
        if path.is_symlink() and path not in (subject.home, subject.key_file):
            continue
        mode = stat.S_IMODE(status.st_mode)
        if status.st_uid != os.geteuid():
            what = f"{path} belongs to user {status.st_uid}"
            remedy = f"run chown {os.geteuid()} {path}, or run the host as that user"
            yield Finding("permissions", Severity.ERROR, what, "another user made it", remedy)
        elif mode & ~allowed_mode:
            what = f"{path} has mode {mode:04o}: other users have access to it"
            cause, remedy = "it was copied or changed", f"chmod {allowed_mode:o} {path}"
            yield Finding("permissions", Severity.WARNING, what, cause, remedy, "mode")


def _leftover_keys(subject: Subject) -> Iterator[Finding]:
    """Find host keys that an interrupted command left."""
    home = subject.home
    if (home / NEXT_HOST_KEY).exists():
        what = f"{home / NEXT_HOST_KEY} is there"
        cause, remedy = "a rotation was interrupted", "run `threadhost keys rotate` again"
        yield Finding("keys", Severity.ERROR, what, cause, remedy)
    new_key = home / f"{HOST_KEY}.new"
    if new_key.exists():
        cause = "a host died while it made its key; no key is wrapped by it"
        yield Finding(
            "files", Severity.WARNING, f"{new_key} is there", cause, "remove it", "new_key"
        )


def _unknown_entries(subject: Subject) -> Iterator[Finding]:
    """Find files and folders that no host made, in the home and among the payloads."""
    home = subject.home
    names = {entry.name for entry in home.iterdir()}
    unknown_names = sorted(name for name in names - OURS if not name.endswith(CONFIGURATION))
    if names.intersection(ROLLOUTS):  # beside those are codex's own files
        unknown_names = []
    beside_payloads = [
        path.name
        for path in listed(home / BLOBS)
        if not is_stream(path.name) and path.name != LOST_FOUND and _is_there(path)
    ]
    for folder, strays in ((home, unknown_names), (home / BLOBS, beside_payloads)):
        if strays:
            what = f"{folder} holds files that no host made: {first_names(strays, SHOWN)}"
            cause, remedy = "another program put them there", "move them elsewhere"
            yield Finding("files", Severity.WARNING, what, cause, remedy)


def _orphans(subject: Subject) -> Iterator[Finding]:
    orphans = subject.sizes.orphans if subject.sizes else ()
    if orphans:
        names = first_names(orphans, SHOWN)
        what = f"{pluralize(len(orphans), 'payload file')} that no event names: {names}"
        cause = "a host died between a payload and its event, or the log is an older copy"
        remedy = "the next start removes them if the log is unchanged since its host stopped"
        yield Finding("files", Severity.WARNING, what, cause, remedy, "orphans")


def _space(subject: Subject) -> Iterator[Finding]:
    free, sizes = shutil.disk_usage(subject.home).free, subject.sizes
    journals = sizes.by_cause["journals"] if sizes else 0
    if free < FREE_MIN_BYTES:
        what = f"{free // MIB} MiB are free for {subject.home}"
        remedy = "free some space: without it nothing can be written, and turns are refused"
        yield Finding("disk", Severity.ERROR, what, "the disk fills up", remedy)
    elif sizes and free < 2 * sizes.total_bytes:
        what = f"{free // MIB} MiB are free, less than twice what the home takes"
        remedy = "free some space before the next backup or upgrade on this disk"
        yield Finding("disk", Severity.WARNING, what, "the home grew, or the disk fills up", remedy)
    if journals > JOURNAL_MAX_BYTES:
        what = f"the write-ahead log has {journals // MIB} MiB"
        cause = "another process holds a long read of the database, such as a backup"
        remedy = (
            "end that process; the file is truncated at the next deletion, or when the host stops"
        )
        yield Finding("disk", Severity.WARNING, what, cause, remedy)


def _descriptors(_subject: Subject) -> Iterator[Finding]:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS_MIN:
        what = f"a process may open {hard} files"
        remedy = f"raise it to {DESCRIPTORS_MIN} or more: ulimit -n, or LimitNOFILE of the unit"
        cause = "the limit of the process that started this one"
        yield Finding("descriptors", Severity.WARNING, what, cause, remedy)


def _clock(subject: Subject) -> Iterator[Finding]:
    ahead_ms = (subject.sizes.newest_at_ms if subject.sizes else 0) - subject.now_ms
    if ahead_ms > CLOCK_MS_MAX:
        what = f"the newest event is dated {ahead_ms // 1000} s in the future"
        cause = "the clock of this machine is behind, or was ahead when the event was recorded"
        remedy = (
            "set the clock; until it has caught up, new events get the time of the newest event"
        )
        yield Finding("clock", Severity.WARNING, what, cause, remedy)


CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    _interrupted,
    _keys,
    _places,
    _permissions,
    _leftover_keys,
    _unknown_entries,
    _orphans,
    _space,
    _descriptors,
    _clock,
)
