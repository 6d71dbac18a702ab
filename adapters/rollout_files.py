"""The rollout files of a home: written in step with the log where wanted, and found in any case.

The code for that is imported on first use: a host without such files never loads it.
"""

import asyncio
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from threadhost.actors.ports import FoundRollouts, NoRollouts
from threadhost.adapters.rollout_path import are_in

if TYPE_CHECKING:
    from threadhost.adapters.rollouts.follower import Follower
    from threadhost.events.store.log import Log


class RolloutFiles:
    """The rollout files of a host's stored threads."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._follower: Follower | None = None
        self._following: asyncio.Task[None] | None = None

    @property
    def are_there(self) -> bool:
        """Whether the home may have any."""
        return are_in(self._home)

    def find(self, thread_ids: Collection[str]) -> AbstractContextManager[FoundRollouts]:
        """The rollout files of these threads. Raises RolloutRefused, or OSError."""
        if not self.are_there:
            return nullcontext(NoRollouts())
        from threadhost.adapters.rollouts.removal import removable

        return removable(self._home, thread_ids)

    async def follow(self, log: "Log") -> None:
        """Write them in step with a log until closed. Raises OSError."""
        from threadhost.adapters.rollouts.folders import RolloutFolders
        from threadhost.adapters.rollouts.follower import Follower

        self._follower = Follower(log, await asyncio.to_thread(RolloutFolders, self._home))
        await self._follower.begin()
        self._following = asyncio.get_running_loop().create_task(self._follower.run())

    async def catch_up(self) -> None:
        """Wait until the log so far is written, if files are kept. Raises OSError or StoreError."""
        if self._follower is not None:
            await self._follower.catch_up()

    async def close_files(self) -> None:
        """Wait until no file of a fenced thread is open."""
        if self._follower is not None:
            await self._follower.close_files()

    async def close(self) -> None:
        """Stop following the log."""
        if self._follower is not None and self._following is not None:
            await self._follower.end()
            await self._following
