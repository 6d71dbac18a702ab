"""`threadhost backup` and `threadhost restore`: a home as one file, and back."""

from pathlib import Path
from typing import TYPE_CHECKING

from threadhost.adapters.build import commit
from threadhost.adapters.cli.home_store import require_home
from threadhost.adapters.cli.output import (
    USAGE,
    Failure,
    local_time,
    note,
    print_json,
    print_result,
    say,
)
from threadhost.adapters.cli.verify import CODES
from threadhost.adapters.clock import SystemClock
from threadhost.adapters.event_loop import run_to_end
from threadhost.adapters.resources import step_back
from threadhost.adapters.version import product_version
from threadhost.events.store.errors import HomeLocked, StoreError
from threadhost.events.store.findings import Verdict
from threadhost.events.store.sqlite.backup import BackupFiles, back_up
from threadhost.events.words import pluralize

if TYPE_CHECKING:
    from threadhost.adapters.restoring import RestoreResult


def backup(
    *, file: Path, home: Path, key_file: Path | None, keys_separate: Path | None, json: bool
) -> int:
    """Make a backup of a home. The exit code is that of the log's verdict. Raises Failure."""
    if file == keys_separate:
        raise Failure(
            "--keys-separate names the backup file itself; give another file for the keys", USAGE
        )
    folder = require_home(home)
    about = {"product": product_version(), "build": commit()}
    try:
        target = BackupFiles(file, keys_separate)
        result = back_up(folder, target, key_file, about, SystemClock().now_ms(), step_back)
    except StoreError as error:
        raise Failure.of(error) from None
    size = f"{pluralize(result.seen.events, 'event')}, {pluralize(result.bytes, 'byte')}"
    words = f"{file}: {size}, head {result.seen.end}"
    print_result({**result.about, "bytes": result.bytes}, words, json=json)
    if key_file is not None:
        note(
            f"threadhost: the backup does not contain {key_file}; it cannot be read without"
            " that key"
        )
    if result.seen.verdict is not Verdict.SOUND:
        verdict, first = result.seen.verdict.upper(), result.seen.findings[0]
        note(f"threadhost: the backup is complete, but its log is {verdict}: {first}")
    return CODES[result.seen.verdict]


def erase(*, backup: Path, home: Path, key_file: Path | None, json: bool) -> None:
    """Destroy the keys in a backup of everything that its home has deleted. Raises Failure."""
    from threadhost.events.store.sqlite.backup_erasure import erase_in_backup

    try:
        result = erase_in_backup(require_home(home), backup)
    except StoreError as error:
        raise Failure.of(error) from None
    if json:
        print_json(result._asdict())
        return
    for kind, ids in (("", result.threads), ("job ", result.jobs), ("memory ", result.texts)):
        for erased_id in ids:
            say(f"erased: {kind}{erased_id}")
    destroyed, remaining = pluralize(result.keys, "key"), pluralize(result.left, "key")
    say(f"{backup}: {destroyed} destroyed, {remaining} left")
    note(
        "threadhost: names and first words of threads stay unencrypted in the views of a"
        " whole backup until it is restored; other backups, and copies of this one, are"
        " unchanged"
    )


def restore(
    *,
    file: Path | None,
    home: Path,
    key_file: Path | None,
    keys: Path | None,
    replace: bool,
    delete_again: bool,
    json: bool,
) -> None:
    """Restore a backup into a home, or complete an interrupted restore. Raises Failure."""
    if file is None and (keys or replace or delete_again):
        raise Failure(
            "FILE is missing; --keys, --replace and --delete-again need the file of a backup", USAGE
        )
    from threadhost.adapters import restoring

    try:
        if file is None:
            words = restoring.end_interrupted(home)
            print_result({"ended": words}, f"{home}: {words}", json=json)
            return
        backup = restoring.Backup(file, keys, key_file)
        options = restoring.RestoreOptions(replace, delete_again)
        at_ms = SystemClock().now_ms()
        work = restoring.restore_backup(home, backup, options, at_ms)
        result = run_to_end(work)
    except HomeLocked as error:
        raise Failure.of(error, f"{error}; stop it first") from None
    except StoreError as error:
        raise Failure.of(error) from None
    _tell(home, result, json=json)


def _tell(home: Path, result: "RestoreResult", *, json: bool) -> None:
    about = result.manifest.about
    deleted_again = list(result.deleted_again)
    if json:
        outcome = {
            "epoch": result.epoch,
            "deletedAgain": deleted_again,
            "verdict": result.seen.verdict.value,
        }
        print_json({"backup": about["backup"], "head": about["head"], **outcome})
        return
    taken_at = local_time(about["takenAtMs"])
    events = pluralize(result.seen.events, "event")
    say(f"{home} is as it was at {taken_at}: {events}, {result.seen.verdict}")
    for thread in deleted_again:
        say(f"deleted again: {thread}")
    say("earlier cursors are refused from now on; clients read their state again")
