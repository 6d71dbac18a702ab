"""Hosts with MCP servers: their configuration, and what the servers note."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.support.watching import until

SERVER = Path(__file__).with_name("mcp_server.py")
STARTUP = "mcpServer/startupStatus/updated"
ELICITATION = "mcpServer/elicitation/request"


def table(name: str = "tiny", script: Path = SERVER, *args: str, **more: Any) -> str:
    """A table of the configuration for a server that is a script."""
    known = {"command": sys.executable, "args": [str(script), *args], **more}
    return "\n".join(
        [f"[mcp_servers.{name}]", *(f"{k} = {_toml(v)}" for k, v in known.items()), ""]
    )


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)


def calls(name: str, *more: str, server: str = "tiny", **args: Any) -> dict[str, Any]:
    """A step of the scripted model that calls tools of a server, one after the other."""
    named = [{"namespace": f"mcp__{server}", "name": each, "args": args} for each in (name, *more)]
    return {"calls": named}


class Notes:
    """What a server told its test."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notes"

    @property
    def lines(self) -> list[str]:
        """So far."""
        return self.path.read_text().splitlines() if self.path.exists() else []

    async def wait_for(self, words: str, times: int = 1) -> list[str]:
        """All notes, once so many begin so."""

        def are_there() -> bool:
            return sum(line.startswith(words) for line in self.lines) >= times

        await asyncio.to_thread(until, are_there)
        return self.lines
