"""Finds the rollout files of threads, and removes them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from threadhost.actors.errors import RolloutRefused
from threadhost.adapters.rollout_path import RolloutPlace
from threadhost.adapters.rollouts.folders import RolloutFolders, UnexpectedFile


class RemovableRollouts:
    """The files of some threads in the open folders of a home."""

    def __init__(
        self, folders: RolloutFolders, places: Mapping[str, Sequence[RolloutPlace]]
    ) -> None:
        self._folders = folders
        self._paths = {
            thread_id: [folders.path(place) for place in files]
            for thread_id, files in places.items()
        }
        self._places = {folders.path(place): place for files in places.values() for place in files}
        self._touched: set[tuple[str, ...]] = set()

    def paths(self, thread_id: str) -> Sequence[str]:
        """The whole paths of a thread's files, the active ones first."""
        return self._paths.get(thread_id, ())

    def remove(self, path: str) -> bool:
        """Remove one file; False if it was gone. Raises OSError."""
        place = self._places[path]
        try:
            is_removed = self._folders.remove(place)
        except UnexpectedFile as error:
            raise OSError(None, f"it is {error.what}") from None
        self._touched.add(place.folders)
        return is_removed

    def settle(self) -> None:
        """Make the removals durable. Raises OSError."""
        for names in self._touched:
            self._folders.sync_names(names)


@contextmanager
def removable(home: Path, thread_ids: Collection[str]) -> Iterator[RemovableRollouts]:
    """All rollout files of these threads; removals in the block are durable after it.

    Raises RolloutRefused if another kind of file is in the place of a file or folder, or OSError.
    """
    with closing(RolloutFolders(home)) as folders:
        try:
            places = folders.find(thread_ids)
        except UnexpectedFile as error:
            raise RolloutRefused(error.path, error.what) from None
        them = RemovableRollouts(folders, places)
        try:
            yield them
        finally:
            them.settle()
