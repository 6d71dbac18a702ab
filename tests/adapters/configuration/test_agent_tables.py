"""Tables of agents in a configuration file: limits, roles and tools."""

import re
from pathlib import Path

import pytest

from tests.support.configured import loaded
from threadhost.actors.agent_limits import AgentLimits, AgentPolicy, JobPolicy, Role
from threadhost.adapters.configuration.toml_file import ConfigError


def test_agents_have_the_limits_and_roles_of_the_configuration_file(tmp_path: Path) -> None:
    (tmp_path / "scout.toml").write_text('model = "keen"\nsandbox_mode = "read-only"\n')
    found = loaded(
        tmp_path,
        """
        [agents]
        max_depth = 3
        max_concurrent_threads_per_session = 40
        max_unapproved_threads_per_session = 0
        [agents.scout]
        description = "Looks around."
        config_file = "scout.toml"
        nickname_candidates = ["Kit"]
        [features.multi_agent_v2]
        max_concurrent_threads_per_session = 9
        """,
    ).agents
    assert found.limits == AgentLimits(3, 40, 0)
    assert found.roles == {"scout": Role("Looks around.", ("Kit",), {"model": "keen"})}
    assert (found.family, found.team_max, found.namespace) == ("v2", 9, "collaboration")
    assert loaded(tmp_path, "[features]\nmulti_agent_v2 = true\n").agents.family == "v2"
    assert loaded(tmp_path, "").agents == AgentPolicy()


def test_jobs_have_the_limits_of_the_configuration_file(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        """
        [agents]
        job_max_runtime_seconds = 7
        [features.agent_jobs]
        max_rows = 1000
        max_rows_per_session = 500
        """,
    )
    assert found.jobs == JobPolicy(host_max=1000, tree_max=500, item_ms=7_000)
    assert found.agents.jobs == "yes"
    assert loaded(tmp_path, "[features]\nagent_jobs = true\n").jobs == JobPolicy()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[agents]\nmax_depth = 65", "`agents.max_depth`: should be less than or equal to 64"),
        ("[agents]\nmax_dept = 2", "no such key: `agents.max_dept`; did you mean `max_depth`?"),
        ("[agents.a]\nmodel = 'x'", "no such key: `agents.a.model`"),
        ("[agents.a]\nconfig_file = 'none.toml'", "`agents.a.config_file`"),
        ("[agents]\njob_max_runtime_seconds = 0", "`agents.job_max_runtime_seconds`: should be"),
        ("[features.agent_jobs]\nmax_rows = 0", "features.agent_jobs"),
        ("[features.multi_agent_v2]\nnamespace = ''", "`features.multi_agent_v2"),
    ],
)
def test_a_fault_in_the_tables_of_agents_is_named(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(fault)):
        loaded(tmp_path, text)
