"""What the rules of retention let go of, beside the deletions that they led to."""

from typing import Literal

from threadhost.events.base import Event, event
from threadhost.events.words import Id

Of = Literal["threads", "trees", "ephemeral"]
"""What a rule lets go of: threads with all below them, whole trees, or threads in memory."""


@event("host.retention_applied.v1", since="0.1", stream="host", cause="asked")
class RetentionApplied(Event):
    """A retention rule was applied, and threads were due.

    So many `threads` went, in so many deletions (`acts`), each of which has its own receipt under
    the principal of the rule; `bytes` is what they took. `refused` were held, `left` were busy or
    followed by then, or could not go.
    """

    rule: Id
    of: Of
    acts: int
    threads: int
    bytes: int
    refused: int = 0
    left: int = 0
