"""`host/hold/*`: legal holds, which keep threads from being deleted."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from threadhost.adapters.jsonrpc.field_limits import DESCRIPTION, NAME, declare
from threadhost.adapters.jsonrpc.models.base import Empty, Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import I64, U32

MATTER = "hold"
"""The matter of a hold that names none."""

declare(matter=NAME, reason=DESCRIPTION)

HoldScope = Literal["thread", "tree"]
Matter = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_.:+-]+$", min_length=1, max_length=64)
]
Reason = Annotated[str, StringConstraints(pattern=r"\S", max_length=1_000)]


class Hold(Wire):
    """A hold on a thread: its matter, who set it, and when (in seconds).

    `scope` is `thread` for this thread alone, `tree` for it and all below it. An unreadable reason
    is null.
    """

    thread_id: str
    matter: str
    scope: HoldScope
    """`thread` for this thread alone, `tree` for all threads below it, too, present and future."""
    reason: str | None
    """The reason for the hold; null if it cannot be read."""
    set_by: str
    """The principal that set it."""
    set_at: I64
    """The time at which it was set, in seconds since 1970."""


class HoldSetParams(Params):
    """What to hold, for which matter, and why; the reason is encrypted, the matter is not."""

    thread_id: str
    reason: Reason
    """The reason for the hold, 1 to 1,000 characters, not all blank; encrypted in the log."""
    matter: Matter = MATTER
    """The matter of the hold, `hold` if absent: 1 to 64 letters without accents, digits and any of
    `_.:+-`; not encrypted in the log."""
    scope: HoldScope = "tree"
    """`thread` for this thread alone, `tree` for all threads below it, too, present and future."""


class HoldSetResponse(Result):
    """The hold, in its current state."""

    hold: Hold
    """The hold, in its current state."""


class HoldReleaseParams(Params):
    """The hold to release, and why."""

    thread_id: str
    reason: Reason
    """The reason for the release, 1 to 1,000 characters, not all blank; encrypted in the log."""
    matter: Matter = MATTER
    """The matter of the hold to release; `hold` if absent."""


class HoldReleaseResponse(Empty):
    """The hold was released; other holds of the thread stay."""


class HoldListParams(Params):
    """A thread, to list all holds that cover it; or a page of all holds."""

    thread_id: str | None = None
    """The id of the thread whose holds to return, all at once; null for those of all threads, in
    pages."""
    cursor: str | None = None
    limit: U32 | None = None


class HoldListResponse(Result):
    """Holds by matter and thread, and the cursor of those that follow."""

    data: list[Hold] = Field(default_factory=list)
    """The holds, by matter and thread."""
    next_cursor: str | None = None
