"""A backup is of one moment, complete or absent; restored, it is the same log."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest

import threadhost
from tests.support.edited_home import LARGE_CHARS, EditedHome, grown, started
from tests.support.program import environment, run_here
from threadhost.adapters.resources import NICENESS
from threadhost.events import failpoints
from threadhost.events.host import HostRestored
from threadhost.events.store.lock import HomeLock
from threadhost.events.store.sqlite import backup as backups
from threadhost.events.store.sqlite.backup import BackupFiles, back_up


def ran(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end on a thread, as tests have a loop of their own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run_here, *words).result()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    """A home and a backup of it, to be copied."""
    made = grown(tmp_path_factory.mktemp("grown"))
    done = ran("backup", str(made.kept / "b"), "--home", str(made.home))
    assert (done.returncode, done.stderr) == (0, "")
    return made


@pytest.fixture
def home(first: EditedHome, tmp_path: Path) -> EditedHome:
    return first.copied(tmp_path / "copied")


def restored(home: EditedHome, *words: str, to: Path | None = None) -> tuple[int, str]:
    """Run the restore; its exit code and its output."""
    done = ran("restore", str(home.kept / "b"), "--home", str(to or home.home), *words)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def content(home: Path) -> list[str]:
    """Every event as `log show` prints it."""
    shown = ran("log", "show", "--home", str(home), "-n", "1000", "--json")
    assert shown.returncode == 0, shown.stderr
    return shown.stdout.splitlines()


async def test_a_backup_restored_into_an_empty_folder_is_the_same_log_with_the_restore_recorded(
    home: EditedHome, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    assert restored(home, to=new)[0] == 0
    assert ran("log", "verify", str(new)).returncode == 0
    before, after = content(home.home), content(new)
    assert after[: len(before)] == before
    (told,) = [json.loads(line) for line in after[len(before) :]]
    assert told["type"] == HostRestored.kind
    names = {path.name for path in home.home.iterdir()} - {"keys.db-journal"}
    assert {path.name for path in new.iterdir()} == names
    async with started(new) as client:
        turns = (await client.read_thread(home.large, include_turns=True)).turns
        assert len(str(turns[1])) > LARGE_CHARS


@pytest.mark.slices
def test_separate_keys_are_needed_for_a_restore_and_must_be_of_the_same_backup(
    home: EditedHome, tmp_path: Path
) -> None:
    apart, keys = tmp_path / "apart", tmp_path / "keys"
    words = "backup", str(apart), "--home", str(home.home), "--keys-separate"
    assert ran(*words, str(keys)).returncode == 0
    assert ran(*words, str(apart)).returncode == 2
    with tarfile.open(apart) as packed:
        assert {"keys.db", "host.key"}.isdisjoint(packed.getnames())

    def put_back(*more: str, file: Path = apart) -> str:
        done = ran("restore", str(file), "--home", str(tmp_path / "new"), *more)
        return done.stderr

    assert "are in another file; give it as --keys" in put_back()
    assert "give the backup, and this file as --keys" in put_back(file=keys)
    other = tmp_path / "other"
    ran("backup", f"{other}.b", "--home", str(home.home), "--keys-separate", str(other))
    assert f"{other} does not belong to {apart}" in put_back("--keys", str(other))
    assert "holds its keys itself" in put_back("--keys", str(keys), file=home.kept / "b")
    assert "does not hold only keys" in put_back("--keys", str(home.kept / "b"))
    assert put_back("--keys", str(keys)) == ""
    assert ran("log", "verify", str(tmp_path / "new")).returncode == 0


@pytest.mark.slices
def test_a_host_key_outside_the_home_is_not_in_the_backup_and_is_needed_for_a_restore(
    home: EditedHome, tmp_path: Path
) -> None:
    key, at = tmp_path / "key", ("--home", str(home.home))
    (home.home / "host.key").rename(key)
    done = ran("backup", str(tmp_path / "b"), *at, "--key-file", str(key))
    assert (done.returncode, "does not contain" in done.stderr) == (0, True)
    to = "restore", str(tmp_path / "b"), "--home", str(tmp_path / "new")
    refused = ran(*to)
    assert (refused.returncode, "host.key" in refused.stderr) == (1, True)
    assert not (tmp_path / "new" / "restoring").exists()
    assert ran(*to, "--key-file", str(key)).returncode == 0


async def test_after_a_restore_old_cursors_are_refused_and_epochs_continue_to_rise(
    home: EditedHome,
) -> None:
    async with threadhost.open(home.home) as host:
        old, before = host.app.cursors.at(5), host.app.facts.epoch
        newest = host.app.cursors.at(host.app.logs.durable.position)
    assert restored(home, "--replace")[0] == 0
    async with threadhost.open(home.home) as host:
        cursors = host.app.cursors
        for text in (old, newest):
            assert "a backup was restored" in str((await cursors.resume(text)).fault)
        assert (await cursors.resume(cursors.at(5))).fault is None
        again = host.app.facts.epoch
        assert again > before
    assert restored(home, "--replace")[0] == 0
    async with threadhost.open(home.home) as host:
        assert host.app.facts.epoch > again
        assert (await host.app.cursors.resume(cursors.at(5))).fault is not None


async def test_threads_that_the_home_deleted_stay_deleted_after_a_restore(home: EditedHome) -> None:
    async with started(home.home) as client:
        await client.delete_thread(home.living)
    before = content(home.home)
    code, said = restored(home, "--replace")
    assert code == 1
    assert f"would live again: {home.living}; --delete-again" in said
    assert content(home.home) == before
    (home.database).write_bytes(b"no database" * 1000)  # then its keys know
    assert home.living in restored(home, "--replace")[1]
    code, said = restored(home, "--replace", "--delete-again")
    assert (code, f"deleted again: {home.living}" in said) == (0, True)
    assert ran("log", "verify", str(home.home)).returncode == 0
    listed = ran("threads", "list", "--home", str(home.home), "--json").stdout
    assert home.living not in listed
    assert home.other in listed


@pytest.mark.slices
def test_an_existing_log_is_replaced_only_on_request_and_by_a_backup_of_its_own(
    home: EditedHome, tmp_path: Path
) -> None:
    assert "has a log already; give an empty folder, or --replace" in restored(home)[1]
    other = grown(tmp_path / "other")
    code, said = restored(home, "--replace", to=other.home)
    assert (code, "is of log" in said) == (1, True)
    lock = HomeLock(home.home)
    lock.acquire({"pid": 1, "listen": []})
    assert "stop it first" in restored(home, "--replace")[1]
    lock.release()
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "letter").touch()
    assert "neither empty nor a home" in restored(home, to=tmp_path / "strange")[1]


@pytest.mark.few(2)
@pytest.mark.parametrize("cut", [0, 1, 600, 100_000, -1])
def test_a_truncated_file_is_no_backup(home: EditedHome, tmp_path: Path, cut: int) -> None:
    file = home.kept / "b"
    whole = file.read_bytes()
    manifest = whole.index(b"manifest.json")
    file.write_bytes(whole[: manifest if cut == -1 else cut])
    code, said = restored(home, to=tmp_path / "new")
    assert (code, "is not a complete backup" in said) == (1, True)
    assert not (tmp_path / "new").exists()


@pytest.mark.few(1)
@pytest.mark.parametrize("where", [b"SQLite format 3", b"the first words", b"manifest.json"])
def test_a_changed_file_is_no_backup(home: EditedHome, tmp_path: Path, where: bytes) -> None:
    file = home.kept / "b"
    whole = bytearray(file.read_bytes())
    whole[whole.index(where)] ^= 1
    file.write_bytes(whole)
    code, said = restored(home, to=tmp_path / "new")
    assert (code, "is not a complete backup" in said) == (1, True)


async def test_turns_during_a_backup_succeed_and_are_not_in_the_backup(
    home: EditedHome, tmp_path: Path
) -> None:
    at_the_moment, go_on = Event(), Event()

    def wait() -> None:
        at_the_moment.set()
        assert go_on.wait(20)

    failpoints.arm("backup.copied", wait)
    target = BackupFiles(tmp_path / "b")
    async with threadhost.open(home.home, model="echo") as host, host.connect() as client:
        log = host.app.logs.durable
        work = Thread(target=back_up, args=(home.home, target, None, {}, 1))
        work.start()
        await asyncio.to_thread(at_the_moment.wait, 20)
        failpoints.disarm()
        before = log.position
        thread = await client.start_thread()
        assert (await client.run_turn(thread.id, "in the middle")).text == "in the middle"
        await client.delete_thread(home.other)
        assert log.position > before
        go_on.set()
        await asyncio.to_thread(work.join)
    assert ran("restore", str(tmp_path / "b"), "--home", str(tmp_path / "new")).returncode == 0
    shown = "".join(content(tmp_path / "new"))
    assert thread.id not in shown
    assert home.other in shown


@pytest.mark.slices
async def test_a_thread_deleted_at_the_moment_of_the_backup_keeps_its_key_there(
    home: EditedHome, tmp_path: Path
) -> None:
    """The deletion destroys the key in the home alone, after that moment."""
    at_the_moment, is_deleted = Event(), Event()

    def wait() -> None:
        at_the_moment.set()
        is_deleted.wait(1)

    failpoints.arm("backup.moment", wait)
    target = BackupFiles(tmp_path / "b")
    async with started(home.home) as client:
        work = Thread(target=back_up, args=(home.home, target, None, {}, 1))
        work.start()
        await asyncio.to_thread(at_the_moment.wait, 20)
        await client.delete_thread(home.other)
        is_deleted.set()
        await asyncio.to_thread(work.join)
    assert ran("restore", str(target.file), "--home", str(tmp_path / "new")).returncode == 0
    assert ran("log", "verify", str(tmp_path / "new")).returncode == 0
    mine = [line for line in content(tmp_path / "new") if home.other in line]
    assert len(mine) > 5
    assert not [line for line in mine if '"event":null' in line]


@pytest.mark.slices
def test_a_home_that_was_not_closed_is_backed_up_with_its_write_ahead_log(
    home: EditedHome, tmp_path: Path
) -> None:
    async def left() -> Path:
        async with started(home.home) as client:
            thread = await client.start_thread()
            await client.run_turn(thread.id, "only in the journal")
            return Path(shutil.copytree(home.home, tmp_path / "left"))

    at = asyncio.run(left())
    for missing in ((), ("threadhost.db-shm",)):
        for name in missing:
            (at / name).unlink()
        file = tmp_path / f"b{len(missing)}"
        done = ran("backup", str(file), "--home", str(at))
        assert (done.returncode, done.stderr) == (0, "")
        to = tmp_path / f"new{len(missing)}"
        assert ran("restore", str(file), "--home", str(to)).returncode == 0
        assert "only in the journal" in "".join(content(to))


def test_a_home_at_rest_on_a_medium_that_cannot_be_written_is_backed_up_unchanged(
    home: EditedHome, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in home.home.rglob("*") if path.is_file()}
    assert ran("backup", str(tmp_path / "b"), "--home", str(home.home)).returncode == 0
    after = {path: path.read_bytes() for path in home.home.rglob("*") if path.is_file()}
    assert after == before


def test_a_backup_of_a_damaged_log_is_made_and_reported_as_not_sound(
    home: EditedHome, tmp_path: Path
) -> None:
    home.sql("UPDATE events SET principal = 'somebody else' WHERE position = {n}")
    done = ran("backup", str(tmp_path / "b"), "--home", str(home.home), "--json")
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (1, "not sound")
    assert "the backup is complete, but its log is NOT SOUND" in done.stderr
    assert ran("restore", str(tmp_path / "b"), "--home", str(tmp_path / "n")).returncode == 0


@pytest.mark.few(1)
@pytest.mark.parametrize("rotten", [None, b"rotten"], ids=["lost", "rotten"])
def test_a_lost_or_corrupt_payload_is_reported_and_the_rest_can_be_restored(
    home: EditedHome, tmp_path: Path, rotten: bytes | None
) -> None:
    payload = next(path for path in (home.home / "blobs").rglob("*") if path.is_file())
    if rotten is None:
        payload.unlink()
    else:
        payload.chmod(0o600)
        payload.write_bytes(rotten)
    done = ran("backup", str(tmp_path / "b"), "--home", str(home.home), "--json")
    made = json.loads(done.stdout)
    assert (done.returncode, made["verdict"]) == (1, "not sound")
    assert "payload" in made["faults"][0]
    assert ran("restore", str(tmp_path / "b"), "--home", str(tmp_path / "n")).returncode == 0


def test_a_backup_does_not_overwrite_an_existing_file(home: EditedHome) -> None:
    before = (home.kept / "b").read_bytes()
    done = ran("backup", str(home.kept / "b"), "--home", str(home.home))
    assert (done.returncode, "exists already" in done.stderr) == (1, True)
    assert (home.kept / "b").read_bytes() == before


@pytest.mark.few(1)
@pytest.mark.parametrize("state", ["restoring", "restored"])
def test_a_home_with_an_interrupted_restore_is_refused_with_the_command_that_ends_the_restore(
    home: EditedHome, state: str
) -> None:
    (home.home / state).mkdir()
    right = f"threadhost restore --home {home.home}"
    at = "--home", str(home.home)
    for words in (("serve", *at), ("threads", "list", *at), ("backup", "/nowhere", *at)):
        done = run_here(*words)
        assert (done.returncode, right in done.stderr) == (1, True)
    done = ran("restore", *at)
    assert done.returncode == 0
    assert ran("log", "verify", str(home.home)).returncode == 0
    for more in (("--replace",), ("--delete-again",), ("--keys", "/nowhere")):
        refused = ran("restore", *at, *more)
        assert (refused.returncode, "FILE is missing; " in refused.stderr) == (2, True)
    nothing = ran("restore", *at)
    assert (nothing.returncode, "was interrupted; name the file" in nothing.stderr) == (1, True)


def test_a_second_backup_to_the_same_file_at_once_is_refused(
    home: EditedHome, tmp_path: Path
) -> None:
    target = BackupFiles(tmp_path / "b")
    with backups.working_folder(target.file):
        done = ran("backup", str(target.file), "--home", str(home.home))
    assert (done.returncode, "written by another process" in done.stderr) == (1, True)


def test_a_backup_needs_an_existing_folder(home: EditedHome, tmp_path: Path) -> None:
    done = ran("backup", str(tmp_path / "none" / "b"), "--home", str(home.home))
    assert done.returncode == 1
    assert f"{tmp_path / 'none'} is not a folder; make it" in done.stderr


@pytest.mark.slices
def test_a_backup_runs_at_the_lowest_priority_of_the_machine(
    home: EditedHome, tmp_path: Path
) -> None:
    program = "import os, sys; from threadhost.adapters.cli.main import run; run(sys.argv[1:])"
    words = "backup", str(tmp_path / "new"), "--home", str(home.home), "--json"
    before = os.getpriority(os.PRIO_PROCESS, 0)
    shown = subprocess.run(
        [sys.executable, "-c", f"{program}; print(os.nice(0))", *words],
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(shown.stdout.splitlines()[-1]) == min(before + NICENESS, 19)
