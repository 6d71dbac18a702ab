"""The tables of a configuration file that say which threads go by themselves."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.configuration.thread_keys import COUNT_MAX, Table

RuleName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]


class RuleTable(Table):
    """`[retention.rules.NAME]`: deletes that of which all conditions of the table are true."""

    of: Literal["threads", "trees", "ephemeral"]
    """`threads`, each with all threads below it, to all of which the rule must apply; whole
    `trees`; or `ephemeral` threads, for which only `idle_days` is allowed."""
    idle_days: Annotated[float, Field(gt=0, le=36_500)] | None = None
    """Applies if the last activity is at least so long ago."""
    keep_newest: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    """Applies if it is not among so many most recently active ones."""
    keep_bytes: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    """Applies if it and those that were active later take more space than this, as `threadhost du`
    counts."""
    archived: bool | None = None
    """Whether it, with all that is deleted with it, must be archived, or must not be."""
    followed: bool = False
    """Whether to delete it even if a client follows it."""


class RetentionTable(Table):
    """`[retention]`: which threads the host lets go of by itself. This host's own."""

    every_minutes: Annotated[int, Field(ge=0, le=525_600)] = 60
    """The interval at which the host applies the rules, first a minute after the start; 0 for only
    by `threadhost gc`."""
    rules: dict[RuleName, RuleTable] = Field(default_factory=dict, max_length=64)
    """Rules by name, in their order."""
