"""The tables of a configuration file that say how models start agents."""

from typing import Annotated

from pydantic import ConfigDict, Field

from threadhost.adapters.configuration.thread_keys import Name, Table, ThreadKeys

DEPTH_MAX = 64
SECONDS_MAX = 10 * 365 * 24 * 3600
COUNT_MAX = 100_000
Count = Annotated[int, Field(ge=1, le=COUNT_MAX)]


class RoleTable(Table):
    """`[agents.NAME]`: what an agent may be started as."""

    description: Annotated[str, Field(max_length=4_000)] | None = None
    """The description of the role for models."""
    config_file: Name | None = None
    """A file with keys of the top level that agents of the role have in place of their parent's;
    its path is relative to this file."""
    nickname_candidates: list[Name] = Field(default_factory=list, max_length=1_000)
    """The names of its agents."""


class AgentsTable(Table):
    """`[agents]`: how far models may go with agents; its other keys are roles."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, RoleTable] = Field(init=False)

    max_depth: Annotated[int, Field(ge=0, le=DEPTH_MAX)] = 1
    """The largest depth of agents: generations below a root; 0 for no agents."""
    max_concurrent_threads_per_session: Count = 6
    """The largest number of agents of one session that were not closed, without the root."""
    max_unapproved_threads_per_session: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    """The number of these that need no approval; by default all. Extension of this host."""
    max_working_threads_per_session: Count = 256
    """The largest number of agents of one session that work at once. Extension of this host."""
    max_working_threads: Count = 4_096
    """The largest number of agents of all sessions that work at once. Extension of this host."""
    job_max_runtime_seconds: Annotated[int, Field(ge=1, le=SECONDS_MAX)] = 1_800
    """The default time limit of an agent's work on a row of a job."""

    @property
    def roles(self) -> dict[str, RoleTable]:
        """The roles by name."""
        return dict(self.__pydantic_extra__ or {})


class TeamTable(Table):
    """`[features.multi_agent_v2]`: the second family of tools."""

    enabled: bool = True
    """Whether the host offers that family in place of the first."""
    max_concurrent_threads_per_session: Count = 4
    """The largest number of agents of one session that work at once, including the root."""
    namespace: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] = (
        "collaboration"
    )
    """The namespace of its tools."""


class JobsTable(Table):
    """`[features.agent_jobs]`: tables of work that models have done by agents."""

    enabled: bool = True
    """Whether models are offered `spawn_agents_on_csv` and `wait_agent_job`."""
    blocking: bool = False
    """Whether the call that starts a job waits until it is over, as in the reference."""
    max_rows: Count = 256
    """Rows of all jobs that are worked on at once."""
    max_rows_per_session: Count = 64
    """Rows of all jobs of one session that are worked on at once."""


class FeaturesTable(Table):
    """`[features]`: of all that the reference can switch on, what is here."""

    multi_agent_v2: bool | TeamTable = False
    """Whether the host offers the second family of agent tools to models, and its settings."""
    agent_jobs: bool | JobsTable = False
    """Whether models may start jobs, and the settings of these. Extension of this host."""
    memories: bool = False
    """Whether the host makes notes of finished threads and gives them to later ones."""


class RoleFile(ThreadKeys):
    """What is used of the file of a role."""

    model_config = ConfigDict(extra="ignore")
