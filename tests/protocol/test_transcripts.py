"""The recorded sessions of the reference, played to this host over each transport."""

from pathlib import Path

import pytest

from tests.protocol import transcript
from tests.protocol.replaying import Replay
from tests.support.server import Host


@pytest.mark.few(14)
@pytest.mark.parametrize("scenario", transcript.names())
async def test_a_recorded_session_goes_as_it_went(
    scenario: str, each_host: Host, tmp_path: Path
) -> None:
    assert await Replay(scenario, each_host, tmp_path).run()
