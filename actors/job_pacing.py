"""The pace of jobs: how many rows of each run at once, and whose row is next."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from threadhost.actors.ports import Clock
from threadhost.events.named_tuple import NamedTuple

WAIT_MIN_MS, WAIT_MAX_MS = 1_000, 60_000


class Pace(NamedTuple):
    """How many rows of a job may run at once, and when the next may begin.

    Each refusal by the provider halves the number and starts a wait, which doubles each time. Each
    success adds one to the number.
    """

    most: int
    now: int
    wait_ms: int = 0
    not_before_ms: int = 0

    @classmethod
    def of(cls, concurrency: int) -> "Pace":
        """The full pace of a job."""
        return cls(concurrency, concurrency)

    def throttled(self, at_ms: int) -> "Pace":
        """The pace after the provider refused a call; refusals during the wait count only once."""
        if at_ms < self.not_before_ms:
            return self
        wait_ms = min(max(WAIT_MIN_MS, 2 * self.wait_ms), WAIT_MAX_MS)
        return self._replace(
            now=max(1, self.now // 2), wait_ms=wait_ms, not_before_ms=at_ms + wait_ms
        )

    def succeeded(self) -> "Pace":
        """The pace after a row was reported."""
        if self.now == self.most and not self.wait_ms:
            return self
        return self._replace(now=min(self.most, self.now + 1), wait_ms=self.wait_ms // 2)

    def room(self, running: int, at_ms: int) -> int:
        """How many more rows may begin."""
        return 0 if at_ms < self.not_before_ms else max(0, self.now - running)


class OnwardTime:
    """The time of jobs, for records and due rows: the wall clock without its steps back.

    If the clock is behind the log, or behind an earlier reading, time runs at half speed until the
    clock has caught up. The log's own time would stand still, and rows would never become due.
    """

    def __init__(self, clock: Clock, newest_at_ms: Callable[[], int]) -> None:
        self._clock = clock
        self._newest_at_ms = newest_at_ms
        self._at_ms = 0.0
        self._read_at_s = clock.monotonic()

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch, never below an earlier result or the log's newest."""
        before_s, self._read_at_s = self._read_at_s, self._clock.monotonic()
        passed_ms = (self._read_at_s - before_s) * 1000
        onward_ms = self._at_ms + passed_ms / 2
        self._at_ms = max(self._clock.now_ms(), self._newest_at_ms(), onward_ms)
        return int(self._at_ms)

    def monotonic(self) -> float:
        """Seconds that never go backwards."""
        return self._clock.monotonic()


class Demand(NamedTuple):
    """How many more rows a job could begin, with its tree and its weight."""

    job_id: str
    tree_id: str
    rows: int
    weight: int = 1


class StrideScheduler:
    """Divides slots among trees, and within each tree among its jobs by weight.

    Stride scheduling (Waldspurger and Weihl, 1995): next is the tree or job that has had the least
    for its weight. One that joins, or returns, has no claim to earlier slots.
    """

    def __init__(self) -> None:
        self._trees: dict[str, float] = {}
        self._jobs: dict[str, float] = {}

    def shares(
        self, demands: Sequence[Demand], places: int, room_of: Mapping[str, int]
    ) -> dict[str, int]:
        """How many rows each job may begin, within the free slots and the room of each tree."""
        _join(self._trees, {demand.tree_id for demand in demands})
        _join(self._jobs, {demand.job_id for demand in demands})
        trees, jobs, shares = self._trees, self._jobs, dict[str, int]()
        able: dict[str, list[tuple[float, str, Demand]]] = {}
        for demand in demands:
            if demand.rows > 0 and room_of[demand.tree_id] > 0:
                waiting_jobs = able.setdefault(demand.tree_id, [])
                heappush(waiting_jobs, (jobs[demand.job_id], demand.job_id, demand))
        waiting = [
            (trees[tree_id], *tree_jobs[0][:2], tree_id) for tree_id, tree_jobs in able.items()
        ]
        heapify(waiting)
        tree_shares = Counter[str]()
        while waiting and places > 0:
            *_, tree_id = heappop(waiting)
            _, job_id, demand = heappop(able[tree_id])
            places -= 1
            tree_shares[tree_id] += 1
            shares[job_id] = shares.get(job_id, 0) + 1
            trees[tree_id] += 1
            jobs[job_id] += 1 / demand.weight
            if shares[job_id] < demand.rows:
                heappush(able[tree_id], (jobs[job_id], job_id, demand))
            if able[tree_id] and tree_shares[tree_id] < room_of[tree_id]:
                heappush(waiting, (trees[tree_id], *able[tree_id][0][:2], tree_id))
        return shares


def _join(used: dict[str, float], present: set[str]) -> None:
    """Drop those that are absent; those that are new start level with the one that had least."""
    for key in used.keys() - present:
        del used[key]
    least = min(used.values(), default=0.0)
    for key in present - used.keys():
        used[key] = least
