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
    """A hold on a thread, by its matter; who set it, and when (seconds).

    `scope` is `thread` for this thread alone, `tree` for it and all below it. An unreadable reason
    is null.
    """

    thread_id: str
    matter: str
    scope: HoldScope
    """`thread` for this one alone, `tree` with all that is and comes below it."""
    reason: str | None
    """Why it is held; null if that cannot be read."""
    set_by: str
    """Who set it."""
    set_at: I64
    """When it was set, in seconds since 1970."""


class HoldSetParams(Params):
    """What to hold, for which matter, and why; the matter is kept in clear, the reason sealed."""

    thread_id: str
    reason: Reason
    """Why it is held, 1 to 1,000 characters that are not all blank; kept sealed."""
    matter: Matter = MATTER
    """The matter of the hold, `hold` without it: 1 to 64 letters without accents, digits and any of
    `_.:+-`; kept in clear."""
    scope: HoldScope = "tree"
    """`thread` for this one alone, `tree` with all that is and comes below it."""


class HoldSetResponse(Result):
    """The hold, as it stands."""

    hold: Hold
    """The hold, as it stands."""


class HoldReleaseParams(Params):
    """Which hold ends, and why."""

    thread_id: str
    reason: Reason
    """Why the hold ends, 1 to 1,000 characters that are not all blank; kept sealed."""
    matter: Matter = MATTER
    """Which of its holds ends, by its matter; `hold` without it."""


class HoldReleaseResponse(Empty):
    """That hold is over; others of the thread may go on."""


class HoldListParams(Params):
    """One thread, of which all holds that cover it are given; or which page of all."""

    thread_id: str | None = None
    """The thread whose holds are wanted, all of them at once; null for those of all threads, in
    pages."""
    cursor: str | None = None
    limit: U32 | None = None


class HoldListResponse(Result):
    """Holds by matter and thread, and the cursor of those that follow."""

    data: list[Hold] = Field(default_factory=list)
    """The holds, by matter and thread."""
    next_cursor: str | None = None
