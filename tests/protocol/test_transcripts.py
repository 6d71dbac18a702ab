"""The recorded sessions of the reference, played to this host over each transport."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.protocol import transcript
from tests.protocol.agent_scenarios import CONFIGURED
from tests.protocol.replaying import Replay
from tests.protocol.scenarios import WITH_SERVERS
from tests.support.mcp import table
from tests.support.server import Host, Transport
from threadhost.actors import team_work

A_SECOND_MS = 20_000
"""A wait of a team that nobody ends takes a twentieth of its time."""


@pytest.fixture
async def reference_host(home: Path, transport: Transport) -> AsyncIterator[Host]:
    """A host over each transport that goes on with goals at once, as the reference does."""
    async with Host(home, transport, {"goal_wait_ms": 0}) as host:
        yield host


@pytest.mark.few(1)
@pytest.mark.parametrize("scenario", transcript.names())
async def test_a_recorded_session_gets_the_recorded_answers(
    scenario: str, reference_host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team_work, "MILLISECONDS", A_SECOND_MS)
    text = table(tool_timeout_sec=3) if scenario in WITH_SERVERS else CONFIGURED.get(scenario)
    if text is not None:
        await reference_host.stop()
        (reference_host.home / "config.toml").write_text(text)
        await reference_host.start()
    assert await Replay(scenario, reference_host, tmp_path).run()
