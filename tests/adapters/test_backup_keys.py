"""The keys of a backup: those of its log under its host key, written apart on request."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from tests.support.databases import changed
from tests.support.edited_home import EditedHome, grown
from tests.support.program import run_here
from threadhost.events import failpoints
from threadhost.events.store.host_key import make_host_key
from threadhost.events.store.sqlite.backup import BackupFiles, back_up


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> EditedHome:
    """A home, to be copied."""
    return grown(tmp_path_factory.mktemp("grown"))


@pytest.fixture
def home(first: EditedHome, tmp_path: Path) -> EditedHome:
    return first.copied(tmp_path / "copied")


@pytest.mark.parametrize("keys", ["new.partial", "new.partial/keys"])
def test_separate_keys_inside_the_temporary_folder_of_a_backup_are_refused(
    home: EditedHome, tmp_path: Path, keys: str
) -> None:
    (tmp_path / "new.partial").mkdir(exist_ok=True) if "/" in keys else None
    words = ("--keys-separate", str(tmp_path / keys), "--home", str(home.home))
    done = run_here("backup", str(tmp_path / "new"), *words)
    why = f"{tmp_path / keys} is in the way of {tmp_path / 'new'}; give another name"
    assert (done.returncode, done.stderr) == (1, f"threadhost: {why}\n")


def test_separate_keys_are_assembled_on_their_own_volume(
    home: EditedHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this test no file can be moved from one folder to another."""
    rename = Path.rename

    def within_a_volume(path: Path, target: Path) -> Path:
        if not path.is_relative_to(target.parent):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(path))
        return rename(path, target)

    for name in ("disk", "stick"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(Path, "rename", within_a_volume)
    file, keys = tmp_path / "disk" / "b", tmp_path / "stick" / "k"
    words = ("--keys-separate", str(keys), "--home", str(home.home))
    done = run_here("backup", str(file), *words)
    assert (done.returncode, done.stderr) == (0, "")
    monkeypatch.undo()
    assert sorted(path.name for path in tmp_path.glob("*/*")) == ["b", "home", "k", "kept"]
    new = ("--home", str(tmp_path / "new"))
    assert run_here("restore", str(file), "--keys", str(keys), *new).returncode == 0


def test_a_backup_is_refused_in_the_temporary_folder_of_its_keys(
    home: EditedHome, tmp_path: Path
) -> None:
    words = ("--keys-separate", str(tmp_path / "k"), "--home", str(home.home))
    done = run_here("backup", str(tmp_path / "k.partial"), *words)
    assert done.returncode == 1
    assert f"{tmp_path / 'k'} is in the way of {tmp_path / 'k.partial'}" in done.stderr


@pytest.mark.parametrize("keys", ["there/../new", "link/new", "link/new.partial/keys"])
def test_two_spellings_of_one_path_for_a_backup_and_its_keys_are_refused(
    home: EditedHome, tmp_path: Path, keys: str
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "new.partial").mkdir() if "partial" in keys else None
    words = ("--keys-separate", f"{tmp_path}/{keys}", "--home", str(home.home))
    done = run_here("backup", str(tmp_path / "new"), *words)
    assert done.returncode in (1, 2)
    assert "give another" in done.stderr
    assert not (tmp_path / "new").exists()


def test_the_host_key_of_a_backup_is_the_one_that_wraps_its_keys(
    home: EditedHome, tmp_path: Path
) -> None:
    at = ("--home", str(home.home))

    def rotate() -> None:
        failpoints.disarm()
        assert run_here("keys", "rotate", *at).returncode == 0

    failpoints.arm("backup.read", rotate)
    back_up(home.home, BackupFiles(tmp_path / "b"), None, {}, 1)
    done = run_here("restore", str(tmp_path / "b"), "--home", str(tmp_path / "new"))
    assert (done.returncode, done.stderr) == (0, "")
    assert run_here("log", "verify", "--home", str(tmp_path / "new")).returncode == 0


def test_no_backup_is_made_with_keys_that_are_of_another_log(
    home: EditedHome, tmp_path: Path
) -> None:
    other = grown(tmp_path / "other")
    shutil.copy(other.home / "keys.db", home.home / "keys.db")
    done = run_here("backup", str(tmp_path / "b"), "--home", str(home.home))
    assert done.returncode == 1
    assert f"{home.home / 'keys.db'} holds the keys of log" in done.stderr
    assert not (tmp_path / "b").exists()


def test_no_backup_is_made_with_keys_under_another_host_key(
    home: EditedHome, tmp_path: Path
) -> None:
    make_host_key(other := tmp_path / "key")
    words = ("--home", str(home.home), "--key-file", str(other))
    done = run_here("backup", str(tmp_path / "b"), *words)
    assert done.returncode == 1
    assert (
        "the keys were not wrapped by this host key; check that the key file is the right"
        in done.stderr
    )


def test_a_backup_reports_how_many_events_a_lost_key_costs(
    home: EditedHome, tmp_path: Path
) -> None:
    stream = f"thread-{home.living}"
    key_id = home.value("SELECT key_id FROM stream_state WHERE stream = ?", (stream,))
    sealed = home.value("SELECT count(*) FROM events WHERE key_id = ?", (key_id,))
    with changed(home.home / "keys.db") as database:
        database.execute("DELETE FROM keys WHERE id = ?", (key_id,))
    done = run_here("backup", str(tmp_path / "b"), "--home", str(home.home))
    assert done.returncode == 3
    assert f"its key {key_id} is missing, that of {sealed} events" in done.stderr


def test_an_interrupted_rotation_of_keys_is_completed_before_a_backup(
    home: EditedHome, tmp_path: Path
) -> None:
    (home.home / "host.key.next").write_text((home.home / "host.key").read_text())
    done = run_here("backup", str(tmp_path / "b"), "--home", str(home.home))
    assert done.returncode == 1
    assert "was interrupted; `threadhost keys rotate` ends it" in done.stderr
