"""Restores a backup into a home: checks it, records it in its log, then replaces the home."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from threadhost.actors.errors import Refusal
from threadhost.actors.runtime.logs import Logs
from threadhost.adapters.app import App
from threadhost.adapters.config import Settings
from threadhost.adapters.deleting_again import Deleted, LaterDeletions, delete_again
from threadhost.adapters.inspection import InspectionOptions, LogPlace, inspect
from threadhost.adapters.models.echo import EchoClient
from threadhost.adapters.self_check import SelfCheck
from threadhost.events.causes import by_timer
from threadhost.events.host import HostRestored
from threadhost.events.ids import memory_of, thread_of
from threadhost.events.job import JobDeletionBegun
from threadhost.events.memory import MemoriesForgotten, MemoryMode, MemoryModeSet, TextDropped
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.archive import Manifest
from threadhost.events.store.codec import decode
from threadhost.events.store.errors import CorruptEvent, StoreMismatch, StoreUnavailable
from threadhost.events.store.faults import NO_SPACE, no_space_for, space_for
from threadhost.events.store.findings import About, Verdict, Verification
from threadhost.events.store.home import DATABASE, RESTORING, require_restored
from threadhost.events.store.lock import locked_new_home
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite import restore
from threadhost.events.store.sqlite.faults import translate_errors
from threadhost.events.store.sqlite.legal_holds import threads_on_hold
from threadhost.events.words import first_names, is_identifier, pluralize
from threadhost.projections import all_views
from threadhost.projections.rebuild import rebuild
from threadhost.projections.rules import are_current

SHOWN_IDS = 20
REPLACED = frozenset({"replaced", "crowdedOut"})
"""The reasons for which a text is dropped though nobody wanted it erased."""


class Backup(NamedTuple):
    """The files of a backup, and the path of the host key if it is in none of them."""

    file: Path
    keys: Path | None = None
    key_file: Path | None = None


class RestoreOptions(NamedTuple):
    """What a restore may do to the content of the home."""

    replace: bool = False
    delete_again: bool = False


class RestoreResult(NamedTuple):
    """What was restored, and the state of its log."""

    manifest: Manifest
    epoch: int
    seen: Verification
    deleted_again: Sequence[str]


async def restore_backup(
    home: Path, backup: Backup, options: RestoreOptions, at_ms: int
) -> RestoreResult:
    """Restore a backup into a home that no host runs on; the log gets a new epoch.

    Raises StoreMismatch for what is no whole backup, differs from its manifest, or would bring
    deleted threads back; another StoreError, or OSError. Then the home is unchanged.
    """
    if not backup.file.exists():
        raise StoreMismatch(f"{backup.file} does not exist; give the file of a backup")
    with locked_new_home(home), translate_errors(home), space_for(home):
        if restore.is_committed(home):
            require_restored(home)
        target = restore.look_at_target(home, JobDeletionBegun.kind)
        if target is not None and not options.replace:
            raise StoreMismatch(
                f"{home} has a log already; give an empty folder, or --replace to lose that log"
            )
        if under_hold := threads_on_hold(home):
            raise StoreMismatch(_would_lose(home, under_hold))
        try:
            with translate_errors(home):
                restored = await _unpack(home, backup, target, options, at_ms)
                restore.require_closed(home)
        except BaseException as error:
            restore.drop_unfinished(home)
            if isinstance(error, StoreUnavailable) and str(error) == NO_SPACE:
                raise no_space_for(home) from None
            raise
        restore.commit(home)
        restore.finish(home)
    return restored


def end_interrupted(home: Path) -> str:
    """Complete an interrupted restore, or undo it; returns a description."""
    with locked_new_home(home) if home.is_dir() else nullcontext():  # creates no folder
        restore.require_folders(home)
        if restore.finish(home):
            return "finished: the backup is restored"
        if restore.drop_unfinished(home):
            return "undone: the home is as it was before"
        raise StoreMismatch(f"no restore of {home} was interrupted; name the file of a backup")


async def _unpack(
    home: Path,
    backup: Backup,
    target: restore.ReplacedHome | None,
    options: RestoreOptions,
    at_ms: int,
) -> RestoreResult:
    manifest = restore.begin(home, backup.file, backup.keys)
    epoch = max(at_ms, int(manifest.about.get("epoch", 0)) + 1)
    later = LaterDeletions()
    is_same_history = True
    if target is not None:
        if target.log_id not in (None, manifest.about.get("logId")):
            raise StoreMismatch(
                f"{home} holds log {target.log_id}, and {backup.file} is of log"
                f" {manifest.about.get('logId')}; give another --home"
            )
        epoch = max(epoch, target.epoch + 1)
        later = _later_deletions(home, target)
        is_same_history = restore.has_other_history(home, manifest) is False
    erased_streams = frozenset(restore.erased(home))
    erased = Deleted.of(erased_streams)
    living = later.revived.without(erased)
    if living.named and not options.delete_again:
        raise StoreMismatch(_would_revive(home, living))
    revived = later.revived.union(erased)
    released = revived if is_same_history else erased
    later = later._replace(
        revived=revived, released=frozenset(released.named), erased=erased_streams
    )
    verification = _check_unpacked(home / RESTORING, backup, manifest)
    restore.raise_epoch(home, epoch)
    restored = HostRestored(
        backup=str(manifest.about.get("backup", "")),
        taken_at_ms=int(manifest.about.get("takenAtMs", 0)),
        epoch=epoch,
        deleted_again=len(revived.named),
    )
    is_exact = verification.verdict is Verdict.SOUND
    await _record(
        home / RESTORING, backup.key_file, restored, later, at_ms, are_views_right=is_exact
    )
    return RestoreResult(manifest, epoch, _once_deleted(verification, later), revived.named)


def _once_deleted(verification: Verification, later: LaterDeletions) -> Verification:
    """The state of the log once what was erased from its backup is deleted, and gone from views."""
    if not later.erased:
        return verification
    left = [
        finding
        for finding in verification.findings
        if finding.about is not About.VIEW and finding.stream not in later.erased
    ]
    return verification._replace(findings=left)


def _later_deletions(home: Path, target: restore.ReplacedHome) -> LaterDeletions:
    """What the home deleted, or forbade to remember, after the unpacked backup was taken.

    Texts of memory that newer ones only replaced are no deletions.
    """
    revived = restore.revived(home, target, JobDeletionBegun.kind)
    known = restore.known(home)
    unknown = target.unwanted.difference(known)
    reasons = {
        t.text_id: t.why for t in _dropped_texts(home, filter(memory_of, (*revived, *unknown)))
    }
    replaced = Deleted(texts=[text_id for text_id, why in reasons.items() if why in REPLACED])
    return LaterDeletions(
        Deleted.of(revived).without(replaced),
        unknown=Deleted.of(unknown).without(Deleted.of(known)).without(replaced),
        reasons=reasons,
        modes=dict(_modes(home).items() - _modes(home / RESTORING).items()),
    )


def _dropped_texts(home: Path, streams: Iterable[str]) -> Iterator[TextDropped]:
    """The tombstones of these texts in the home's log, as far as it can be read."""
    for body in restore.last_bodies(home, streams):
        with suppress(CorruptEvent):
            tombstone = decode(0, TextDropped.kind, body)
            if isinstance(tombstone, TextDropped):
                yield tombstone


