"""The goals that cover trees: their budgets for threads below the root, and charges to the root.

The budgets are kept outside the log, in step with the root's state: one host owns a tree.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from threadhost.actors.errors import ThreadNotFound
from threadhost.actors.ports import Clock
from threadhost.actors.runtime.keyed_tasks import KeyedTasks
from threadhost.actors.runtime.thread_directory import ThreadDirectory
from threadhost.events.base import Recorded
from threadhost.events.goal import GoalCleared, GoalUpdated, cover_after
from threadhost.events.goal_cover import GoalSpent
from threadhost.events.goal_state import TreeCover
from threadhost.events.ids import THREAD


class TreeBudgets:
    """The covers by root, and the threads below whose spending the root may not have charged yet.

    The spending is read from their streams, from the root's marks on: repeated posts are harmless.
    """

    def __init__(self) -> None:
        self._covers: dict[str, TreeCover] = {}
        self._known: set[str] | None = set()
        """The roots whose covers are known before those of an earlier process are loaded."""
        self._spenders: dict[str, dict[str, None]] = {}
        self._tasks = KeyedTasks("charging the goal of {}")
        self._directory: ThreadDirectory | None = None
        self.on_change: Callable[[], object] = bool
        """Called when the budget of a tree is used up, or is not any more."""

    def connect(self, directory: ThreadDirectory, clock: Clock) -> None:
        """Set the directory whose roots are charged from now on."""
        self._directory, self._clock = directory, clock

    def of(self, session_id: str) -> TreeCover | None:
        """The goal that covers a tree, with its current use; None without one."""
        return self._covers.get(session_id)

    def set_cover(self, root_id: str, cover: TreeCover | None) -> None:
        """Set the cover of a root's goal; None if the goal covers nothing or is gone."""
        before = self._covers.pop(root_id, None)
        if self._known is not None:
            self._known.add(root_id)
        if cover is not None:
            self._covers[root_id] = cover
        if _is_used_up(before) != _is_used_up(cover):
            self._wake(root_id)
            self.on_change()

    def load(self, covers: Mapping[str, TreeCover]) -> None:
        """Set the covers that an earlier process left, except those that have changed or gone."""
        known, self._known = self._known or (), None
        for root_id, cover in covers.items():
            if root_id not in known:
                self.set_cover(root_id, cover)

    def follow(self, recorded: Iterable[Recorded]) -> None:
        """Follow events that were recorded for threads without an actor."""
        for fact in recorded:
            thread_id = fact.stream.removeprefix(THREAD)
            if isinstance(fact.event, GoalSpent):
                self.post(fact.event.root_id, thread_id)
            elif isinstance(fact.event, (GoalUpdated, GoalCleared)):
                self.set_cover(thread_id, cover_after(fact.event))

    def post(self, root_id: str, thread_id: str) -> None:
        """Charge the root's goal with what a thread has spent."""
        if self._directory is not None:
            self._spenders.setdefault(root_id, {})[thread_id] = None
            self._begin(root_id)

    def _begin(self, root_id: str) -> None:
        if (directory := self._directory) is not None:
            self._tasks.begin(root_id, lambda: self._charge_all(root_id, directory))

    def deletion_over(self, session_id: str, deleted: Collection[str]) -> None:
        """Forget the goal of a deleted root; else charge what was held back meanwhile."""
        if session_id in deleted:
            self.set_cover(session_id, None)
            self._spenders.pop(session_id, None)
        elif session_id in self._spenders:
            self._begin(session_id)

    async def close(self) -> None:
        """Cancel all charges in progress."""
        await self._tasks.close()

    def _wake(self, root_id: str) -> None:
        """Let threads below look at their own goals, which now stop or continue."""
        if self._directory is None:
            return
        for actor in self._directory.sessions.live.actors():
            if actor.state.session_id == root_id:
                actor.look()

    async def _charge_all(self, root_id: str, directory: ThreadDirectory) -> None:
        """Charge what was spent, then what was spent meanwhile, until nothing is left.

        While the root is being deleted, its charges are kept until that is over.
        """
        from threadhost.actors.runtime.tree_charges import charge

        while root_id in self._spenders:
            if root_id in (await directory.trees.get(root_id)).tree.fenced:
                return
            waiting = self._spenders.pop(root_id, {})
            try:
                await charge(root_id, tuple(waiting), directory, self._clock)
            except ThreadNotFound:
                self._spenders.pop(root_id, None)
                raise
            except BaseException:
                self._spenders[root_id] = {**waiting, **self._spenders.get(root_id, {})}
                raise


def _is_used_up(cover: TreeCover | None) -> bool:
    return cover is not None and cover.is_used_up
