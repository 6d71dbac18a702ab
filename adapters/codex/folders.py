"""The one way to the files of a codex home: read only, and no link is followed."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from threadhost.adapters.rollout_path import BEGINS, ENDS, PACKED, RolloutPlace
from threadhost.adapters.rollouts.folders import DEPTH_MAX, RolloutFolders, UnexpectedFile
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.store.home import ROLLOUTS

READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
UNREAD = (UnexpectedFile, OSError)
"""Errors that mean a file cannot be read."""
_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
THREAD_ID = re.compile(_ID)
NAME = re.compile(rf"rollout-(.{{1,40}})-({_ID})(?:_{_ID})?\.jsonl(?:\.zst)?")
"""The name of a rollout: its start time, its thread, and after a revert an id of its own."""


class SkippedFile(NamedTuple):
    """A file that was not read, and the reason."""

    path: str
    why: str

    @classmethod
    def of(cls, path: str, error: Exception) -> "SkippedFile":
        """The record for an error: the path is no readable file."""
        if isinstance(error, UnexpectedFile):
            return cls(path, f"it is {error.what}")
        words = error.strerror if isinstance(error, OSError) else str(error)
        return cls(path, words or type(error).__name__)


class Rollout(NamedTuple):
    """A rollout file, with the thread that its name contains."""

    thread_id: str
    place: RolloutPlace


class CodexFolders(RolloutFolders):
    """The rollout files of a codex home, and files in the home itself. Nothing is changed."""

    def rollouts(self) -> Iterator[Rollout | SkippedFile]:
        """Every rollout, folder by folder and ordered by name; skipped files in their place."""
        for root in ROLLOUTS:
            yield from self._search((root,), DEPTH_MAX)

    def path_of(self, place: RolloutPlace) -> str:
        """The whole path of a place, safe to show."""
        return shown_path(self.path(place))

    @contextmanager
    def reading(self, place: RolloutPlace, bytes_max: int | None = None) -> Iterator[int]:
        """Open a file for reading. Raises OSError, or UnexpectedFile for another kind of file."""
        with self._file(place, READ) as (descriptor, status):
            if bytes_max is not None and status.st_size > bytes_max:
                raise UnexpectedFile(self.path(place), f"larger than {bytes_max} bytes")
            if bytes_max is None or not place.name.endswith(PACKED):
                yield descriptor
                return
            with self._unpacked(place, descriptor, bytes_max) as plain:
                yield plain

    @contextmanager
    def _unpacked(self, place: RolloutPlace, descriptor: int, bytes_max: int) -> Iterator[int]:
        from threadhost.adapters.codex.packed import DecompressionFailed, unpacked

        try:
            with unpacked(descriptor, bytes_max) as plain:
                yield plain
        except DecompressionFailed as error:
            raise UnexpectedFile(self.path(place), str(error)) from None

    def names(self) -> Sequence[str]:
        """The names of the entries of the home itself."""
        with self._folder(()) as folder:
            return sorted(os.listdir(folder))  # noqa: PTH208  (of a descriptor)

    def _search(self, names: tuple[str, ...], depth: int) -> Iterator[Rollout | SkippedFile]:
        subfolders: list[str] = []
        try:
            with self._folder(names) as folder, os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
                rollouts = [self._rollout_of(entry, names, depth, subfolders) for entry in entries]
        except FileNotFoundError:
            return
        except UNREAD as error:
            path = self.path(RolloutPlace(names[:-1], names[-1]))
            yield SkippedFile.of(shown_path(getattr(error, "path", path)), error)
            return
        yield from filter(None, rollouts)
        for name in subfolders:
            yield from self._search((*names, name), depth - 1)

    def _rollout_of(
        self, entry: "os.DirEntry[str]", names: tuple[str, ...], depth: int, subfolders: list[str]
    ) -> Rollout | SkippedFile | None:
        """The rollout of a folder's entry; a folder is added to `subfolders`."""
        place = RolloutPlace(names, entry.name)
        if not entry.name.startswith(BEGINS):
            if entry.is_symlink() and entry.is_dir():
                return SkippedFile(self.path_of(place), "it is a symbolic link")
            if entry.is_dir(follow_symlinks=False):
                if not depth:
                    return SkippedFile(
                        self.path_of(place), f"it is more than {DEPTH_MAX} folders deep"
                    )
                subfolders.append(entry.name)
            return None
        match = NAME.fullmatch(entry.name)
        if match is None:
            is_rollout = entry.name.removesuffix(PACKED).endswith(ENDS)
            reason = "its name holds no thread's id"
            return SkippedFile(self.path_of(place), reason) if is_rollout else None
        return Rollout(match[2], place)


def shown_path(path: str) -> str:
    """A path as text; invalid bytes are shown as numbers."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
