"""A host without the library for MCP servers names what to install, and turns still run."""

import sys
from pathlib import Path

import pytest

from tests.protocol.talk import script, start, talk
from tests.support.mcp import STARTUP, table
from tests.support.server import Host, short_lived_home


async def test_a_missing_mcp_library_fails_its_servers_with_what_to_install_and_turns_still_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [one for one in sys.modules if one.startswith("threadhost.adapters.mcp.session")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("mcp", "mcp_types"):
        monkeypatch.setitem(sys.modules, name, None)
    with short_lived_home() as home:
        (home / "config.toml").write_text(table("tiny", Path("x")))
        async with Host(home) as host:
            client = await host.client()
            turn = await talk(client, await start(client), script({"text": "well"}))
            told = await client.notice(STARTUP, name="tiny", status="failed")
    assert turn["items"][-1]["text"] == "well"
    words = "MCP servers need the extra `mcp`; pip install 'mcp<2.4,>=2.3'"
    assert told["params"]["error"].startswith(words)
