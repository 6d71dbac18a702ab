"""Files below a folder: no path and no link leads out of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from threadhost.actors.job_ports import FilePlace
from threadhost.adapters.tables.confined import NotThere, open_to_read, opened_parent

SECRET, MINE = b"secret", b"mine"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with a file in it and links out of it."""
    home = tmp_path / "work"
    (home / "in").mkdir(parents=True)
    (home / "in" / "rows.csv").write_bytes(MINE)
    (home / "rows.csv").write_bytes(MINE)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "rows.csv").write_bytes(SECRET)
    (home / "out").symlink_to("../secret")
    (home / "link.csv").symlink_to("../secret/rows.csv")
    (home / "loop").symlink_to("loop")
    return home


def read(where: FilePlace) -> bytes:
    descriptor, _ = open_to_read(where)
    try:
        return os.read(descriptor, 100)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    "path",
    [
        *("rows.csv", "./in/rows.csv", "in/../rows.csv", "in//rows.csv"),
        *("../work/rows.csv", "{}/rows.csv"),
    ],
)
def test_a_file_below_the_folder_is_read_however_its_path_is_written(
    folder: Path, path: str
) -> None:
    assert read(FilePlace(str(folder), path.format(folder))) == MINE


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../secret/rows.csv", "it is outside of the working folder"),
        ("in/../../secret/rows.csv", "it is outside of the working folder"),
        ("/etc/passwd", "it is outside of the working folder"),
        ("{}/../secret/rows.csv", "it is outside of the working folder"),
        ("{}rows.csv", "it is outside of the working folder"),
        ("out/rows.csv", "out is a symbolic link; give the path that it leads to"),
        ("link.csv", "link.csv is a symbolic link; give the path that it leads to"),
        ("loop", "loop is a symbolic link"),
        ("loop/rows.csv", "loop is a symbolic link"),
        ("rows.csv/rows.csv", "Not a directory"),
        ("no/rows.csv", "No such file or directory"),
        ("in", "it is a folder"),
        ("in/", "it is a folder"),
        (".", "it is a folder"),
        ("..", "it is outside of the working folder"),
        ("", "the path is invalid"),
        ("a\0b", "the path is invalid"),
        ("\ud800", "the path is invalid"),
        ("x" * 300, "File name too long"),
        ("x/" * 3000 + "x", "No such file or directory"),
    ],
)
def test_a_path_out_of_the_folder_is_refused(folder: Path, path: str, why: str) -> None:
    with pytest.raises(NotThere, match=f"^{why}"):
        read(FilePlace(str(folder), path.format(folder)))


def test_a_folder_behind_a_link_is_known_by_both_its_paths(folder: Path) -> None:
    named = folder.parent / "named"
    named.symlink_to(folder)
    assert read(FilePlace(str(named), f"{named}/rows.csv")) == MINE
    assert read(FilePlace(str(named), f"{folder}/rows.csv")) == MINE


def test_a_relative_working_folder_is_refused(folder: Path) -> None:
    with pytest.raises(NotThere, match="the path is invalid"):
        read(FilePlace("work", "rows.csv"))


def test_a_path_outside_of_the_folder_is_read_where_that_is_allowed(folder: Path) -> None:
    for path in ("../secret/rows.csv", "out/rows.csv", "link.csv", f"{folder}/link.csv"):
        assert read(FilePlace(str(folder), path, is_confined=False)) == SECRET


@contextmanager
def swapping(folder: Path) -> Iterator[None]:
    """A folder that is replaced by a link out of the working folder, again and again."""
    inner, aside, bait = folder / "in", folder / "aside", folder / "bait"
    bait.symlink_to("../secret")
    is_over = Event()

    def swap() -> None:
        while not is_over.is_set():
            inner.rename(aside)
            bait.rename(inner)
            inner.rename(bait)
            aside.rename(inner)

    thread = Thread(target=swap)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@pytest.mark.slices
def test_a_folder_that_is_swapped_for_a_link_leads_nowhere(folder: Path) -> None:
    found: set[bytes] = set()
    with swapping(folder):
        for _ in range(2000):
            try:
                found.add(read(FilePlace(str(folder), "in/rows.csv")))
            except NotThere:
                continue
    assert found == {MINE}


def test_a_refused_path_leaves_no_descriptor_open(folder: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    for path in ("in", "in/no/rows.csv", "out/rows.csv", "rows.csv/x"):
        with pytest.raises(NotThere):
            read(FilePlace(str(folder), path))
    with opened_parent(FilePlace(str(folder), "in/rows.csv")) as (_, name):
        assert name == "rows.csv"
    assert len(list(Path("/dev/fd").iterdir())) == before