def _modes(home: Path) -> dict[str, MemoryMode]:
    """The modes of memory that were set for threads, as far as the log of a home can be read.

    A restore records in the stream of memory which threads are forbidden that the log lacks.
    """
    modes: dict[str, MemoryMode] = {}
    for _, body in restore.bodies_of(home, MemoriesForgotten.kind):
        with suppress(CorruptEvent):
            forgotten = decode(0, MemoriesForgotten.kind, body)
            if isinstance(forgotten, MemoriesForgotten) and forgotten.why == "disabled":
                modes |= dict.fromkeys(forgotten.thread_ids, "disabled")
    for stream, body in restore.bodies_of(home, MemoryModeSet.kind):
        with suppress(CorruptEvent):
            event = decode(0, MemoryModeSet.kind, body)
            thread_id = thread_of(stream) or ""
            if isinstance(event, MemoryModeSet) and is_identifier(thread_id):
                modes[thread_id] = event.mode
    return modes


def _would_revive(home: Path, deleted: Deleted) -> str:
    return (
        f"{deleted.counted} that {home} knows as deleted would live again:"
        f" {first_names(deleted.named, SHOWN_IDS)}; --delete-again deletes them once more before"
        " any client sees them"
    )


def _would_lose(home: Path, threads: Sequence[str]) -> str:
    return (
        f"{home} holds {pluralize(len(threads), 'thread')} under legal hold, so its log is not"
        f" replaced: {first_names(threads, SHOWN_IDS)}; give an empty folder, or release the holds"
        " first"
    )


def _check_unpacked(folder: Path, backup: Backup, manifest: Manifest) -> Verification:
    """Check that the unpacked files are what was backed up, and no worse. Raises StoreMismatch."""
    verification = inspect(LogPlace(folder / DATABASE, folder), InspectionOptions(backup.key_file))
    head = manifest.about.get("head", {})
    if {"position": verification.end.position, "chain": verification.end.chain.hex()} != head:
        raise StoreMismatch(
            f"the log in {backup.file} ends at {verification.end}, not where it says"
        )
    if not verification.is_sound and manifest.about.get("verdict") == Verdict.SOUND:
        raise StoreMismatch(f"the log in {backup.file} is not sound: {verification.findings[0]}")
    return verification


async def _record(
    folder: Path,
    key_file: Path | None,
    restored: HostRestored,
    later: LaterDeletions,
    at_ms: int,
    *,
    are_views_right: bool,
) -> None:
    """Record the restore in the log, and repeat later deletions; start no other work."""
    views = all_views()
    log = Log.open(folder, views, key_file, lost_keys=later.erased or True)
    ephemeral = Log.in_memory(all_views())
    settings = Settings(folder, listen=(), key_file=key_file)
    app = App(settings, Logs(log, ephemeral), EchoClient(), None, SelfCheck(log, views, folder))
    try:
        if not (are_views_right and await are_current(log.reads, views.rules)):
            await log.transact(views.recreate)
            await rebuild(log, views)
        cause = by_timer("restore", at_ms)
        await app.facts.record(restored, cause)
        await delete_again(app, later, cause)
    except Refusal as error:
        raise StoreMismatch(f"the backup cannot be restored: {error}") from None
    finally:
        await app.close()
