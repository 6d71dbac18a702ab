"""What a backup, or a restore, is not: it takes nothing for its own that is somebody else's."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.edited_home import EditedHome, grown
from tests.support.program import run_here


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    """A home and a backup of it, to be copied."""
    made = grown(tmp_path_factory.mktemp("grown"))
    done = run_here("backup", str(made.kept / "b"), "--home", str(made.home))
    assert (done.returncode, done.stderr) == (0, "")
    return made


@pytest.fixture
def home(first: EditedHome, tmp_path: Path) -> EditedHome:
    return first.copied(tmp_path / "copied")


@pytest.mark.few(2)
@pytest.mark.parametrize("more", [b"junk", b"\0" * 20_479 + b"x", None], ids=["few", "late", "two"])
def test_an_archive_that_something_follows_is_no_backup(
    home: EditedHome, tmp_path: Path, more: bytes | None
) -> None:
    file = home.kept / "b"
    whole = file.read_bytes()
    file.write_bytes(whole + (whole if more is None else more))
    done = run_here("restore", str(file), "--home", str(tmp_path / "new"))
    why = "is no whole backup: something follows its manifest; give one that is"
    assert (done.returncode, done.stderr) == (1, f"threadhost: {file} {why}\n")


def test_an_archive_that_breaks_off_is_said_to_end_before_its_manifest(
    home: EditedHome, tmp_path: Path
) -> None:
    file = home.kept / "b"
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index(b"manifest.json")])
    done = run_here("restore", str(file), "--home", str(tmp_path / "new"))
    why = "is no whole backup: it ends before its manifest; give one that is"
    assert (done.returncode, done.stderr) == (1, f"threadhost: {file} {why}\n")


@pytest.mark.few(1)
@pytest.mark.parametrize("padding", [-1024, 512, 1 << 20])
def test_zeros_at_the_end_of_an_archive_are_of_whoever_carried_it(
    home: EditedHome, tmp_path: Path, padding: int
) -> None:
    file = home.kept / "b"
    whole = file.read_bytes()
    file.write_bytes(whole[:padding] if padding < 0 else whole + b"\0" * padding)
    done = run_here("restore", str(file), "--home", str(tmp_path / "new"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("table", ["agent_jobs", "threads", "items"])
def test_a_sound_log_whose_views_are_gone_is_put_back_with_views_made_anew(
    home: EditedHome, tmp_path: Path, table: str
) -> None:
    listed = run_here("threads", "list", "--home", str(home.home)).stdout
    home.sql(f"DROP TABLE {table}")
    file, new = str(tmp_path / "b"), str(tmp_path / "new")
    assert run_here("backup", file, "--home", str(home.home)).returncode == 0
    done = run_here("restore", file, "--home", new)
    assert (done.returncode, done.stderr) == (0, "")
    assert run_here("log", "verify", "--home", new).returncode == 0
    assert run_here("threads", "list", "--home", new).stdout == listed


@pytest.mark.parametrize("keys", ["new.partial", "new.partial/keys"])
def test_keys_are_not_written_where_a_backup_is_put_together(
    home: EditedHome, tmp_path: Path, keys: str
) -> None:
    (tmp_path / "new.partial").mkdir(exist_ok=True) if "/" in keys else None
    words = ("--keys-separate", str(tmp_path / keys), "--home", str(home.home))
    done = run_here("backup", str(tmp_path / "new"), *words)
    why = f"{tmp_path / keys} is in the way of {tmp_path / 'new'}; give another name"
    assert (done.returncode, done.stderr) == (1, f"threadhost: {why}\n")


def test_what_somebody_keeps_where_a_backup_is_put_together_stays(
    home: EditedHome, tmp_path: Path
) -> None:
    for mine in ("letters", "0"):
        folder = tmp_path / mine / "b.partial"
        folder.mkdir(parents=True)
        kept = folder / mine if mine == "0" else folder / mine / "first"
        kept.parent.mkdir(exist_ok=True)
        kept.write_text("dear reader")
        done = run_here("backup", str(tmp_path / mine / "b"), "--home", str(home.home))
        why = f"{folder / mine} is of no backup; move it away, or give another name"
        assert (done.returncode, done.stderr) == (1, f"threadhost: {why}\n")
        assert kept.read_text() == "dear reader"


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ["threadhost.db", "keys.db", "host.key", "threadhost.db-wal"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a pipe", "a folder"])
def test_a_home_with_something_else_in_the_place_of_a_file_is_left_as_it_is(
    home: EditedHome, tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    new = tmp_path / "new"
    new.mkdir(mode=0o700)
    make(new / name)
    before = os.lstat(new / name).st_ino
    what = "a pipe" if make is os.mkfifo else "a folder"
    for words in ((), ("--replace",)):
        done = run_here("restore", str(home.kept / "b"), "--home", str(new), *words)
        assert done.returncode == 1
        assert f"{new / name} is {what}; a host keeps its data in regular files" in done.stderr
    assert {path.name for path in new.iterdir()} == {name, "host.lock"}
    assert os.lstat(new / name).st_ino == before
