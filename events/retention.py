"""What the rules of retention removed, recorded in addition to the deletions."""

from typing import Literal

from threadhost.events.base import Event, event
from threadhost.events.words import Id

Of = Literal["threads", "trees", "ephemeral"]
"""What a rule removes: threads with all below them, whole trees, or threads in memory."""


@event("host.retention_applied.v1", since="0.1", stream="host", cause="asked")
class RetentionApplied(Event):
    """A retention rule was applied, and threads were due.

    `threads` is how many went, in `acts` deletions, each with its own receipt under the principal
    of the rule; `bytes` is the space that they took. `refused` were held; `left` were busy or
    followed by then, or could not be deleted.
    """

    rule: Id
    of: Of
    acts: int
    threads: int
    bytes: int
    refused: int = 0
    left: int = 0
