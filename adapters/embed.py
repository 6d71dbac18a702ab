"""A host inside the program that uses it, opened on a home or in memory; and its clients."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from threadhost.actors.models import ModelClient
from threadhost.adapters.app import App, OpenLog, open_app
from threadhost.adapters.client.client import Client
from threadhost.adapters.client.link import Link, MemoryLink
from threadhost.adapters.config import Settings
from threadhost.adapters.configuration import configuration_of, with_host_table
from threadhost.adapters.configuration.record import NO_CONFIGURATION
from threadhost.adapters.jsonrpc.models.host_stats import StatsReadResponse
from threadhost.adapters.version import product_version


class EmbeddedHost:
    """An open host; made by `threadhost.open`."""

    def __init__(self, app: App) -> None:
        self.app = app

    def connect(self, name: str = "embedded") -> Client:
        """Connect a new client under a name that the log records; the handshake is automatic."""

        async def dial() -> Link:
            return self._link(name)

        return Client(self._link(name), dial, name, product_version())

    def stats(self) -> StatsReadResponse:
        """The host's statistics of this moment."""
        return self.app.stats()

    def _link(self, name: str) -> MemoryLink:
        return MemoryLink(self.app.accept, self.app.settings.limits, name)


@asynccontextmanager
async def open_host(
    home: str | Path | Settings | None = None,
    *,
    model: str | ModelClient = "",
    model_url: str | None = None,
    store: Literal["sqlite", "memory"] | OpenLog | None = None,
    key_file: str | Path | None = None,
    config: str | Path | None = None,
    takes_up: bool = True,
) -> AsyncIterator[EmbeddedHost]:
    """Open a home folder, created if it is new; at the end close it with everything flushed.

    Without a home, or with `store="memory"`, the host leaves nothing on disk; nor with a custom
    `store`, which opens the log (docs/stores.md). `Settings` in place of a home set everything but
    the model; otherwise the file's table `[host]` counts, except for addresses, tokens and logs.
    `config` is a configuration file, by default `config.toml` in the home. With `takes_up` off,
    goals, queues, agents and jobs wait for another host to resume them. Raises HomeLocked,
    StoreMismatch, or ValueError for a model or a configuration that cannot be used.
    """
    if home == "":
        raise ValueError("an empty text is not a home: name a folder, or give None for none")
    spec, client = (model, None) if isinstance(model, str) else ("", model)
    settings = home if isinstance(home, Settings) else Settings(Path(home or "."), listen=())
    if not isinstance(home, Settings):
        default: Literal["sqlite", "memory"] = "memory" if home is None else "sqlite"
        file = None if key_file is None else Path(key_file)
        kind = default if callable(store) else store or default
        settings = settings._replace(store=kind, key_file=file, takes_up=takes_up)
    if spec or model_url:
        settings = settings._replace(model=spec, model_url=model_url)
    if config is not None:
        settings = settings._replace(config_file=Path(config))
    app = await _open(settings, client, home, store if callable(store) else None)
    try:
        yield EmbeddedHost(app)
    finally:
        await app.close()


async def _open(
    settings: Settings,
    model: ModelClient | None,
    home: str | Path | Settings | None,
    open_log: OpenLog | None,
) -> App:
    if home is None and settings.config_file is None:
        none = NO_CONFIGURATION
        return await open_app(settings, model=model, configuration=none, open_log=open_log)
    if isinstance(home, Settings):
        return await open_app(settings, model=model, open_log=open_log)
    configuration = configuration_of(settings, os.environ)
    host_settings = with_host_table(settings, configuration)
    app = await open_app(host_settings, model=model, configuration=configuration, open_log=open_log)
    app.read_again = partial(configuration_of, settings, os.environ)
    app.settings_with = partial(with_host_table, settings)
    return app
