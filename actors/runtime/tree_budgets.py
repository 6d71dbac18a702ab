"""Goals that cover trees: how each stands, for threads below its root, and who owes it a charge.

How one stands is kept beside the log, in step with the state of its root: one host owns a tree.
"""

from collections.abc import Callable, Collection, Iterable

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
    """What is covered, by root; and which threads below may have spent what the root has not taken.

    The latter is read from their streams, from the root's marks on: to post too often is fine.
    """

    def __init__(self) -> None:
        self._covers: dict[str, TreeCover] = {}
        self._spenders: dict[str, dict[str, None]] = {}
        self._tasks = KeyedTasks()
        self._directory: ThreadDirectory | None = None
        self.on_change: Callable[[], object] = bool
        """What to do once the budget of a tree is used up, or is so no more."""

    def connect(self, directory: ThreadDirectory, clock: Clock) -> None:
        """Take charges to the roots of these threads from now on."""
        self._directory, self._clock = directory, clock

    def of(self, session_id: str) -> TreeCover | None:
        """The goal that covers a tree, as it stands; None without one."""
        return self._covers.get(session_id)

    def stands(self, root_id: str, cover: TreeCover | None) -> None:
        """How the goal of a root stands now; None if it covers nothing, or is no more."""
        before = self._covers.pop(root_id, None)
        if cover is not None:
            self._covers[root_id] = cover
        if _is_used_up(before) != _is_used_up(cover):
            self._wake(root_id)
            self.on_change()

    def heard(self, recorded: Iterable[Recorded]) -> None:
        """Follow what was recorded of threads that have no actor."""
        for fact in recorded:
            thread_id = fact.stream.removeprefix(THREAD)
            if isinstance(fact.event, GoalSpent):
                self.post(fact.event.root_id, thread_id)
            elif isinstance(fact.event, (GoalUpdated, GoalCleared)):
                self.stands(thread_id, cover_after(fact.event))

    def post(self, root_id: str, thread_id: str) -> None:
        """A thread has spent something for the goal of its root."""
        if self._directory is not None:
            self._spenders.setdefault(root_id, {})[thread_id] = None
            self._begin(root_id)

    def _begin(self, root_id: str) -> None:
        if (directory := self._directory) is not None:
            self._tasks.begin(root_id, lambda: self._charge_all(root_id, directory))

    def deletion_over(self, session_id: str, deleted: Collection[str]) -> None:
        """Forget the goal of a root that is gone; charge what was held where it is left."""
        if session_id in deleted:
            self.stands(session_id, None)
            self._spenders.pop(session_id, None)
        elif session_id in self._spenders:
            self._begin(session_id)

    async def close(self) -> None:
        """Let go of everything."""
        await self._tasks.close()

    def _wake(self, root_id: str) -> None:
        """Have threads below look at their own goals, which stop or go on now."""
        if self._directory is None:
            return
        for actor in self._directory.sessions.live.actors():
            if actor.state.session_id == root_id:
                actor.look()

    async def _charge_all(self, root_id: str, directory: ThreadDirectory) -> None:
        """Charge what was spent, and then what was spent meanwhile, together.

        What the root cannot take, since it is being deleted, is kept until that is over.
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
