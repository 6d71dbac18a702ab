"""The page on agents says what the code does: tools, limits, states."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.protocol.talk import script
from tests.protocol.test_goals_document import first_cells_of
from tests.support.agent_scripts import call, calls, spawn
from tests.support.chat_endpoint import ChatEndpoint
from tests.support.configured import loaded
from tests.support.responses_endpoint import Json
from threadhost.actors.agent_arguments import WAIT_MAX_MS, WAIT_MIN_MS, WAIT_MS
from threadhost.actors.agent_limits import BUILT_IN, AgentLimits, AgentPolicy
from threadhost.actors.agent_tools import NAMESPACE, TOOLS
from threadhost.actors.team_tools import TOOLS as TEAM_TOOLS
from threadhost.adapters.configuration.agent_tables import AgentsTable

EXAMPLE = re.compile(r"^```Python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "agents.md").read_text()


def test_the_page_names_every_tool_and_the_limits_of_a_wait() -> None:
    assert first_cells_of(PAGE, "The model's tools") == list(TOOLS)
    assert f"`{NAMESPACE}`" in PAGE
    assert f"from {WAIT_MIN_MS:,} to {WAIT_MAX_MS:,}, {WAIT_MS:,} unless said" in PAGE


def test_the_page_names_every_tool_of_a_team() -> None:
    assert first_cells_of(PAGE, "Teams") == list(TEAM_TOOLS)
    assert f"the root among them: {AgentPolicy().team_max}." in PAGE
    assert f"`{AgentPolicy().namespace}`" in PAGE


def test_the_page_has_the_limits_of_the_configuration() -> None:
    section = PAGE.partition("## Limits\n")[2].partition("\n## ")[0]
    found = dict(re.findall(r"^\| `agents\.(\w+)` \|.*\| ?(\d*) \|$", section, re.MULTILINE))
    fields = AgentsTable.model_fields.items()
    told = {name: "" if f.default is None else str(f.default) for name, f in fields}
    assert found == told


def test_the_page_names_the_roles_that_are_always_there() -> None:
    named = ", ".join(f"`{name}`" for name in list(BUILT_IN)[:-1])
    assert f"{named} and `{list(BUILT_IN)[-1]}` are always there" in PAGE


def test_the_example_of_a_role_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```TOML\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    found = loaded(tmp_path, example).agents
    assert found.limits == AgentLimits(2, 40)
    assert found.roles["scout"].nicknames == ("Kit", "Wren")


class Provider(ChatEndpoint):
    """A hosted model that does what the page's example asks of it."""

    def history_of(self, body: Json) -> list[Json]:
        """What it was asked in words, as a script."""
        return [
            {**item, "content": SCRIPT}
            if "one agent for each" in str(item.get("content"))
            else item
            for item in super().history_of(body)
        ]


FOUND = {"text": "with feathers"}
SCRIPT = script(
    calls(spawn(FOUND, say="How do owls hear?"), spawn(FOUND, say="How do they fly?")),
    calls(call("wait_agent", targets=["$A1"]), call("wait_agent", targets=["$A2"])),
    {"text": "They do both with feathers."},
)


async def test_the_example_with_a_hosted_model_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = EXAMPLE.findall(PAGE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENROUTER_API_KEY", "key")
    async with Provider(keep_alive=True) as endpoint:
        (place,) = re.findall(r'base_url = "(.+)"', example)
        program = compile(example.replace(place, endpoint.base_url), "document", "exec")
        await asyncio.to_thread(exec, program, {"__name__": "__main__"})
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Allow one more agent (at most 1 may be open without an approval)?"
    assert said[1] == "They do both with feathers."
    assert [line.split()[-1] for line in said[2:]] == ["idle", "idle"]
    assert {call.headers["authorization"] for call in endpoint.received} == {"Bearer key"}
