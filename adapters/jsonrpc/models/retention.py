"""`host/retention/*`: previews and applies the rules of retention."""

from typing import Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import I64, U32, U64
from threadhost.events.empty import no_list

RetentionOf = Literal["threads", "trees", "ephemeral"]


class RetentionDue(Wire):
    """Threads that are due together: their root, by which rule and why; times are seconds.

    `stays` says what still keeps them; it is null if nothing does.
    """

    thread_id: str
    """The root of what is due together, by its id."""
    rule: str
    """The rule, by its name in the configuration."""
    of: RetentionOf
    """What the rule is of."""
    why: str
    """Why it is due."""
    threads: U64
    """How many threads go together."""
    bytes: U64
    """What they take, in bytes."""
    active_at: I64
    """When something last happened on one of them, in seconds since 1970."""
    stays: str | None = None
    """What keeps them nevertheless; null if nothing does."""


class RetentionPreviewParams(Params):
    """How many to name at most, 1,000 where nothing is said."""

    limit: U32 | None = None
    """How many are named at most, 1 to 1,000; 1,000 without it, or null."""


class RetentionPreviewResponse(Result):
    """What is due now, the first of it by name; the totals are of all of which nothing stays."""

    rules: list[str]
    """The rules, by their names."""
    data: list[RetentionDue] = Field(default_factory=no_list)
    """What is due, the first of it."""
    more: bool = False
    threads: U64
    """How many threads would go."""
    bytes: U64
    """What these take, in bytes."""


class RetentionRunResponse(Result):
    """What went, and what of all that was due stays; the first of these by name."""

    threads: U64
    """How many threads went."""
    bytes: U64
    """What these took, in bytes."""
    data: list[RetentionDue] = Field(default_factory=no_list)
    """What was due and stays, the first of it."""
    more: bool = False
