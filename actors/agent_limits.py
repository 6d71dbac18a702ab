"""How far agents may go on their own, within the limits of trees."""

from collections.abc import Mapping, Sequence
from typing import Literal

from threadhost.events.named_tuple import NamedTuple

Family = Literal["v1", "v2"]
JobsOffer = Literal["no", "yes", "blocking"]
"""Whether models are offered jobs; with `blocking`, a call returns when its job is over."""
NO_SETTINGS: Mapping[str, object] = {}


class AgentLimits(NamedTuple):
    """The limits that the agents of one tree keep."""

    depth_max: int = 1
    """Generations of agents below the root."""
    open_max: int = 6
    """Open agents of one tree; the root does not count."""
    unapproved_max: int | None = None
    """How many of them may be open without an approval; None: no approval is needed."""


class Role(NamedTuple):
    """A role that an agent may be started in."""

    description: str = ""
    nicknames: Sequence[str] = ()
    settings: Mapping[str, object] = NO_SETTINGS
    """Settings that replace those of the parent, by the names of `ThreadSettings`."""


BUILT_IN: Mapping[str, Role] = {
    "default": Role("An agent for whatever its task says."),
    "explorer": Role("An agent that looks something up and answers; it changes nothing."),
    "worker": Role("An agent that carries a task out."),
}
"""The roles that every configuration has."""
NO_ROLES: Mapping[str, Role] = {}


class KnownModel(NamedTuple):
    """A model that agents may be started with, and the efforts it is known to accept."""

    name: str
    efforts: Sequence[str] = ()
    provider: str = ""

    def name_for(self, provider: str) -> str:
        """The name of the model for threads that use this provider."""
        return self.name if self.provider == provider else f"{self.provider}:{self.name}"


class AgentPolicy(NamedTuple):
    """The rules of a host for agents that models start."""

    limits: AgentLimits = AgentLimits()
    tree_working_max: int = 256
    """Agents of one tree that may work at once."""
    host_working_max: int = 4_096
    """Agents of all trees that may work at once."""
    roles: Mapping[str, Role] = NO_ROLES
    """The roles of the configuration."""
    models: Sequence[KnownModel] = ()
    """The models of the configuration; a provider with none here accepts every name."""
    family: Family = "v1"
    namespace: str = "collaboration"
    """The namespace of the tools of the second family."""
    jobs: JobsOffer = "no"
    team_max: int = 4
    """Agents of one tree that may work at once, the root included; second family only."""


class JobPolicy(NamedTuple):
    """How many rows of jobs a host works on at once; each job has a limit of its own, too.

    A row waits `wait_ms` after its first attempt, and twice as long after each further one. It may
    take `item_ms` unless its job sets a time.
    """

    host_max: int = 256
    tree_max: int = 64
    wait_ms: int = 1_000
    item_ms: int = 1_800_000
