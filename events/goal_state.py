"""The goal of a thread as its rules see it: a record, and what follows from it."""

from collections.abc import Mapping
from typing import Literal, Self

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.usage import COUNT_MAX, Usage

GoalStatus = Literal["active", "paused", "blocked", "usageLimited", "budgetLimited", "complete"]
CHARGED: frozenset[GoalStatus] = frozenset({"active", "budgetLimited"})
"""Statuses in which a turn that began to count continues to count."""
GOAL_TURN = "goal"
"""The kind of a turn that the host begins for a goal; it accepts input like other turns."""


class Due(NamedTuple):
    """The tokens of one response that are not charged yet, and the version of its request."""

    request_version: int
    tokens: int


class TreeCover(NamedTuple):
    """The goal at the root of a tree, if it counts what the whole tree uses; in tokens."""

    goal_id: str
    used: int
    budget: int | None = None

    @property
    def is_used_up(self) -> bool:
        """Whether its budget is used up."""
        return self.budget is not None and self.used >= self.budget


NO_MARKS: Mapping[str, int] = {}


class Goal(NamedTuple):
    """What a thread works towards, its cost so far, and when it continues."""

    id: str
    objective: str = ""
    """Empty if it cannot be read: the host does not work on such a goal."""
    objective_version: int = 0
    """The version of the objective in the stream."""
    status: GoalStatus = "paused"
    token_budget: int | None = None
    tokens_used: int = 0
    time_used_ms: int = 0
    created_at_ms: int = 0
    updated_at_ms: int = 0
    due: tuple[Due, ...] = ()
    """Responses that are not charged yet."""
    turn_id: str = ""
    """The running turn, if its responses and its time count."""
    counted_from_ms: int = 0
    """Since when the time of that turn is missing in `time_used_ms`."""
    turns: int = 0
    """Turns that the host began for it since it was last set to work."""
    quiet: int = 0
    """How many of these in a row had no call that anyone outside the host accepted."""
    asked: int = 0
    """Calls of the running turn that anyone outside the host accepted, as far as is known."""
    next_at_ms: int = 0
    """When the next of these turns is due, once that is recorded."""
    is_held: bool = False
    """Whether it waits for a client although it is active."""
    due_version: int = 0
    """The version of the event that made the next turn due."""
    covers_tree: bool = False
    """Whether it also counts what all threads below its own use."""
    tree_tokens: int = 0
    """How much of `tokens_used` these threads used."""
    marks: Mapping[str, int] = NO_MARKS
    """By thread below: the version of its stream up to which it is charged."""

    @property
    def counts(self) -> bool:
        """Whether a turn that begins now counts for it."""
        return self.status == "active" or (self.covers_tree and self.status != "complete")

    @property
    def cover(self) -> TreeCover | None:
        """The goal as threads below its own see it; None if it does not count what they use."""
        if not (self.covers_tree and self.counts):
            return None
        return TreeCover(self.id, self.tokens_used, self.token_budget)

    @property
    def is_at_work(self) -> bool:
        """Whether the host begins turns for it."""
        return self.status == "active" and bool(self.objective) and not self.is_held

    def time_at(self, at_ms: int) -> int:
        """The milliseconds that its turns took up to this moment."""
        running_ms = max(0, at_ms - self.counted_from_ms) if self.turn_id else 0
        return min(self.time_used_ms + running_ms, COUNT_MAX)

    @property
    def remaining_tokens(self) -> int | None:
        """What is left of the budget; None if there is no budget."""
        return None if self.token_budget is None else max(0, self.token_budget - self.tokens_used)

    def with_status(self, status: GoalStatus) -> Self:
        """The goal with this status; `budgetLimited` for `active` if the budget is used up."""
        has_room = self.token_budget is None or self.tokens_used < self.token_budget
        return self._replace(status=status if has_room or status != "active" else "budgetLimited")


def cost_of(usage: Usage) -> int:
    """The tokens that a response counts: uncached input plus output."""
    return max(0, usage.input - usage.cached_input) + max(0, usage.output)
