"""`host/retention/*`: previews and applies the rules of retention."""

from typing import Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import I64, U32, U64
from threadhost.events.empty import no_list

RetentionOf = Literal["threads", "trees", "ephemeral"]


class RetentionDue(Wire):
    """Threads that are due together: their root, the rule and the reason; times are in seconds.

    `stays` says what still keeps them; it is null if nothing does.
    """

    thread_id: str
    """The id of the root of what is due together."""
    rule: str
    """The rule, by its name in the configuration."""
    of: RetentionOf
    """What the rule applies to."""
    why: str
    """Why it is due."""
    threads: U64
    """The number of threads that would be deleted together."""
    bytes: U64
    """Their size in bytes."""
    active_at: I64
    """The time of the last activity of any of them, in seconds since 1970."""
    stays: str | None = None
    """What keeps them from deletion; null for nothing."""


class RetentionPreviewParams(Params):
    """The largest number of entries, 1,000 by default."""

    limit: U32 | None = None
    """The largest number of entries, 1 to 1,000; 1,000 if absent or null."""


class RetentionPreviewResponse(Result):
    """The first of what is due now; the totals count all threads that would be deleted."""

    rules: list[str]
    """The names of the rules."""
    data: list[RetentionDue] = Field(default_factory=no_list)
    """The first of what is due."""
    more: bool = False
    threads: U64
    """The number of threads that would be deleted."""
    bytes: U64
    """The space of these threads, in bytes."""


class RetentionRunResponse(Result):
    """The deleted threads in numbers, and the first of what was deleted or was due but stays."""

    threads: U64
    """The number of deleted threads."""
    bytes: U64
    """The space that these threads took, in bytes."""
    data: list[RetentionDue] = Field(default_factory=no_list)
    """The first of what was due but stays."""
    more: bool = False
    deleted: list[RetentionDue] = Field(default_factory=no_list)
    """The first of what was deleted; `threads` counts the deleted threads of each entry."""
    more_deleted: bool = False
    """Whether more was deleted than `deleted` names."""
