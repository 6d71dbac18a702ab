"""Files that are no backup, and foreign files in the way of a backup or a restore."""

import json
import os
import shutil
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.support.edited_home import EditedHome, grown
from tests.support.program import run_here
from threadhost.events import failpoints
from threadhost.events.store.errors import StoreMismatch, StoreUnavailable
from threadhost.events.store.faults import NO_SPACE
from threadhost.events.store.sqlite.backup import BackupFiles, back_up


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
def test_an_archive_with_trailing_bytes_is_no_backup(
    home: EditedHome, tmp_path: Path, more: bytes | None
) -> None:
    file = home.kept / "b"
    whole = file.read_bytes()
    file.write_bytes(whole + (whole if more is None else more))
    done = run_here("restore", str(file), "--home", str(tmp_path / "new"))
    why = "is not a complete backup: something follows its manifest; give another file"
    assert (done.returncode, done.stderr) == (1, f"threadhost: {file} {why}\n")


def test_a_truncated_archive_is_reported_to_end_before_its_manifest(
    home: EditedHome, tmp_path: Path
) -> None:
    file = home.kept / "b"
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index(b"manifest.json")])
    done = run_here("restore", str(file), "--home", str(tmp_path / "new"))
    why = "is not a complete backup: it ends before its manifest; give another file"
    assert (done.returncode, done.stderr) == (1, f"threadhost: {file} {why}\n")


