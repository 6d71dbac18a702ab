"""Commands and hosts during a backup or a restore: they wait, or are refused with the reason."""

import asyncio
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from threading import Event, Thread
from typing import Any

import pytest

import threadhost
from tests.support.edited_home import LARGE_CHARS, EditedHome, grown, started
from tests.support.operator_lines import logged_line
from tests.support.program import run_here, serving
from threadhost.adapters.restoring import Backup, RestoreOptions, restore_backup
from threadhost.events import failpoints
from threadhost.events.store.errors import HomeLocked
from threadhost.events.store.host_key import read_host_key
from threadhost.events.store.lock import HomeLock
from threadhost.events.store.sqlite.backup import BackupFiles, back_up
from threadhost.events.store.sqlite.kept_payloads import pin_payloads

WAIT_S = 20


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    """A home and a backup of it, to be copied."""
    made = grown(tmp_path_factory.mktemp("grown"))
    assert run_here("backup", str(made.kept / "b"), "--home", str(made.home)).returncode == 0
    return made


@pytest.fixture
def home(first: EditedHome, tmp_path: Path) -> EditedHome:
    return first.copied(tmp_path / "copied")


async def ran(*words: str) -> CompletedProcess[str]:
    """Run a command to its end on a thread, as tests have a loop of their own."""
    return await asyncio.to_thread(run_here, *words)


class StoppedAt:
    """Work that stops at a failpoint until it is released."""

    def __init__(self, point: str) -> None:
        self._reached, self._go_on = Event(), Event()
        failpoints.arm(point, self._wait)

    def _wait(self) -> None:
        self._reached.set()
        assert self._go_on.wait(WAIT_S)

    def go_on(self) -> None:
        """Release the work."""
        failpoints.disarm()
        self._go_on.set()

    @contextmanager
    def running(self, work: Thread) -> Iterator[None]:
        """Within the block the work is stopped at the point; after the block it has ended."""
        work.start()
        assert self._reached.wait(WAIT_S)
        try:
            yield
        finally:
            self.go_on()
            work.join(WAIT_S)


def backup_of(home: EditedHome, file: Path) -> Thread:
    """A thread that makes a backup."""
    return Thread(target=back_up, args=(home.home, BackupFiles(file), None, {}, 1))


