"""The policies for agents and jobs, from the tables of a configuration file."""

from collections.abc import Iterable

from pydantic import ValidationError

from threadhost.actors.agent_limits import (
    AgentLimits,
    AgentPolicy,
    JobPolicy,
    JobsOffer,
    KnownModel,
    Role,
)
from threadhost.adapters.configuration.agent_tables import (
    AgentsTable,
    JobsTable,
    RoleFile,
    RoleTable,
    TeamTable,
)
from threadhost.adapters.configuration.tables import FileTable
from threadhost.adapters.configuration.thread_keys import thread_settings
from threadhost.adapters.configuration.toml_file import ConfigError, Source, path_beside, read
from threadhost.adapters.models.provider import Provider

MILLISECONDS = 1000


def agents_of(source: Source, file: FileTable, providers: Iterable[Provider]) -> AgentPolicy:
    """The policy for agents. Raises ConfigError."""
    agents, team = file.agents or AgentsTable(), file.features.multi_agent_v2
    if isinstance(team, bool):
        team = TeamTable(enabled=team)
    return AgentPolicy(
        AgentLimits(
            agents.max_depth,
            agents.max_concurrent_threads_per_session,
            agents.max_unapproved_threads_per_session,
        ),
        agents.max_working_threads_per_session,
        agents.max_working_threads,
        {name: _role(source, name, table) for name, table in agents.roles.items()},
        tuple(
            KnownModel(name, model.efforts, provider.name)
            for provider in providers
            for name, model in provider.models.items()
        ),
        "v2" if team.enabled else "v1",
        team.namespace,
        _offer_of(_jobs_table(file)),
        team.max_concurrent_threads_per_session,
    )


def jobs_of(file: FileTable) -> JobPolicy:
    """The policy for jobs."""
    agents, table = file.agents or AgentsTable(), _jobs_table(file)
    return JobPolicy(
        table.max_rows,
        table.max_rows_per_session,
        item_ms=agents.job_max_runtime_seconds * MILLISECONDS,
    )


def _jobs_table(file: FileTable) -> JobsTable:
    jobs = file.features.agent_jobs
    return JobsTable(enabled=jobs) if isinstance(jobs, bool) else jobs


def _offer_of(jobs: JobsTable) -> JobsOffer:
    if not jobs.enabled:
        return "no"
    return "blocking" if jobs.blocking else "yes"


def _role(source: Source, name: str, table: RoleTable) -> Role:
    settings = _settings(source, name, table.config_file) if table.config_file else {}
    return Role(table.description or "", tuple(table.nickname_candidates), settings)


def _settings(source: Source, role: str, config_file: str) -> dict[str, str]:
    place = ("agents", role, "config_file")
    try:
        role_file = read(path_beside(source.path, config_file), must_exist=True)
        keys = RoleFile.model_validate(role_file.table if role_file else {})
    except ConfigError as error:
        raise source.fault(f"`{'.'.join(place)}`: {error}", place) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise source.fault(f"`{'.'.join(place)}`: `{key}` there cannot be used", place) from None
    chosen = {"model": keys.model, "model_provider": keys.model_provider}
    named = {name: value for name, value in chosen.items() if value is not None}
    return {**thread_settings(keys), **named}
