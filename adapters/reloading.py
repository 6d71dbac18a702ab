"""Reads a running host's configuration again: all that can change is applied, or nothing is."""

import asyncio
from collections.abc import Iterator, Sequence

from threadhost.adapters.config import Settings
from threadhost.adapters.configuration.at_start import differing, merged, needs_restart
from threadhost.adapters.configuration.checking import Place, dotted, in_general
from threadhost.adapters.configuration.host_tables import HostTable
from threadhost.adapters.configuration.record import Configuration
from threadhost.adapters.host_record import By
from threadhost.adapters.host_started import endpoint_host, identifier, recorded_settings
from threadhost.adapters.jsonrpc.context import HostContext, behaviour_of
from threadhost.adapters.models.providers import Providers
from threadhost.adapters.models.select import model_client
from threadhost.events.host import HostReconfigured
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.operator_log import (
    CONFIG_AT_START,
    CONFIG_RELOADED,
    CONFIG_UNUSED,
    PROVIDER_KEY_MISSING,
)

AT_ONCE = [
    name
    for name in HostTable.model_fields
    if name in Settings._fields and not needs_restart(f"host.{name}")
]
"""The settings that a host reads while it runs."""
NO_FILE = (
    "this host was started without a configuration file;"
    " restart it with config.toml in its home, or with --config"
)

BASE_INSTRUCTIONS = "base_instructions"
NAMED_MAX = 100
"""How many keys an event names at most; a file has some two hundred."""


class NoFile(ValueError):
    """There is no file to read again."""


class Reloaded(NamedTuple):
    """The result: the places in the file whose values changed, if they have an effect."""

    configuration: Configuration
    changed: Sequence[str]
    """The changes that hold from now on."""
    at_start: Sequence[str]
    """The changes that hold from the next start on."""


class _Next(NamedTuple):
    """The next state of the host, complete before any of it is applied."""

    configuration: Configuration
    settings: Settings
    model: Providers | None
    """None if the caller that opened the host gave it a model."""


async def reload(app: HostContext, by: By) -> Reloaded:
    """Read the configuration again and apply it.

    Raises ValueError for one that cannot be used, or StoreError; then nothing has changed.
    """
    return await asyncio.shield(asyncio.ensure_future(_reload(app, by)))


async def reload_servers(app: HostContext) -> None:
    """Apply the file's MCP servers alone. Raises ValueError."""
    async with app.reloading:
        configuration = await _read(app)
        before = app.configuration
        servers = {
            at: value for at, value in configuration.entries.items() if at[0] == "mcp_servers"
        }
        others = {at: value for at, value in before.entries.items() if at[0] != "mcp_servers"}
        app.configuration = before._replace(
            servers=configuration.servers, entries={**others, **servers}
        )
        await app.servers.configure(configuration.servers)


async def _reload(app: HostContext, by: By) -> Reloaded:
    async with app.reloading:
        configuration = await _read(app)
        before, coming = app.configuration, _prepare(app, configuration)
        places = list(
            dict.fromkeys((*_with_effect(app, configuration), *_of_other_files(app, configuration)))
        )
        reloaded = Reloaded(
            configuration,
            [dotted(at) for at in places if not needs_restart(in_general(at))],
            [dotted(at) for at in places if needs_restart(in_general(at))],
        )
        if places:
            await app.facts.record(_event(app, coming, places), by)
        await _follow(app, coming)
        _tell(before, reloaded)
        return reloaded


async def _read(app: HostContext) -> Configuration:
    if app.is_closing:
        raise ValueError("this host is stopping")
    if app.read_again is None:
        raise NoFile(NO_FILE)
    configuration: Configuration = await app.off_loop.run(app.read_again)
    before = app.configuration.file
    if configuration.file is None:
        fault = (
            f"{before}: the file does not exist any more; leave an empty file to configure nothing"
        )
        raise NoFile(NO_FILE) if before is None else ValueError(fault)
    return configuration


def _prepare(app: HostContext, configuration: Configuration) -> _Next:
    requested = app.settings_with(configuration)
    settings = app.settings._replace(**{name: getattr(requested, name) for name in AT_ONCE})
    model = None
    if app.made_model:
        model = model_client(
            settings.model, settings.model_url, app.env, settings.call_limits, configuration
        )
    return _Next(merged(app.configuration, configuration), settings, model)


def _with_effect(app: HostContext, configuration: Configuration) -> Iterator[Place]:
    """The changed places, except those that an option overrides."""
    before, after = app.settings_with(app.configuration), app.settings_with(configuration)
    for place in differing(app.configuration, configuration):
        is_same = place[0] == "host" and _setting(before, place) == _setting(after, place)
        if not is_same:
            yield place


def _setting(settings: Settings, place: Place) -> object:
    """The value that a key of `[host]` sets; a unique object if it sets none."""
    groups = (settings.ws_auth,) if place[1] == "ws_auth" else (settings, settings.limits)
    values = (getattr(group, place[-1]) for group in groups if place[-1] in group._fields)
    return next(values, object())


def _of_other_files(app: HostContext, configuration: Configuration) -> Iterator[Place]:
    """The keys that name a file whose content changed, even if the keys themselves did not."""
    key, before = BASE_INSTRUCTIONS, app.configuration
    if configuration.entries.get(("model_instructions_file",)) and (
        before.thread.get(key) != configuration.thread.get(key)
    ):
        yield ("model_instructions_file",)
    for name, role in configuration.agents.roles.items():
        old = before.agents.roles.get(name)
        if old is not None and old.settings != role.settings:
            yield ("agents", name, "config_file")


def _event(app: HostContext, coming: _Next, places: Sequence[Place]) -> HostReconfigured:
    keys = dict.fromkeys(map(in_general, places))
    model = coming.model or app.model
    threads = behaviour_of(coming.settings, coming.configuration).threads
    before = behaviour_of(app.settings, app.configuration).threads
    old = dict(recorded_settings(app.settings, before.turn_timeout_ms))
    new = dict(recorded_settings(coming.settings, threads.turn_timeout_ms))
    return HostReconfigured(
        changed=[key for key in keys if not needs_restart(key)][:NAMED_MAX],
        at_start=[key for key in keys if needs_restart(key)][:NAMED_MAX],
        settings={name: value for name, value in new.items() if old[name] != value},
        provider=identifier(model.name),
        endpoint_host=identifier(endpoint_host(model)),
    )


async def _follow(app: HostContext, coming: _Next) -> None:
    """Apply the next state. Steps that may wait come last: they close what is not used now."""
    app.configuration, app.settings = coming.configuration, coming.settings
    app.host.behave(behaviour_of(app.settings, app.configuration).threads)
    for follow in app.followers:
        follow()
    if coming.model is not None and isinstance(app.model, Providers):
        await app.model.follow(coming.model)
    await app.servers.configure(app.configuration.servers)


def _tell(before: Configuration, reloaded: Reloaded) -> None:
    configuration = reloaded.configuration
    names = ", ".join(reloaded.changed) or "nothing new"
    CONFIG_RELOADED.emit(file=configuration.file, names=names)
    if reloaded.at_start:
        CONFIG_AT_START.emit(file=configuration.file, names=", ".join(reloaded.at_start))
    if configuration.unused and configuration.unused != before.unused:
        CONFIG_UNUSED.emit(file=configuration.file, names=", ".join(configuration.unused))
    missing_before = set(before.keys_not_set)
    for name, variable in configuration.keys_not_set:
        if (name, variable) not in missing_before:
            PROVIDER_KEY_MISSING.emit(file=configuration.file, variable=variable, provider=name)
