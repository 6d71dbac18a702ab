"""Restores a backup into a home: checks it, records it in its log, then replaces the home."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from threadhost.actors.errors import Refusal, ThreadNotFound
from threadhost.actors.hold import ReleaseHold
from threadhost.actors.lifecycle import Unfinished
from threadhost.actors.origin import Origin, policy
from threadhost.actors.runtime.logs import Logs
from threadhost.actors.runtime.tree_messages import TreeCommandEnvelope
from threadhost.actors.tree import holds_against
from threadhost.adapters.app import App
from threadhost.adapters.config import Settings
from threadhost.adapters.inspection import InspectionOptions, LogPlace, inspect
from threadhost.adapters.models.echo import EchoClient
from threadhost.adapters.self_check import SelfCheck
from threadhost.events.causes import by_timer
from threadhost.events.host import HostRestored
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.archive import Manifest
from threadhost.events.store.errors import StoreMismatch
from threadhost.events.store.faults import space_for
from threadhost.events.store.findings import Verdict, Verification
from threadhost.events.store.home import DATABASE, RESTORING, require_restored
from threadhost.events.store.lock import locked_new_home
from threadhost.events.store.log import Log
from threadhost.events.store.sqlite import restore
from threadhost.events.store.sqlite.faults import translate_errors
from threadhost.events.store.sqlite.legal_holds import threads_on_hold
from threadhost.events.words import first_names, pluralize
from threadhost.projections import all_views
from threadhost.projections.rebuild import rebuild
from threadhost.projections.rules import are_current
from threadhost.projections.tree import unfinished_deletions

SHOWN_THREADS = 20


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


class _DeletionAgain(NamedTuple):
    """The threads to delete again, and those of them whose log released every hold on them."""

    threads: Sequence[str]
    released: Collection[str]


async def restore_backup(
    home: Path, backup: Backup, options: RestoreOptions, at_ms: int
) -> RestoreResult:
    """Restore a backup into a home that no host runs on; the log gets a new epoch.

    Raises StoreMismatch for what is no whole backup, differs from its manifest, or would bring
    deleted threads back; another StoreError, or OSError. Then the home is unchanged.
    """
    if not backup.file.exists():
        raise StoreMismatch(f"{backup.file} is not there; give a backup")  # creates no folder
    with locked_new_home(home), translate_errors(home), space_for(home):
        if restore.is_committed(home):
            require_restored(home)
        target = restore.look_at_target(home)
        if target is not None and not options.replace:
            raise StoreMismatch(
                f"{home} has a log already; give an empty folder, or --replace to lose that log"
            )
        if under_hold := threads_on_hold(home):
            raise StoreMismatch(_would_lose(home, under_hold))
        try:
            restored = await _unpack(home, backup, target, options, at_ms)
            restore.require_closed(home)
        except BaseException:
            restore.drop_unfinished(home)
            raise
        restore.commit(home)
        restore.finish(home)
    return restored


def end_interrupted(home: Path) -> str:
    """Complete an interrupted restore, or undo it; returns a description."""
    with locked_new_home(home) if home.is_dir() else nullcontext():  # creates no folder
        restore.require_folders(home)
        if restore.finish(home):
            return "finished: the backup is in its place"
        if restore.drop_unfinished(home):
            return "went back to what was there before"
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
    to_delete: list[str] = []
    is_same_history = True
    if target is not None:
        if target.log_id not in (None, manifest.about.get("logId")):
            raise StoreMismatch(
                f"{home} holds log {target.log_id}, and {backup.file} is of log"
                f" {manifest.about.get('logId')}; give another --home"
            )
        epoch = max(epoch, target.epoch + 1)
        to_delete = restore.revived(home, target)
        is_same_history = restore.has_other_history(home, manifest) is False
    erased = restore.erased(home)
    revived = [thread_id for thread_id in to_delete if thread_id not in erased]
    if revived and not options.delete_again:
        raise StoreMismatch(_would_revive(home, revived))
    to_delete = sorted({*to_delete, *erased})
    verification = _check_unpacked(home / RESTORING, backup, manifest)
    restore.raise_epoch(home, epoch)
    restored = HostRestored(
        backup=str(manifest.about.get("backup", "")),
        taken_at_ms=int(manifest.about.get("takenAtMs", 0)),
        epoch=epoch,
        deleted_again=len(to_delete),
    )
    is_exact = verification.verdict is Verdict.SOUND
    deletion = _DeletionAgain(to_delete, to_delete if is_same_history else erased)
    await _record(
        home / RESTORING, backup.key_file, restored, deletion, at_ms, are_views_right=is_exact
    )
    return RestoreResult(manifest, epoch, verification, to_delete)


def _would_revive(home: Path, threads: Sequence[str]) -> str:
    return (
        f"{pluralize(len(threads), 'thread')} that {home} knows as deleted would live again:"
        f" {first_names(threads, SHOWN_THREADS)}; --delete-again deletes what is put back of them"
        " before anybody sees it"
    )


def _would_lose(home: Path, threads: Sequence[str]) -> str:
    return (
        f"{home} holds {pluralize(len(threads), 'thread')} under legal hold, whose log is not"
        f" replaced: {first_names(threads, SHOWN_THREADS)}; give an empty folder, or release"
        " them first"
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
    deletion: _DeletionAgain,
    at_ms: int,
    *,
    are_views_right: bool,
) -> None:
    """Record the restore in the log, and repeat later deletions; start no other work."""
    views = all_views()
    log = Log.open(folder, views, key_file, lost_keys=True)
    ephemeral = Log.in_memory(all_views())
    settings = Settings(folder, listen=(), key_file=key_file)
    app = App(settings, Logs(log, ephemeral), EchoClient(), None, SelfCheck(log, views, folder))
    try:
        if not (are_views_right and await are_current(log.reads, views.rules)):
            await log.transact(views.create_anew)
            await rebuild(log, views)
        cause = by_timer("restore", at_ms)
        await app.facts.record(restored, cause)
        if deletion.threads:
            unfinished = await unfinished_deletions(log.reads)
            await app.host.life.resume(Unfinished(unfinished, (), ()), cause)
            origin = policy("restore", app.ids.new(), cause)
            for thread_id in deletion.threads:
                releases = thread_id in deletion.released
                await _delete_again(app, thread_id, origin, releases=releases)
    except Refusal as error:
        raise StoreMismatch(f"the backup cannot be put back: {error}") from None
    finally:
        await app.close()


async def _delete_again(app: App, thread_id: str, origin: Origin, *, releases: bool) -> None:
    """Delete a thread again; `releases` also releases holds, as the earlier deletion required."""
    if releases:
        with suppress(ThreadNotFound):  # threads that depend on a missing one are deleted anyway
            await _release(app, thread_id, origin)
    with suppress(ThreadNotFound):  # deleted with a thread above it
        await app.host.trees.delete(thread_id, origin)


async def _release(app: App, thread_id: str, origin: Origin) -> None:
    session_id = await app.host.threads.session_of(thread_id)
    actor = await app.host.trees.actors.get(session_id)
    targets = await actor.targets_below(thread_id)
    for held_id, matter in holds_against(thread_id, targets, actor.tree):
        command = ReleaseHold(held_id or thread_id, matter)
        await app.host.trees.actors.tell(session_id, TreeCommandEnvelope(command, origin))
