"""Hosts that are configured by a file, and endpoints that they ask."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.server import Host
from threadhost.adapters.app import open_app
from threadhost.adapters.config import Settings
from threadhost.adapters.configuration.loading import load
from threadhost.adapters.configuration.record import Configuration


@dataclass
class ConfiguredHost(Host):
    """A host with a `config.toml` in its home and an environment of its own."""

    env: dict[str, str] = field(default_factory=dict)
    text: str = ""

    async def start(self) -> None:
        """Write the file and open the host."""
        (self.home / "config.toml").write_text(self.text)
        self.app = await open_app(Settings(self.home, **self.settings), self.env)
        if self.transport != "stdio":
            self._listeners = [await self._listen(self.app)]


def loaded(folder: Path, text: str | bytes, **more: Any) -> Configuration:
    """What a file of this text says."""
    file = folder / "config.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(file, more.pop("env", {}), **more)
