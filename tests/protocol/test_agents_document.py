"""The page on agents says what the code does: tools, limits, states."""

import re
from pathlib import Path

from tests.protocol.test_goals_document import first_cells_of
from tests.support.configured import loaded
from threadhost.actors.agent_arguments import WAIT_MAX_MS, WAIT_MIN_MS, WAIT_MS
from threadhost.actors.agent_limits import BUILT_IN, AgentLimits, AgentPolicy
from threadhost.actors.agent_tools import NAMESPACE, TOOLS
from threadhost.actors.team_tools import TOOLS as TEAM_TOOLS
from threadhost.adapters.configuration.agent_tables import AgentsTable

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "agents.md").read_text()


def test_the_page_names_every_tool_and_how_long_one_waits() -> None:
    assert first_cells_of(PAGE, "The model's tools") == list(TOOLS)
    assert f"`{NAMESPACE}`" in PAGE
    assert f"from {WAIT_MIN_MS:,} to {WAIT_MAX_MS:,}, {WAIT_MS:,} unless said" in PAGE


def test_the_page_names_every_tool_of_a_team() -> None:
    assert first_cells_of(PAGE, "Teams") == list(TEAM_TOOLS)
    assert f"the root among them: {AgentPolicy().team_max}." in PAGE
    assert f"`{AgentPolicy().namespace}`" in PAGE


def test_the_page_has_the_limits_of_the_configuration() -> None:
    section = PAGE.partition("## How far it goes\n")[2].partition("\n## ")[0]
    found = dict(re.findall(r"^\| `agents\.(\w+)` \|.*\| (\d+) \|$", section, re.MULTILINE))
    fields = AgentsTable.model_fields.items()
    assert found == {name: str(field.default) for name, field in fields}


def test_the_page_names_the_roles_that_are_always_there() -> None:
    named = ", ".join(f"`{name}`" for name in list(BUILT_IN)[:-1])
    assert f"{named} and `{list(BUILT_IN)[-1]}` are always there" in PAGE


def test_the_example_of_a_role_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```TOML\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    found = loaded(tmp_path, example).agents
    assert found.limits == AgentLimits(2, 40)
    assert found.roles["scout"].nicknames == ("Kit", "Wren")
