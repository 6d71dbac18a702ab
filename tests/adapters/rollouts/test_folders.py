"""Rollout files of a home are created, found and removed, and no link leads outside."""

import os
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Self

import pytest

from tests.support.each import each
from tests.support.rollouts import AT_MS, THREAD_ID
from threadhost.adapters.rollout_path import RolloutPlace, rollout_place, thread_at
from threadhost.adapters.rollouts import file
from threadhost.adapters.rollouts.folders import RolloutFolders, UnexpectedFile

ACTIVE = rollout_place(THREAD_ID, AT_MS, archived=False)
ARCHIVED = rollout_place(THREAD_ID, AT_MS, archived=True)
DAY = "sessions/2026/09/21"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of a home."""
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def folders(home: Path) -> Iterator[RolloutFolders]:
    """Its rollouts."""
    with closing(RolloutFolders(home)) as folders:
        yield folders


def write(folders: RolloutFolders, place: RolloutPlace, text: bytes) -> None:
    """Put a text into a file."""
    with folders.opened(place, make=True) as descriptor:
        file.cut(descriptor, 0)
        file.add(descriptor, 0, text)


def test_a_rollout_file_is_created_moved_and_removed(home: Path, folders: RolloutFolders) -> None:
    write(folders, ACTIVE, b"text")
    assert (home / DAY / ACTIVE.name).read_bytes() == b"text"
    assert folders.find([THREAD_ID, "other"]) == {THREAD_ID: [ACTIVE], "other": []}
    assert folders.move(ACTIVE, ARCHIVED)
    assert not folders.move(ACTIVE, ARCHIVED)
    write(folders, ACTIVE, b"text")
    assert folders.find([THREAD_ID])[THREAD_ID] == [ACTIVE, ARCHIVED]
    assert [folders.remove(place) for place in (ACTIVE, ARCHIVED, ACTIVE)] == [True, True, False]


def test_closed_folders_raise_an_error_though_their_descriptors_were_reused(
    home: Path, tmp_path: Path
) -> None:
    folders = RolloutFolders(home)
    write(folders, ACTIVE, b"text")
    folders.close()
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / DAY).mkdir(parents=True)
    (elsewhere / DAY / ACTIVE.name).write_bytes(b"of another")
    taken = [os.open(elsewhere, os.O_RDONLY) for _ in range(20)]
    try:
        with pytest.raises(OSError, match="Bad file descriptor"), folders.opened(ACTIVE):
            pass
        with pytest.raises(OSError, match="Bad file descriptor"):
            folders.find([THREAD_ID])
    finally:
        for descriptor in taken:
            os.close(descriptor)


def test_files_with_merely_similar_names_are_ignored(home: Path, folders: RolloutFolders) -> None:
    (home / DAY).mkdir(parents=True)
    for name in (
        f"{THREAD_ID}.jsonl",
        f"rollout-a-{THREAD_ID}.txt",
        f"rollout-a-{THREAD_ID}.zst",
        f"rollout-{THREAD_ID}0.jsonl",
    ):
        (home / DAY / name).touch()
    (home / f"rollout-a-{THREAD_ID}.jsonl").touch()
    assert folders.find([THREAD_ID]) == {THREAD_ID: []}


@pytest.mark.parametrize("link", ["sessions", "sessions/2026", DAY, f"{DAY}/{ACTIVE.name}"])
def test_no_symbolic_link_is_followed_at_any_level(
    home: Path, folders: RolloutFolders, tmp_path: Path, link: str
) -> None:
    write(folders, ACTIVE, b"text")
    write(folders, ARCHIVED, b"text")
    outside = tmp_path / "outside"
    (home / link).rename(outside)
    (home / link).symlink_to(outside)
    for step in (
        lambda: write(folders, ACTIVE, b"changed"),
        lambda: folders.remove(ACTIVE),
        lambda: folders.move(ACTIVE, ARCHIVED),
        lambda: folders.find([THREAD_ID]),
    ):
        with pytest.raises(UnexpectedFile, match=f"{link} is a symbolic link"):
            step()
    [left] = [outside] if outside.is_file() else outside.rglob("*.jsonl")
    assert left.read_bytes() == b"text"


def test_a_file_with_another_hard_link_is_not_written_to(
    home: Path, folders: RolloutFolders, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"text")
    (home / DAY).mkdir(parents=True)
    os.link(precious, home / DAY / ACTIVE.name)
    with pytest.raises(UnexpectedFile, match="known by another name"):
        write(folders, ACTIVE, b"changed")
    assert folders.remove(ACTIVE)
    assert precious.read_bytes() == b"text"


def test_a_file_at_the_destination_of_a_move_is_not_replaced(
    home: Path, folders: RolloutFolders
) -> None:
    write(folders, ACTIVE, b"one")
    write(folders, ARCHIVED, b"two")
    with pytest.raises(UnexpectedFile, match="there already"):
        folders.move(ACTIVE, ARCHIVED)
    assert (home / DAY / ACTIVE.name).read_bytes() == b"one"
    assert (home / "archived_sessions" / ARCHIVED.name).read_bytes() == b"two"


def test_a_temporary_file_with_another_hard_link_is_not_written_to(
    home: Path, folders: RolloutFolders, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"text")
    os.link(precious, home / "kept.json.new")
    folders.write_small("kept.json", b"one")
    assert precious.read_bytes() == b"text"
    assert folders.read_small("kept.json") == b"one"


class Swapping:
    """Swaps a folder of the home and a link to the outside, again and again, on a thread."""

    def __init__(self, real: Path, link: Path, times: int) -> None:
        self._real, self._link, self._times = real, link, times
        self._thread = threading.Thread(target=self._swap)
        self._done = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    @property
    def is_swapping(self) -> bool:
        """Whether the thread still swaps."""
        return not self._done.is_set()

    def _swap(self) -> None:
        aside = self._real.with_name(f"{self._real.name}.aside")
        for _ in range(self._times // 2):
            with suppress(OSError):
                self._real.rename(aside)
                self._link.rename(self._real)
            with suppress(OSError):
                self._real.rename(self._link)
                aside.rename(self._real)
        self._done.set()


@pytest.mark.few(1)
@pytest.mark.parametrize("swapped", ["sessions/2026", "sessions/2026/09/21", "sessions"])
def test_nothing_outside_is_touched_while_folders_are_swapped_for_links(
    home: Path, folders: RolloutFolders, tmp_path: Path, swapped: str
) -> None:
    write(folders, ACTIVE, b"ours")
    outside = tmp_path / "outside"
    inside = (home / DAY / ACTIVE.name).relative_to(home / swapped)
    precious = outside / inside
    precious.parent.mkdir(parents=True)
    precious.write_bytes(b"precious")
    link = home / "link"
    link.symlink_to(outside)
    tried = 0
    with Swapping(home / swapped, link, 10_000) as swapping:
        while swapping.is_swapping:
            for step in (
                lambda: write(folders, ACTIVE, b"ours"),
                lambda: folders.remove(ACTIVE),
                lambda: folders.move(ARCHIVED, ACTIVE),
                lambda: folders.find([THREAD_ID]),
                lambda: folders.move(ACTIVE, ARCHIVED),
            ):
                tried += 1
                with suppress(OSError, UnexpectedFile):
                    step()
    assert tried
    assert precious.read_bytes() == b"precious"
    assert [p for p in outside.rglob("*") if p.is_file()] == [precious]


def test_a_small_file_is_replaced_as_a_whole(home: Path, folders: RolloutFolders) -> None:
    assert folders.read_small("kept.json") == b""
    folders.write_small("kept.json", b"one")
    folders.write_small("kept.json", b"2")
    assert folders.read_small("kept.json") == b"2"
    assert [p.name for p in home.iterdir()] == ["kept.json"]


@each(
    ("path", "home", "found"),
    [
        (f"/h/{DAY}/{ACTIVE.name}", "/h", THREAD_ID),
        (f"/h/archived_sessions/{ACTIVE.name}", "/h", THREAD_ID),
        (f"/h/{DAY}/{ACTIVE.name}", "", THREAD_ID),
        (f"/h/{DAY}/{ACTIVE.name}", "/other", ""),
        (f"/h/{DAY}/{ACTIVE.name}", None, ""),
        (f"/h/sessions/../{ACTIVE.name}", "/h", ""),
        (f"/h/sessionsx/{ACTIVE.name}", "/h", ""),
        (f"/h/{DAY}/{ACTIVE.name}.zst", "/h", ""),
        ("", "/h", ""),
    ],
)
def test_the_thread_of_a_rollout_path_is_read_from_its_name(
    path: str, home: str | None, found: str
) -> None:
    assert thread_at(path, home) == found
