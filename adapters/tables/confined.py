"""Opens files below a folder, and none outside: no link is followed, even in a race."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadhost.actors.job_ports import FilePlace
from threadhost.events.store.faults import system_words
from threadhost.events.store.files import READ, irregular_kind

ROOT = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
STEP = ROOT | os.O_NOFOLLOW


class NotThere(Exception):
    """The file cannot be opened; the message says why."""


@contextmanager
def opened_parent(place: FilePlace) -> Iterator[tuple[int, str]]:
    """A descriptor of the folder that contains a file, and the file's name. Raises NotThere.

    Each step starts from the previous folder, so that nobody can replace one by a link.
    """
    steps, name = _steps(place)
    folder = _open(steps[0], ROOT)
    try:
        for step in steps[1:]:
            inner = _open(step, STEP, folder)
            os.close(folder)
            folder = inner
        yield folder, name
    finally:
        os.close(folder)


def open_to_read(place: FilePlace) -> tuple[int, os.stat_result]:
    """A descriptor of a regular file, with its status. Raises NotThere."""
    flags = READ if place.is_confined else READ & ~os.O_NOFOLLOW
    with opened_parent(place) as (folder, name):
        descriptor = _open(name, flags, folder)
    status = os.fstat(descriptor)
    if odd_kind := irregular_kind(status):
        os.close(descriptor)
        raise NotThere(f"it is {odd_kind}")
    return descriptor, status


def _steps(place: FilePlace) -> tuple[list[str], str]:
    """The folder to begin at, the names of the folders below it, and the name of the file."""
    if not place.path or "\0" in place.path or not Path(place.folder).is_absolute():
        raise NotThere("the path is invalid")
    if place.path.endswith("/"):
        raise NotThere("it is a folder")
    try:
        os.fsencode(place.path)
    except UnicodeEncodeError:
        raise NotThere("the path is invalid") from None
    if not place.is_confined:
        path = Path(place.folder, place.path)
        return _named([str(path.parent)], path.name)
    # Links are not followed below the folder, so `..` can be resolved in the path's text.
    for root in (place.folder, os.path.realpath(place.folder)):
        within = os.path.relpath(Path(root, place.path), root).split("/")
        if within[0] != os.pardir:
            return _named([root, *within[:-1]], within[-1])
    raise NotThere(f"it is outside of the working folder {place.folder}")


def _named(folders: list[str], name: str) -> tuple[list[str], str]:
    if name in ("", os.curdir, os.pardir):
        raise NotThere("it is a folder")
    return folders, name


def _open(name: str, flags: int, folder: int | None = None) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        is_link = error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(name, folder)
        if is_link and flags & os.O_NOFOLLOW:
            raise NotThere(f"{name} is a symbolic link; give the path that it leads to") from None
        raise NotThere(system_words(error)) from None


def _is_link(name: str, folder: int | None) -> bool:
    try:
        os.readlink(name, dir_fd=folder)
    except OSError:
        return False
    return True
