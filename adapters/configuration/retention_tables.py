"""The tables of a configuration file that say which threads go by themselves."""

from typing import Annotated, Literal

from pydantic import Field

from threadhost.adapters.configuration.thread_keys import COUNT_MAX, Table

RuleName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]


class RuleTable(Table):
    """`[retention.rules.NAME]`: what goes of which all holds that is said here."""

    of: Literal["threads", "trees", "ephemeral"]
    """`threads`, each with all below it, of which all has to hold; whole `trees`; or threads in \
memory, `ephemeral`, of which `idle_days` alone is said."""
    idle_days: Annotated[float, Field(gt=0, le=36_500)] | None = None
    """It was last active so long ago, or longer."""
    keep_newest: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    """So many have been active since."""
    keep_bytes: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    """Those that have been active since, and itself, take more than so much, as `threadhost du` \
counts."""
    archived: bool | None = None
    """It is archived, with all that goes along; or it is not."""
    followed: bool = False
    """Also where a client follows it."""


class RetentionTable(Table):
    """`[retention]`: which threads the host lets go of by itself. This host's own."""

    every_minutes: Annotated[int, Field(ge=0, le=525_600)] = 60
    """How often the rules are applied, the first time a minute after the start; 0 for only when \
`threadhost gc` asks for it."""
    rules: dict[RuleName, RuleTable] = Field(default_factory=dict, max_length=64)
    """Rules by name, in their order."""