@pytest.mark.slices
async def test_a_host_waits_for_a_backup_that_copies_its_home_and_then_starts(
    home: EditedHome, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def use() -> None:
        async with threadhost.open(home.home) as host, host.connect() as client:
            await client.run_turn(home.living, "after the copy")

    copying = StoppedAt("backup.copied")
    with copying.running(backup_of(home, tmp_path / "new")):
        using = asyncio.create_task(use())
        while not caplog.records:
            assert not using.done()
            await asyncio.sleep(0.01)
        assert logged_line(caplog, "host.waits")["home"] == str(home.home)
        copying.go_on()
        await asyncio.wait_for(using, WAIT_S)
    assert run_here("log", "verify", str(home.home)).returncode == 0


@pytest.mark.slices
def test_a_program_prints_that_it_waits_for_a_backup(home: EditedHome, tmp_path: Path) -> None:
    copying = StoppedAt("backup.copied")
    with (
        copying.running(backup_of(home, tmp_path / "new")),
        serving(home.home, "--listen", "ws://127.0.0.1:0") as host,
    ):
        assert host.process.stderr is not None
        while not host.errors:
            assert host.process.poll() is None
        copying.go_on()
        assert host.address()
        assert host.errors[0] == f"waiting for the backup that copies {home.home}"
        assert host.signal(15) == 0


@pytest.mark.slices
def test_a_program_that_waits_for_a_backup_can_be_stopped(home: EditedHome, tmp_path: Path) -> None:
    with (
        StoppedAt("backup.copied").running(backup_of(home, tmp_path / "new")),
        serving(home.home, "--listen", "ws://127.0.0.1:0") as host,
    ):
        while not host.errors:
            assert host.process.poll() is None
        assert host.signal(15) == 0


@pytest.mark.slices
def test_a_command_that_changes_a_home_is_refused_while_a_backup_copies_the_home(
    home: EditedHome, tmp_path: Path
) -> None:
    with StoppedAt("backup.copied").running(backup_of(home, tmp_path / "new")):
        done = run_here("keys", "rotate", "--home", str(home.home))
        assert (done.returncode, "is in use by a backup that copies it" in done.stderr) == (1, True)
        listed = run_here("threads", "list", "--home", str(home.home))
        assert (listed.returncode, home.living in listed.stdout) == (0, True)


async def test_a_host_and_commands_during_a_restore_are_refused_without_calling_it_interrupted(
    home: EditedHome,
) -> None:
    work = restore_backup(home.home, Backup(home.kept / "b"), RestoreOptions(replace=True), 1)
    with StoppedAt("restore.unpacked").running(Thread(target=asyncio.run, args=(work,))):
        with pytest.raises(HomeLocked, match="is in use by process"):
            async with threadhost.open(home.home):
                pass
        listed = await ran("threads", "list", "--home", str(home.home))
        assert listed.stderr == (
            f"threadhost: a backup is being restored into {home.home};"
            " try again when that has ended\n"
        )
        seen = await ran("doctor", "--quick", "--home", str(home.home))
        assert "cause: a restore is running" in seen.stdout
        assert "interrupted" not in seen.stdout
    assert run_here("log", "verify", str(home.home)).returncode == 0


async def test_a_refused_home_with_an_interrupted_restore_is_unlocked_again(
    home: EditedHome,
) -> None:
    (home.home / "restoring").mkdir()
    with pytest.raises(threadhost.StoreMismatch, match=r"restore of .* was interrupted before"):
        async with threadhost.open(home.home):
            pass
    lock = HomeLock(home.home)
    lock.acquire({"pid": 1, "listen": []})
    lock.release()


async def backed_up_meanwhile(home: EditedHome, file: Path, point: str, thread_id: str) -> None:
    """Make a backup while a host runs, and delete a thread when the backup reaches a point."""
    standing, work = StoppedAt(point), backup_of(home, file)
    async with started(home.home) as client:
        with standing.running(work):
            await client.delete_thread(thread_id)
        await asyncio.to_thread(work.join)


@pytest.mark.parametrize("has_links", [True, False])
async def test_a_thread_deleted_after_the_moment_of_a_backup_is_in_it_with_its_payloads(
    home: EditedHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    def another_volume(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    if not has_links:
        monkeypatch.setattr(os, "link", another_volume)
    await backed_up_meanwhile(home, tmp_path / "b", "backup.read", home.large)
    assert not [*(home.home / "blobs").rglob("?" * 64)]
    assert (
        await ran("restore", str(tmp_path / "b"), "--home", str(tmp_path / "new"))
    ).returncode == 0
    assert (await ran("log", "verify", str(tmp_path / "new"))).returncode == 0
    async with started(tmp_path / "new") as client:
        turns = (await client.read_thread(home.large, include_turns=True)).turns
        assert len(str(turns[1])) > LARGE_CHARS


@pytest.mark.slices
async def test_a_backup_begins_again_if_payloads_are_deleted_at_its_moment(
    home: EditedHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payloads are pinned late, as if they had arrived after most others."""
    tries: list[Path] = []

    def keep_late(of: Path, folder: Path) -> None:
        tries.append(folder)
        if len(tries) == 2:
            failpoints.reach("test.at_the_moment")
        if len(tries) > 1:
            pin_payloads(of, folder)

    monkeypatch.setattr("threadhost.events.store.sqlite.backup.pin_payloads", keep_late)
    await backed_up_meanwhile(home, tmp_path / "b", "test.at_the_moment", home.large)
    assert len(tries) == 4
    assert (
        await ran("restore", str(tmp_path / "b"), "--home", str(tmp_path / "new"))
    ).returncode == 0
    assert (await ran("log", "verify", str(tmp_path / "new"))).returncode == 0
    listed = (await ran("threads", "list", "--home", str(tmp_path / "new"), "--json")).stdout
    assert home.large not in listed


@pytest.mark.few(1)
@pytest.mark.parametrize("words", ["keys rotate", "restore {b} --replace"])
def test_a_home_that_is_replaced_while_a_command_reads_it_is_read_again(
    home: EditedHome, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """After the host key is read, the keys or the log are replaced."""
    at, reading = ("--home", str(home.home)), "threadhost.adapters.inspection.read_host_key"

    def read_early(*where: Any) -> bytes:
        monkeypatch.setattr(reading, read_host_key)
        key = read_host_key(*where)
        named = words.format(b=home.kept / "b").split()
        assert run_here(*named, *at).returncode == 0
        return key

    for more in (("log", "verify"), ("doctor",)):
        monkeypatch.setattr(reading, read_early)
        done = run_here(*more, *at)
        assert done.returncode == 0, done.stdout + done.stderr
