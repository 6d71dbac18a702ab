"""When the host begins the next turn for a goal: at once at first, later while it is quiet."""

from threadhost.events.goal_state import Goal
from threadhost.events.named_tuple import NamedTuple

DOUBLINGS_MAX = 30


class GoalPacing(NamedTuple):
    """The wait between two turns for a goal, in milliseconds; 0 is none.

    It doubles with each consecutive turn that asked nobody outside for anything, up to the longest.
    """

    wait_ms: int = 1_000
    wait_max_ms: int = 300_000

    def before_next(self, goal: Goal) -> int:
        """The wait before the next turn for this goal, from the end of the previous turn."""
        if goal.turns == 0:
            return 0
        doublings = min(max(0, goal.quiet - 1), DOUBLINGS_MAX)
        return min(self.wait_ms << doublings, self.wait_max_ms)
