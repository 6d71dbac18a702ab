"""Threads that a home deleted can be erased from its backups, and stay deleted after a restore."""

import asyncio
import errno
import json
import os
import shutil
import sqlite3
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.edited_home import EditedHome, grown, started
from tests.support.program import run_here
from threadhost.events import failpoints
from threadhost.events.store.beside import locked_sibling_folder
from threadhost.events.store.errors import StoreUnavailable
from threadhost.events.store.sqlite.backup_erasure import erase_in_backup

pytestmark = pytest.mark.slices


class Died(BaseException):
    """The process was killed here."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    """A home, a backup of it, and one with separate keys; a thread was deleted since."""
    made = grown(tmp_path_factory.mktemp("grown"))
    at = ("--home", str(made.home))
    assert run_here("backup", str(made.kept / "b"), *at).returncode == 0
    apart = ("--keys-separate", str(made.kept / "k"))
    assert run_here("backup", str(made.kept / "log"), *at, *apart).returncode == 0
    shutil.copy(made.home / "keys.db", made.kept / "before")
    assert run_here("threads", "delete", made.large, "--yes", *at).returncode == 0
    return made


@pytest.fixture
def home(first: EditedHome, tmp_path: Path) -> EditedHome:
    return first.copied(tmp_path / "copied")


def names_in(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


async def ran(*words: str) -> tuple[int, str]:
    """Run a command to its end on a thread; its exit code and its output."""
    with ThreadPoolExecutor(1) as pool:
        loop = asyncio.get_running_loop()
        done = await loop.run_in_executor(pool, lambda: run_here(*words))
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def wrapped_in(file: Path) -> dict[int, bytes]:
    """The wrapped keys in an archive, by number."""
    with tarfile.open(file) as archive:
        found = archive.extractfile("keys.db")
        assert found is not None
        content = found.read()
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(content)
        return dict(database.execute("SELECT id, wrapped FROM keys").fetchall())


async def test_erase_destroys_the_keys_of_deleted_threads_in_a_backup_and_the_rest_can_be_restored(
    home: EditedHome, tmp_path: Path
) -> None:
    file, at = home.kept / "b", ("--home", str(home.home))
    code, said = await ran("erase", "--backup", str(file), *at)
    assert (code, f"erased: {home.large}" in said) == (0, True)
    code, said = await ran("erase", "--backup", str(file), *at, "--json")
    assert json.loads(said)["keys"] == 0
    new = tmp_path / "new"
    code, said = await ran("restore", str(file), "--home", str(new))
    lines = [line for line in said.splitlines() if not line.startswith("earlier cursors")]
    assert (code, lines[1:]) == (0, [f"deleted again: {home.large}"]), said
    assert lines[0].endswith(" events, sound")
    assert (await ran("log", "verify", str(new)))[0] == 0
    async with started(new) as client:
        left = {thread.id for thread in (await client.list_threads()).data}
        assert left
        assert home.large not in left


async def test_a_key_that_a_dead_host_had_still_to_destroy_is_erased_from_a_backup(
    home: EditedHome,
) -> None:
    """The tombstone is written and the key exists, as if the host had died between the two."""
    file, at = home.kept / "b", ("--home", str(home.home))
    before = wrapped_in(file)
    shutil.copy(home.kept / "before", home.home / "keys.db")
    code, said = await ran("erase", "--backup", str(file), *at)
    assert (code, f"erased: {home.large}" in said) == (0, True)
    assert len(before) - len(wrapped_in(file)) == 1


async def test_a_thread_wrongly_marked_as_deleted_keeps_its_key_in_a_backup(
    home: EditedHome,
) -> None:
    home.sql("UPDATE stream_state SET state = 'closed' WHERE stream = 'thread-{living}'")
    _, said = await ran("erase", "--backup", str(home.kept / "b"), "--home", str(home.home))
    assert f"erased: {home.large}" in said
    assert home.living not in said


def test_a_home_with_another_log_erases_keys_in_a_backup_without_naming_threads(
    home: EditedHome, tmp_path: Path
) -> None:
    other = grown(tmp_path / "other")
    shutil.copy(other.database, home.database)
    done = run_here("erase", "--backup", str(home.kept / "b"), "--home", str(home.home))
    assert (done.returncode, "erased: " in done.stdout) == (0, False)
    assert "1 key destroyed" in done.stdout


def test_no_byte_of_an_erased_key_is_left_in_the_new_or_the_old_file(home: EditedHome) -> None:
    file = home.kept / "b"
    before = wrapped_in(file)
    with file.open("rb") as old:
        assert erase_in_backup(home.home, file).keys == 1
        left = wrapped_in(file)
        (gone,) = before.keys() - left.keys()
        assert left == {number: key for number, key in before.items() if number != gone}
        for content in (file.read_bytes(), old.read()):
            assert before[gone] not in content
    assert not (home.kept / "b.erasing").exists()


async def test_separate_keys_of_a_backup_are_erased_in_their_own_file(home: EditedHome) -> None:
    at = ("--home", str(home.home))
    code, said = await ran("erase", "--backup", str(home.kept / "log"), *at)
    assert (code, "holds no keys, so it cannot be read without them" in said) == (1, True)
    code, said = await ran("erase", "--backup", str(home.kept / "k"), *at)
    assert (code, "1 key destroyed" in said) == (0, True)


async def test_a_backup_of_another_log_is_left_alone(home: EditedHome, tmp_path: Path) -> None:
    other = tmp_path / "other"
    async with started(other) as client:
        await client.start_thread()
    before = (home.kept / "b").read_bytes()
    code, said = await ran("erase", "--backup", str(home.kept / "b"), "--home", str(other))
    assert (code, "give the home of that log" in said) == (1, True)
    assert (home.kept / "b").read_bytes() == before
    code, said = await ran("erase", "--backup", str(other / "keys.db"), "--home", str(other))
    assert (code, "is not a complete backup" in said) == (1, True)


@pytest.mark.parametrize("point", ["written", "kept", "replaced"])
def test_a_crash_at_any_point_of_an_erasure_leaves_a_whole_backup_and_a_repeat_completes(
    home: EditedHome, point: str
) -> None:
    def die() -> None:
        raise Died

    failpoints.arm(f"erase.{point}", die)
    with pytest.raises(Died):
        erase_in_backup(home.home, home.kept / "b")
    failpoints.disarm()
    again = erase_in_backup(home.home, home.kept / "b")
    assert again.keys == (0 if point == "replaced" else 1)
    assert erase_in_backup(home.home, home.kept / "b").keys == 0
    assert not (home.kept / "b.erasing").exists()


@pytest.mark.parametrize("point", ["kept", "replaced", None])
def test_a_backup_is_erased_on_filesystems_without_hard_links_too(
    home: EditedHome, monkeypatch: pytest.MonkeyPatch, point: str | None
) -> None:
    def none(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    def die() -> None:
        raise Died

    monkeypatch.setattr(os, "link", none)
    if point is not None:
        failpoints.arm(f"erase.{point}", die)
        with pytest.raises(Died):
            erase_in_backup(home.home, home.kept / "b")
        failpoints.disarm()
    erase_in_backup(home.home, home.kept / "b")
    assert erase_in_backup(home.home, home.kept / "b").keys == 0
    assert not (home.kept / "b.erasing").exists()


async def test_files_with_merely_similar_names_are_not_erased_in(home: EditedHome) -> None:
    file = home.kept / "b"
    others = [file.with_name(f"b{ending}") for ending in (".old", ".new", ".old.new")]
    for other in others:
        shutil.copy(file, other)
    before = file.read_bytes()
    assert (await ran("erase", "--backup", str(file), "--home", str(home.home)))[0] == 0
    assert file.read_bytes() != before
    assert [other.read_bytes() == before for other in others] == [True] * 3


async def test_a_backup_with_another_hard_link_is_left_unchanged(home: EditedHome) -> None:
    file = home.kept / "b"
    before = file.read_bytes()
    os.link(file, home.kept / "tuesday")
    code, said = await ran("erase", "--backup", str(file), "--home", str(home.home))
    assert (code, "has 2 names (hard links), and all of them would lose" in said) == (1, True)
    assert file.read_bytes() == before
    assert not (home.kept / "b.erasing").exists()


async def test_a_foreign_file_in_the_temporary_folder_of_an_erasure_stays(home: EditedHome) -> None:
    letter = home.kept / "b.erasing" / "letter"
    letter.parent.mkdir()
    letter.write_text("dear reader")
    code, said = await ran("erase", "--backup", str(home.kept / "b"), "--home", str(home.home))
    assert (code, f"{letter} does not belong to a backup; move it away" in said) == (1, True)
    assert letter.read_text() == "dear reader"


async def test_a_missing_backup_is_named_and_no_file_is_made(home: EditedHome) -> None:
    gone = home.kept / "gone"
    code, said = await ran("erase", "--backup", str(gone), "--home", str(home.home))
    assert (code, said) == (1, f"threadhost: {gone} does not exist; give a backup\n")
    assert not (home.kept / "gone.erasing").exists()


async def test_a_backup_that_is_no_regular_file_is_named_and_no_file_is_made(
    home: EditedHome, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(home.kept / "b")
    for path, what in (("/", "a folder"), (link, "a symbolic link"), ("/dev/null", "a device")):
        code, said = await ran("erase", "--backup", str(path), "--home", str(home.home))
        assert (code, f"{path} is {what}; " in said) == (1, True)
    assert names_in(tmp_path) == {"copied", "link"}


def test_a_full_disk_leaves_the_backup_unchanged_and_no_file_beside_the_backup(
    home: EditedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: Path, new: Path, *_: object) -> None:
        new.write_bytes(b"some of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = (home.kept / "b").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("threadhost.events.store.sqlite.backup_erasure.rewritten", full)
        with pytest.raises(StoreUnavailable, match="/b; nothing was changed"):
            erase_in_backup(home.home, home.kept / "b")
    assert (home.kept / "b").read_bytes() == before
    assert not (home.kept / "b.erasing").exists()


def test_a_second_erasure_in_the_same_backup_at_once_is_refused(home: EditedHome) -> None:
    with (
        locked_sibling_folder(home.kept / "b", ".erasing"),
        pytest.raises(StoreUnavailable, match="is being written by another process"),
    ):
        erase_in_backup(home.home, home.kept / "b")


def test_erase_does_not_destroy_a_key_that_another_history_gave_to_another_thread(
    home: EditedHome,
) -> None:
    at, later = ("--home", str(home.home)), home.kept / "later"

    def new(text: str) -> str:
        said = run_here("threads", "run", "new", text, *at, "--json").stdout
        return str(json.loads(said)["threadId"])

    dear = new("dear")
    assert run_here("backup", str(later), *at).returncode == 0
    back = ("restore", str(home.kept / "b"), *at, "--replace", "--delete-again")
    assert run_here(*back).returncode == 0
    assert run_here("threads", "delete", new("of the same number"), "--yes", *at).returncode == 0
    keys = wrapped_in(later)
    done = run_here("erase", "--backup", str(later), *at)
    assert (done.returncode, "keys may belong to other threads" in done.stderr) == (1, True)
    assert wrapped_in(later) == keys
    assert run_here("restore", str(later), *at, "--replace").returncode == 0
    assert "dear" in run_here("threads", "show", dear, *at).stdout


def test_where_the_log_of_the_home_cannot_be_read_no_key_is_destroyed_by_its_number(
    home: EditedHome,
) -> None:
    file = home.kept / "b"
    keys = wrapped_in(file)
    (home.home / "threadhost.db").write_bytes(b"no database")
    done = run_here("erase", "--backup", str(file), "--home", str(home.home))
    assert (done.returncode, "cannot be read, so the keys in" in done.stderr) == (1, True)
    assert wrapped_in(file) == keys
