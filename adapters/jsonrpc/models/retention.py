"""`host/retention/*`: what the rules of retention would let go of, and having them do it."""

from typing import Literal

from pydantic import Field

from threadhost.adapters.jsonrpc.models.base import Params, Result, Wire
from threadhost.adapters.jsonrpc.models.scalars import I64, U32, U64
from threadhost.events.empty import no_list

RetentionOf = Literal["threads", "trees", "ephemeral"]


class RetentionDue(Wire):
    """Threads that are due together: their root, by which rule and why; times are seconds.

    `stays` says what keeps them nevertheless, and is null where nothing does.
    """

    thread_id: str
    rule: str
    of: RetentionOf
    why: str
    threads: U64
    bytes: U64
    active_at: I64
    stays: str | None = None


class RetentionPreviewParams(Params):
    """How many to name at most, 1,000 where nothing is said."""

    limit: U32 | None = None


class RetentionPreviewResponse(Result):
    """What is due now, the first of it by name; the totals are of all of which nothing stays."""

    rules: list[str]
    data: list[RetentionDue] = Field(default_factory=no_list)
    more: bool = False
    threads: U64
    bytes: U64


class RetentionRunResponse(Result):
    """What went, and what of all that was due stays; the first of these by name."""

    threads: U64
    bytes: U64
    data: list[RetentionDue] = Field(default_factory=no_list)
    more: bool = False
