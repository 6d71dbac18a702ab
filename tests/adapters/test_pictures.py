"""Pictures of this machine: read off the loop, or named with the reason."""

import asyncio
import os
import socket
import threading
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.steps import step
from threadhost.actors.ports import PictureUnreadable
from threadhost.adapters import pictures
from threadhost.adapters.pictures import LocalPictures
from threadhost.events.words import truncate

GOOD: dict[str, bytes] = {
    "png": b"\x89PNG\r\n\x1a\n" + b"x" * 20,
    "jpeg": b"\xff\xd8\xff\xe0" + b"x" * 20,
    "gif": b"GIF89a" + b"x" * 20,
    "webp": b"RIFF\x10\x00\x00\x00WEBPVP8 " + b"x" * 20,
}


@pytest.mark.parametrize("form", GOOD)
async def test_the_format_of_a_picture_is_detected_by_its_content_and_not_its_name(
    tmp_path: Path, form: str
) -> None:
    path = tmp_path / "holiday.txt"
    path.write_bytes(GOOD[form])
    url = await LocalPictures().data_url(str(path))
    head, _, data = url.partition(",")
    assert head == f"data:image/{form};base64"
    assert b64decode(data) == GOOD[form]


async def test_a_link_to_a_picture_is_followed(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(GOOD["png"])
    (tmp_path / "link").symlink_to(tmp_path / "p")
    assert (await LocalPictures().data_url(str(tmp_path / "link"))).startswith("data:image/png")


def make_missing(folder: Path) -> str:
    return str(folder / "missing.png")


def make_fifo(folder: Path) -> str:
    os.mkfifo(folder / "fifo.png")
    return str(folder / "fifo.png")


def make_folder(folder: Path) -> str:
    (folder / "folder.png").mkdir()
    return str(folder / "folder.png")


def make_socket(folder: Path) -> str:
    path = str(folder / "s.png")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(path)
    return path


def make_text(folder: Path) -> str:
    (folder / "text.png").write_bytes(b"no picture at all")
    return str(folder / "text.png")


def make_empty(folder: Path) -> str:
    (folder / "empty.png").write_bytes(b"")
    return str(folder / "empty.png")


def make_sound(folder: Path) -> str:
    (folder / "sound.webp").write_bytes(b"RIFF\x10\x00\x00\x00WAVEfmt ")
    return str(folder / "sound.webp")


def make_loop(folder: Path) -> str:
    (folder / "loop.png").symlink_to(folder / "loop.png")
    return str(folder / "loop.png")


BAD: list[tuple[Callable[[Path], str], str]] = [
    (make_missing, "no such file or directory"),
    (make_fifo, "it is not a regular file"),
    (make_folder, "it is not a regular file"),
    (make_socket, "no such device or address"),
    (make_text, "it is none of png, jpeg, gif, webp"),
    (make_empty, "it is none of png, jpeg, gif, webp"),
    (make_sound, "it is none of png, jpeg, gif, webp"),
    (make_loop, "too many levels of symbolic links"),
    (lambda _: "/dev/zero", "it is not a regular file"),
    (lambda _: "", "no such file or directory"),
    (lambda _: "a\0b", "its path is invalid"),
    (lambda _: "x" * 5_000, "file name too long"),
]


@pytest.mark.parametrize(("make", "why"), BAD, ids=map(str, range(len(BAD))))
async def test_a_file_that_is_no_picture_is_named_with_the_reason_and_does_not_block(
    tmp_path: Path, make: Callable[[Path], str], why: str
) -> None:
    path = make(tmp_path)
    before = _descriptors()
    with pytest.raises(PictureUnreadable) as unreadable:
        await asyncio.wait_for(LocalPictures().data_url(path), 10)
    shown = truncate(path, 200)
    assert str(unreadable.value) == f"the picture {shown} cannot be shown to a model: {why}"
    assert _descriptors() == before


async def test_a_picture_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PictureUnreadable, match="permission denied"):
        await LocalPictures().data_url(str(tmp_path / "p.png"))


@pytest.mark.parametrize("over", [0, 1])
async def test_a_picture_has_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: int
) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(GOOD["png"])
    monkeypatch.setattr(pictures, "BYTES_MAX", len(GOOD["png"]) - over)
    if over:
        with pytest.raises(PictureUnreadable, match=f"larger than {len(GOOD['png']) - 1} bytes"):
            await LocalPictures().data_url(str(path))
    else:
        assert await LocalPictures().data_url(str(path))


async def test_a_picture_that_grows_while_it_is_read_has_the_same_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(GOOD["png"])
    monkeypatch.setattr(pictures, "BYTES_MAX", len(GOOD["png"]))
    fstat = os.fstat

    def and_then_grow(descriptor: int) -> os.stat_result:
        found = fstat(descriptor)
        with path.open("ab") as file:
            file.write(b"more")
        return found

    monkeypatch.setattr(os, "fstat", and_then_grow)
    with pytest.raises(PictureUnreadable, match="larger than"):
        await LocalPictures().data_url(str(path))


async def test_pictures_are_read_off_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(GOOD["png"])
    threads: list[threading.Thread] = []
    read = step(pictures, "_bytes_of")

    def noted(path: str) -> Any:
        threads.append(threading.current_thread())
        return read(path)

    monkeypatch.setattr(pictures, "_bytes_of", noted)
    await LocalPictures().data_url(str(path))
    assert threads != []
    assert threading.main_thread() not in threads


def _descriptors() -> int:
    open_now = Path("/proc/self/fd")
    return len(list(open_now.iterdir())) if open_now.is_dir() else 0