@pytest.mark.few(1)
@pytest.mark.parametrize("padding", [-1024, 512, 1 << 20])
def test_zeros_at_the_end_of_an_archive_are_ignored(
    home: EditedHome, tmp_path: Path, padding: int
) -> None:
    file = home.kept / "b"
    whole = file.read_bytes()
    file.write_bytes(whole[:padding] if padding < 0 else whole + b"\0" * padding)
    done = run_here("restore", str(file), "--home", str(tmp_path / "new"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.few(1)
@pytest.mark.parametrize("table", ["agent_jobs", "threads", "items"])
def test_a_sound_log_without_views_is_restored_with_rebuilt_views(
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


@pytest.mark.parametrize("name", ["restoring", "restored", "blobs"])
def test_a_folder_of_the_home_that_is_a_link_is_not_moved_by_a_restore(
    home: EditedHome, tmp_path: Path, name: str
) -> None:
    new = tmp_path / "new"
    shutil.copytree(home.home, new)
    shutil.rmtree(new / name, ignore_errors=True)
    (mine := tmp_path / "mine").mkdir()
    (mine / "letter").touch()
    (new / name).symlink_to(mine)
    for words in ((str(home.kept / "b"), "--replace"), ()):
        done = run_here("restore", *words, "--home", str(new))
        assert done.returncode == 1
        assert "is not a folder of a host; move it away" in done.stderr or name == "restored"
    assert (mine / "letter").exists()
    (new / name).unlink()
    assert run_here("threads", "list", "--home", str(new)).returncode == 0


def test_payloads_on_a_volume_of_their_own_are_not_partly_replaced(
    home: EditedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = home.home / "blobs"
    monkeypatch.setattr(Path, "is_mount", lambda path: path == blobs)
    words = (str(home.kept / "b"), "--replace", "--home", str(home.home))
    done = run_here("restore", *words)
    why = f"{blobs} is a mount point, which cannot be moved; unmount it first"
    assert (done.returncode, done.stderr) == (1, f"threadhost: {why}\n")
    assert run_here("threads", "list", "--home", str(home.home)).returncode == 0


@pytest.mark.parametrize("at_ms", [-(10**12), 10**15])
def test_a_backup_with_any_time_in_its_manifest_can_be_restored(
    home: EditedHome, tmp_path: Path, at_ms: int
) -> None:
    back_up(home.home, BackupFiles(tmp_path / "b"), None, {}, at_ms)
    done = run_here("restore", str(tmp_path / "b"), "--home", str(tmp_path / "new"))
    assert (done.returncode, done.stderr) == (0, "")


def test_no_folder_is_made_for_a_backup_that_is_not_there(tmp_path: Path) -> None:
    none, new = tmp_path / "none", tmp_path / "new"
    done = run_here("restore", str(none), "--home", str(new))
    why = f"{none} does not exist; give the file of a backup"
    assert (done.returncode, done.stderr) == (1, f"threadhost: {why}\n")
    assert not new.exists()


def test_a_failed_restore_leaves_no_home_where_none_was(home: EditedHome, tmp_path: Path) -> None:
    """Neither of a file that is no backup, nor of half a backup."""
    whole, empty = (home.kept / "b").read_bytes(), tmp_path / "empty"
    empty.mkdir()
    for size in (100, len(whole) // 2):
        (tmp_path / "cut").write_bytes(whole[:size])
        for new in (tmp_path / "deep" / "new", empty):
            assert run_here("restore", str(tmp_path / "cut"), "--home", str(new)).returncode == 1
    assert run_here("restore", "--home", str(empty)).returncode == 1
    assert {path.name for path in tmp_path.iterdir()} == {"copied", "cut", "empty"}
    assert [*empty.iterdir()] == []


def test_a_restore_without_space_says_where_and_that_nothing_was_changed(
    home: EditedHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StoreUnavailable(NO_SPACE)

    monkeypatch.setattr("threadhost.events.store.sqlite.restore.raise_epoch", fails)
    done = run_here("restore", str(home.kept / "b"), "--home", str(tmp_path / "new"))
    words = f"threadhost: no space is left for {tmp_path / 'new'}; nothing was changed\n"
    assert (done.returncode, done.stderr) == (1, words)


@pytest.mark.parametrize("name", ["keys.db", "host.key"])
def test_a_home_without_a_file_of_keys_is_not_backed_up_and_the_file_is_named(
    home: EditedHome, tmp_path: Path, name: str
) -> None:
    (home.home / name).unlink()
    done = run_here("backup", str(tmp_path / "new"), "--home", str(home.home))
    said = f"threadhost: {home.home / name} is missing; put it back, "
    assert (done.returncode, done.stderr[: len(said)]) == (1, said)
    rotated = run_here("keys", "rotate", "--home", str(home.home))
    assert (rotated.returncode, rotated.stderr[: len(said)]) == (1, said)
    erased = run_here("erase", "--backup", str(home.kept / "b"), "--home", str(home.home))
    assert (erased.returncode, said in erased.stderr) == (int(name == "keys.db"), not erased.stdout)


def test_a_failed_restore_leaves_files_that_appeared_during_the_restore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new"
    (tmp_path / "b").touch()

    def fails(*_: object) -> None:
        (new / "letter").touch()
        raise StoreMismatch("no backup")

    monkeypatch.setattr("threadhost.events.store.sqlite.restore.begin", fails)
    assert run_here("restore", str(tmp_path / "b"), "--home", str(new)).returncode == 1
    assert [path.name for path in new.iterdir()] == ["letter"]


@pytest.mark.parametrize("place", ["mine", "threadhost.db-journal", "blobs/mine"])
def test_a_backup_into_the_home_is_refused(home: EditedHome, place: str) -> None:
    before = sorted(home.home.rglob("*"))
    file = home.home / place
    apart = ("--keys-separate", str(file))
    for words in ((str(file),), (str(home.kept / "new"), *apart)):
        done = run_here("backup", *words, "--home", str(home.home))
        why = f"threadhost: {file} is inside the home; give a path outside of it\n"
        assert (done.returncode, done.stderr) == (1, why)
    assert sorted(home.home.rglob("*")) == before


@pytest.mark.parametrize("apart", [None, "new-keys"])
def test_a_file_that_appeared_while_the_backup_was_made_is_not_overwritten(
    home: EditedHome, tmp_path: Path, apart: str | None
) -> None:
    file, keys = tmp_path / "new", tmp_path / apart if apart else None

    def take() -> None:
        file.write_bytes(b"precious")

    failpoints.arm("backup.packed", take)
    with pytest.raises(StoreMismatch, match="new exists already"):
        back_up(home.home, BackupFiles(file, keys), None, {}, 1)
    failpoints.disarm()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("new")] == ["new"]
    assert file.read_bytes() == b"precious"


def rewritten(file: Path, change: Callable[[tarfile.TarFile, tarfile.TarFile], None]) -> None:
    """Write the archive again with a change."""
    old = file.rename(file.with_name("before"))
    with tarfile.open(old) as was, tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as now:
        change(was, now)


def put(archive: tarfile.TarFile, name: str, content: bytes, **more: Any) -> None:
    """Add a member."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in more.items():
        setattr(member, key, value)
    archive.addfile(member, BytesIO(content))


ODD: list[tuple[str, object]] = [
    ("takenAtMs", None),
    ("takenAtMs", "x"),
    ("takenAtMs", 10**30),
    ("epoch", -1),
    ("epoch", True),
    ("epoch", 1.5),
    ("head", []),
    ("head", {}),
    ("logId", None),
    ("backup", 5),
    ("verdict", {}),
    ("of", "\n"),
]


@pytest.mark.few(4)
@pytest.mark.parametrize(("name", "odd"), ODD, ids=map(str, ODD))
def test_a_manifest_with_an_impossible_value_is_refused(
    home: EditedHome, tmp_path: Path, name: str, odd: object
) -> None:
    def changed(was: tarfile.TarFile, now: tarfile.TarFile) -> None:
        for member in was:
            file = was.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == "manifest.json":
                content = json.dumps({**json.loads(content), name: odd}).encode()
            put(now, member.name, content)

    file = home.kept / "b"
    rewritten(file, changed)
    why = f"{file} is not a complete backup: its manifest has no valid {name};"
    for words in (
        ("restore", str(file), "--home", str(tmp_path / "new")),
        ("erase", "--backup", str(file), "--home", str(home.home)),
    ):
        done = run_here(*words)
        assert (done.returncode, done.stderr) == (1, f"threadhost: {why} give another file\n")
    assert not (tmp_path / "new").exists()


def _twice(was: tarfile.TarFile, now: tarfile.TarFile) -> None:
    for member in (*was.getmembers()[:1], *was.getmembers()):
        now.addfile(member, was.extractfile(member))


def _sparse(_was: tarfile.TarFile, now: tarfile.TarFile) -> None:
    about = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1"}
    map_ = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(2**60), "GNU.sparse.numblocks": "1"}
    put(now, "keys.db", b"x", pax_headers={**about, **map_})


def _map_of_words(_was: tarfile.TarFile, now: tarfile.TarFile) -> None:
    put(now, "keys.db", b"x", pax_headers={"GNU.sparse.map": "a,b", "GNU.sparse.size": "c"})


def _without_end(_was: tarfile.TarFile, now: tarfile.TarFile) -> None:
    put(now, "other", b"x", pax_headers={"size": str(10**30)})


def _link(_was: tarfile.TarFile, now: tarfile.TarFile) -> None:
    put(now, "keys.db", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_twice, "it holds 'threadhost.db' twice"),
        (_sparse, "'keys.db' is not a file"),
        (_link, "'keys.db' is not a file"),
        (_map_of_words, "one of its headers is malformed"),
        (_without_end, "it holds 'other'"),
    ],
)
def test_an_archive_with_impossible_members_is_no_backup(
    home: EditedHome,
    tmp_path: Path,
    change: Callable[[tarfile.TarFile, tarfile.TarFile], None],
    why: str,
) -> None:
    file = home.kept / "b"
    rewritten(file, change)
    done = run_here("restore", str(file), "--home", str(tmp_path / "new"))
    said = f"threadhost: {file} is not a complete backup: {why}; give another file\n"
    assert (done.returncode, done.stderr) == (1, said)
    erased = run_here("erase", "--backup", str(file), "--home", str(home.home))
    assert "fault of threadhost" not in erased.stderr


def test_a_foreign_file_in_the_temporary_folder_of_a_backup_stays(
    home: EditedHome, tmp_path: Path
) -> None:
    for mine in ("letters", "0"):
        folder = tmp_path / mine / "b.partial"
        folder.mkdir(parents=True)
        kept = folder / mine if mine == "0" else folder / mine / "first"
        kept.parent.mkdir(exist_ok=True)
        kept.write_text("dear reader")
        done = run_here("backup", str(tmp_path / mine / "b"), "--home", str(home.home))
        why = f"{folder / mine} does not belong to a backup; move it away, or give another name"
        assert (done.returncode, done.stderr) == (1, f"threadhost: {why}\n")
        assert kept.read_text() == "dear reader"


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ["threadhost.db", "keys.db", "host.key", "threadhost.db-wal"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a pipe", "a folder"])
def test_a_home_with_a_pipe_or_folder_in_the_place_of_a_file_is_left_unchanged(
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
    assert [path.name for path in new.iterdir()] == [name]
    assert os.lstat(new / name).st_ino == before
