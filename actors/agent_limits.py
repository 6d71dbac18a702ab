"""How far agents may go on their own, within the limits of trees."""

from collections.abc import Mapping, Sequence
from typing import Literal

from threadhost.events.named_tuple import NamedTuple

Family = Literal["v1", "v2"]
JobsOffer = Literal["no", "yes", "blocking"]
"""Whether models are offered jobs; `blocking`, so that the call waits until its job is over."""
NO_SETTINGS: Mapping[str, object] = {}


class AgentLimits(NamedTuple):
    """Those that the tree of an agent keeps."""

    depth_max: int = 1
    """Generations of agents below the root."""
    open_max: int = 6
    """Agents of one tree that were not closed; the root is none."""
    unapproved_max: int | None = None
    """So many of them nobody has to approve; None: none has to be approved."""


class Role(NamedTuple):
    """What an agent may be started as."""

    description: str = ""
    nicknames: Sequence[str] = ()
    settings: Mapping[str, object] = NO_SETTINGS
    """What of the parent's settings is otherwise, by the names of `ThreadSettings`."""


BUILT_IN: Mapping[str, Role] = {
    "default": Role("An agent for whatever its task says."),
    "explorer": Role("An agent that looks something up and answers; it changes nothing."),
    "worker": Role("An agent that carries a task out."),
}
"""Roles that are there in every configuration."""
NO_ROLES: Mapping[str, Role] = {}


class KnownModel(NamedTuple):
    """A model that agents may be started with, and the efforts it is known to take."""

    name: str
    efforts: Sequence[str] = ()
    provider: str = ""

    def seen_from(self, provider: str) -> str:
        """What it goes by among those who work with this provider."""
        return self.name if self.provider == provider else f"{self.provider}:{self.name}"


class AgentPolicy(NamedTuple):
    """How a host lets models start agents."""

    limits: AgentLimits = AgentLimits()
    tree_working_max: int = 256
    """Agents of one tree that work at once."""
    host_working_max: int = 4_096
    """Agents of all trees that work at once."""
    roles: Mapping[str, Role] = NO_ROLES
    """Those of the configuration."""
    models: Sequence[KnownModel] = ()
    """Those of the configuration; of a provider without any, every name is taken."""
    family: Family = "v1"
    namespace: str = "collaboration"
    """That of the tools of the second family."""
    jobs: JobsOffer = "no"
    team_max: int = 4
    """Of the second family, agents of one tree that work at once, the root among them."""


class JobPolicy(NamedTuple):
    """How many rows of jobs a host works on at once; each job has a limit of its own, too.

    A row waits `wait_ms` after its first attempt, and twice as long after each further one; it may
    take `item_ms` where its job says nothing of that.
    """

    host_max: int = 256
    tree_max: int = 64
    wait_ms: int = 1_000
    item_ms: int = 1_800_000
