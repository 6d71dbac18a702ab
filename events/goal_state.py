"""The goal of a thread as its rules see it: a record, with what follows from it."""

from collections.abc import Mapping
from typing import Literal, Self

from threadhost.events.named_tuple import NamedTuple
from threadhost.events.usage import COUNT_MAX, Usage

GoalStatus = Literal["active", "paused", "blocked", "usageLimited", "budgetLimited", "complete"]
CHARGED: frozenset[GoalStatus] = frozenset({"active", "budgetLimited"})
"""In which a turn that began to count goes on counting."""
GOAL_TURN = "goal"
"""The kind of a turn that the host begins to go on with a goal; it takes input as others do."""


class Due(NamedTuple):
    """The tokens of one response that are not charged yet, and where its request stands."""

    request_version: int
    tokens: int


class TreeCover(NamedTuple):
    """The goal at the root of a tree that counts what is used in all of it; tokens."""

    goal_id: str
    used: int
    budget: int | None = None

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left of its budget."""
        return self.budget is not None and self.used >= self.budget


NO_MARKS: Mapping[str, int] = {}


class Goal(NamedTuple):
    """What a thread works towards, what that has cost, and when it goes on."""

    id: str
    objective: str = ""
    """Empty where it cannot be read: nobody goes on with such a goal."""
    objective_version: int = 0
    """Where in the stream the objective stands."""
    status: GoalStatus = "paused"
    token_budget: int | None = None
    tokens_used: int = 0
    time_used_ms: int = 0
    created_at_ms: int = 0
    updated_at_ms: int = 0
    due: tuple[Due, ...] = ()
    """What is to be charged next."""
    turn_id: str = ""
    """The running turn, if its responses and its time count."""
    counted_from_ms: int = 0
    """From when on the time of that turn is not in `time_used_ms`."""
    turns: int = 0
    """Turns that the host began for it since it was last set to work."""
    quiet: int = 0
    """Those of them in a row in which nobody outside took on a call."""
    asked: int = 0
    """Calls of the running turn that somebody outside took on, as far as is known."""
    next_at_ms: int = 0
    """When the next of them is due, once that is recorded."""
    is_held: bool = False
    """Whether it waits for a client, though it is active."""
    due_version: int = 0
    """Where in the stream stands what made the next turn due."""
    covers_tree: bool = False
    """Whether it counts what all threads below its own use, too."""
    tree_tokens: int = 0
    """What these used of `tokens_used`."""
    marks: Mapping[str, int] = NO_MARKS
    """By thread below, how far in its stream that is charged."""

    @property
    def counts(self) -> bool:
        """Whether a turn that begins now counts for it."""
        return self.status == "active" or (self.covers_tree and self.status != "complete")

    @property
    def cover(self) -> TreeCover | None:
        """What it is to the threads below its own; None where it does not count what they use."""
        if not (self.covers_tree and self.counts):
            return None
        return TreeCover(self.id, self.tokens_used, self.token_budget)

    @property
    def is_at_work(self) -> bool:
        """Whether turns begin for it by themselves."""
        return self.status == "active" and bool(self.objective) and not self.is_held

    def time_at(self, at_ms: int) -> int:
        """The milliseconds that its turns took up to this moment."""
        running_ms = max(0, at_ms - self.counted_from_ms) if self.turn_id else 0
        return min(self.time_used_ms + running_ms, COUNT_MAX)

    @property
    def remaining_tokens(self) -> int | None:
        """What is left of the budget; None where there is none."""
        return None if self.token_budget is None else max(0, self.token_budget - self.tokens_used)

    def with_status(self, status: GoalStatus) -> Self:
        """The same with this status, or with that which its budget makes of it."""
        has_room = self.token_budget is None or self.tokens_used < self.token_budget
        return self._replace(status=status if has_room or status != "active" else "budgetLimited")


def cost_of(usage: Usage) -> int:
    """What a response counts: input that was not cached, and output."""
    return max(0, usage.input - usage.cached_input) + max(0, usage.output)
