"""Where a host has its jobs, once there are any."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from threadhost.actors.jobs import HostJobs


class JobsPlace:
    """The jobs of a host, which are not imported before somebody needs them."""

    def __init__(self) -> None:
        self._make: Callable[[], HostJobs] | None = None
        self._jobs: HostJobs | None = None

    def connect(self, make: "Callable[[], HostJobs]") -> None:
        """Make them so."""
        self._make = make

    def get(self) -> "HostJobs":
        """The jobs."""
        if self._jobs is None:
            if self._make is None:
                raise LookupError("the host is not put together yet")
            self._jobs = self._make()
        return self._jobs

    @property
    def working(self) -> int:
        """How many rows are worked on in this process."""
        return self._jobs.working if self._jobs is not None else 0

    async def close(self) -> None:
        """Let go of all workers."""
        if self._jobs is not None:
            await self._jobs.close()
