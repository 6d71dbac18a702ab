"""The one way to rollout files: each step starts from a descriptor, and no link is followed."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from threadhost.adapters.rollout_path import BEGINS, RolloutPlace, id_in
from threadhost.events.store.files import KINDS, PRIVATE_FILE, irregular_kind
from threadhost.events.store.home import PRIVATE, ROLLOUTS

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
APPEND = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
DEPTH_MAX = 16
"""How many levels of folders are searched below each of the two: codex has year, month and day
there, but users may have moved files."""
SMALL_BYTES = 4096
CLOSED = -1


class UnexpectedFile(Exception):
    """The path is no file or folder of a host; `path` is the whole path."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path} is {what}")
        self.path = path
        self.what = what


class RolloutFolders:
    """`sessions` and `archived_sessions` of a home, through a descriptor of the home."""

    def __init__(self, home: Path) -> None:
        self._home = str(home.absolute()).rstrip("/")
        self._descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._closing = Lock()

    def close(self) -> None:
        """Close the home; work on other threads then raises OSError."""
        with self._closing:
            descriptor, self._descriptor = self._descriptor, CLOSED
            os.close(descriptor)

    def path(self, place: RolloutPlace) -> str:
        """The whole path of a place."""
        return "/".join((self._home, *place.folders, place.name))

    def find(self, thread_ids: Collection[str]) -> dict[str, list[RolloutPlace]]:
        """Every rollout file of these threads, active or archived, in order.

        Raises UnexpectedFile if something with the name of a rollout is no file, and for a folder
        that is a link, which may hide some.
        """
        places: dict[str, list[RolloutPlace]] = {thread_id: [] for thread_id in thread_ids}
        for root in ROLLOUTS:
            for thread_id, place in self._walk((root,), DEPTH_MAX, places):
                self._require_file(place)
                places[thread_id].append(place)
        return places

    def remove(self, place: RolloutPlace) -> bool:
        """Remove a file; False if it was gone. Raises OSError, or UnexpectedFile."""
        try:
            with self._folder(place.folders) as folder:
                self._require_regular(place, os.lstat(place.name, dir_fd=folder))
                os.unlink(place.name, dir_fd=folder)
        except FileNotFoundError:
            return False
        return True

    def move(self, old: RolloutPlace, new: RolloutPlace) -> bool:
        """Move a file durably to a free place; False if it does not exist.

        Raises OSError, or UnexpectedFile.
        """
        try:
            with self._folder(old.folders) as source:
                self._require_regular(old, os.lstat(old.name, dir_fd=source))
                with self._folder(new.folders, make=True) as target:
                    self._require_nothing(new, target)
                    os.rename(old.name, new.name, src_dir_fd=source, dst_dir_fd=target)
                    os.fsync(target)
                os.fsync(source)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def opened(self, place: RolloutPlace, *, make: bool = False) -> Iterator[int]:
        """Open a file for reading and writing. Raises OSError, or UnexpectedFile."""
        flags = APPEND | os.O_CREAT if make else APPEND
        with self._file(place, flags, make=make) as (descriptor, status):
            if status.st_nlink > 1:  # a write would also change the other name's file
                raise UnexpectedFile(self.path(place), "known by another name, too")
            yield descriptor

    @contextmanager
    def _file(
        self, place: RolloutPlace, flags: int, *, make: bool = False
    ) -> Iterator[tuple[int, os.stat_result]]:
        """Open a regular file, with its status. Raises OSError, or UnexpectedFile."""
        with self._folder(place.folders, make=make) as folder:
            try:
                descriptor = os.open(place.name, flags, PRIVATE_FILE, dir_fd=folder)
            except OSError as error:
                raise self._meaning(error, place) from None
            try:
                status = os.fstat(descriptor)
                self._require_regular(place, status)
                yield descriptor, status
            finally:
                os.close(descriptor)

    def sync(self, place: RolloutPlace) -> None:
        """Make a file and its name durable, if it still exists."""
        with suppress(FileNotFoundError), self.opened(place) as descriptor:
            os.fsync(descriptor)
        self.sync_names(place.folders)

    def sync_names(self, names: Sequence[str]) -> None:
        """Make the names in a folder durable, if it still exists. Raises OSError."""
        with suppress(FileNotFoundError, UnexpectedFile), self._folder(names) as folder:
            os.fsync(folder)

    def read_small(self, name: str) -> bytes:
        """The content of a small file in the home itself, b"" without one."""
        try:
            with self.opened(RolloutPlace((), name)) as descriptor:
                return os.read(descriptor, SMALL_BYTES)
        except FileNotFoundError:
            return b""

    def write_small(self, name: str, text: bytes) -> None:
        """Replace a small file in the home, durably."""
        home, temporary = self._descriptor, f"{name}.new"
        with suppress(FileNotFoundError):  # a host left it when it died
            os.unlink(temporary, dir_fd=home)
        descriptor = os.open(temporary, NEW, PRIVATE_FILE, dir_fd=home)
        try:
            os.write(descriptor, text)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, name, src_dir_fd=home, dst_dir_fd=home)
        os.fsync(home)

    @contextmanager
    def _folder(self, names: Sequence[str], *, make: bool = False) -> Iterator[int]:
        """A descriptor of a folder, reached from the home one name at a time."""
        with self._closing:  # another file may get the number once it is closed
            at = os.dup(self._descriptor)
        try:
            for depth, name in enumerate(names, 1):
                at = self._below(at, names[:depth], name, make=make)
            yield at
        finally:
            os.close(at)

    def _below(self, at: int, names: Sequence[str], name: str, *, make: bool) -> int:
        """The folder of this name in another, whose descriptor is closed on success."""
        if make:
            with suppress(FileExistsError):
                os.mkdir(name, PRIVATE, dir_fd=at)
        try:
            below = os.open(name, FOLDER, dir_fd=at)
        except OSError as error:
            raise self._meaning(error, RolloutPlace(tuple(names[:-1]), name)) from None
        os.close(at)
        return below

    def _walk(
        self, names: tuple[str, ...], depth: int, thread_ids: Collection[str]
    ) -> Iterator[tuple[str, RolloutPlace]]:
        """The places of entries named like the wanted threads' files, up to this depth."""
        files, subfolders = list[tuple[str, str]](), list[str]()
        try:
            with self._folder(names) as folder, os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name
                    if name.startswith(BEGINS) and (thread_id := id_in(name)):
                        if thread_id in thread_ids:
                            files.append((thread_id, name))
                    elif entry.is_symlink() and entry.is_dir():
                        raise UnexpectedFile(
                            self.path(RolloutPlace(names, name)), "a symbolic link"
                        )
                    elif depth and entry.is_dir(follow_symlinks=False):
                        subfolders.append(name)
        except FileNotFoundError:
            return
        for thread_id, name in files:
            yield thread_id, RolloutPlace(names, name)
        for name in subfolders:
            yield from self._walk((*names, name), depth - 1, thread_ids)

    def _require_file(self, place: RolloutPlace) -> None:
        with suppress(FileNotFoundError), self._folder(place.folders) as folder:
            self._require_regular(place, os.lstat(place.name, dir_fd=folder))

    def _require_nothing(self, place: RolloutPlace, folder: int) -> None:
        with suppress(FileNotFoundError):
            os.lstat(place.name, dir_fd=folder)
            raise UnexpectedFile(self.path(place), "there already")

    def _require_regular(self, place: RolloutPlace, status: os.stat_result) -> None:
        if odd_kind := irregular_kind(status):
            raise UnexpectedFile(self.path(place), odd_kind)

    def _meaning(self, error: OSError, place: RolloutPlace) -> Exception:
        """UnexpectedFile for an obstacle in the path; otherwise the error, with the path."""
        with suppress(OSError), self._folder(place.folders) as folder:
            if (status := os.lstat(place.name, dir_fd=folder)) and stat.S_ISLNK(status.st_mode):
                return UnexpectedFile(self.path(place), "a symbolic link")
        if isinstance(error, NotADirectoryError):
            return UnexpectedFile(self.path(place), "not a folder")
        if isinstance(error, IsADirectoryError):
            return UnexpectedFile(self.path(place), KINDS[stat.S_IFDIR])
        error.filename = self.path(place)
        return error
