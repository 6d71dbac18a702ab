"""Converts a configuration file to the plain records that a host is made with."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from threadhost.actors.models import CallLimits, ModelWindow
from threadhost.adapters.configuration.agents import agents_of, jobs_of
from threadhost.adapters.configuration.checking import checked, dotted
from threadhost.adapters.configuration.mcp_servers import HIDDEN, server_of, shown_server
from threadhost.adapters.configuration.providers import provider_of, shown_provider
from threadhost.adapters.configuration.record import NO_CONFIGURATION, Configuration
from threadhost.adapters.configuration.tables import FileTable, ProfileTable
from threadhost.adapters.configuration.thread_keys import thread_settings
from threadhost.adapters.configuration.toml_file import (
    ConfigError,
    Source,
    path_beside,
    read,
    text_of,
)
from threadhost.adapters.models.http_origin import parse_base_url
from threadhost.events.words import truncate

if TYPE_CHECKING:
    from threadhost.actors.memory_jobs import MemoryPolicy
    from threadhost.actors.retention import RetentionPolicy


def load(
    path: Path,
    env: Mapping[str, str],
    limits: CallLimits | None = None,
    profile: str | None = None,
    *,
    must_exist: bool = True,
) -> Configuration:
    """The configuration of the file, with the profile applied. Raises ConfigError, a ValueError."""
    source = read(path, must_exist=must_exist)
    if source is None:
        if profile is not None:
            raise ConfigError(f"{path}: there is no such file, and so no profile `{profile}`")
        return NO_CONFIGURATION
    file, entries, unused = checked(source)
    profile = profile or file.profile
    keys = _with_profile(source, file, profile)
    _check_openai_url(source, file)
    providers = {
        name: provider_of(source, name, table, env, limits or CallLimits())
        for name, table in file.model_providers.items()
    }
    servers = {
        name: server_of(source, name, table, env) for name, table in file.mcp_servers.items()
    }
    window = ModelWindow(keys.model_context_window, keys.model_auto_compact_token_limit)
    return Configuration(
        file=path.absolute(),
        version=f"sha256:{sha256(source.text.encode()).hexdigest()}",
        profile=profile,
        model=keys.model,
        model_provider=keys.model_provider,
        thread={**thread_settings(keys), **_instructions(source, keys, profile)},
        window=window,
        turn_timeout_ms=keys.turn_timeout_ms,
        openai_base_url=file.openai_base_url,
        providers=providers,
        servers=servers,
        memories=_memories(file),
        retention=_retention(source, file),
        host=_host(source, file),
        agents=agents_of(source, file, providers.values()),
        jobs=jobs_of(file),
        unused=unused,
        shown=_shown(file),
        entries=entries,
    )


def _host(source: Source, file: FileTable) -> Mapping[str, object]:
    if file.host is None:
        return {}
    from threadhost.adapters.configuration.host import host_of

    return host_of(source, file.host)


def _memories(file: FileTable) -> "MemoryPolicy | None":
    if not file.features.memories:
        return None
    from threadhost.adapters.configuration.memory_tables import policy_of

    return policy_of(file.memories)


def _retention(source: Source, file: FileTable) -> "RetentionPolicy | None":
    if file.retention is None or not file.retention.rules:
        return None
    from threadhost.adapters.configuration.retention import policy_of

    return policy_of(source, file.retention)


def _with_profile(source: Source, file: FileTable, profile: str | None) -> ProfileTable:
    """The keys of the top level, overridden by those of the profile."""
    names = ProfileTable.model_fields
    values = {name: getattr(file, name) for name in names}
    if profile is not None:
        chosen = file.profiles.get(profile)
        if chosen is None:
            profiles = ", ".join(f"`{name}`" for name in file.profiles) or "none"
            raise source.fault(
                f"no profile `{truncate(profile, 80)}`, there is {profiles}", ("profile",)
            )
        overrides = {name: getattr(chosen, name) for name in names}
        values |= {name: value for name, value in overrides.items() if value is not None}
        if chosen.instructions is not None and chosen.model_instructions_file is None:
            values["model_instructions_file"] = None
    return ProfileTable(**values)


def _instructions(source: Source, keys: ProfileTable, profile: str | None) -> dict[str, str]:
    if keys.model_instructions_file is None:
        return {}
    try:
        file = path_beside(source.path, keys.model_instructions_file)
        return {"base_instructions": text_of(file)}
    except ConfigError as error:
        at = ("profiles", profile) if profile else ()
        key = "model_instructions_file"
        raise source.fault(f"`{key}`: {error}", (*at, key)) from None


def _check_openai_url(source: Source, file: FileTable) -> None:
    if file.openai_base_url is not None:
        try:
            parse_base_url(file.openai_base_url)
        except ValueError as error:
            place = ("openai_base_url",)
            raise source.fault(f"`{dotted(place)}`: {error}", place) from None


def _shown(file: FileTable) -> dict[str, object]:
    """The used part of the file, without anything that may be secret."""
    shown = file.model_dump(
        mode="json",
        exclude_unset=True,
        exclude={"mcp_servers", "model_providers", "openai_base_url"},
    )
    if file.model_providers:
        tables = file.model_providers.items()
        shown["model_providers"] = {name: shown_provider(table) for name, table in tables}
    if file.host is not None and file.host.ws_auth and file.host.ws_auth.token_sha256:
        shown["host"]["ws_auth"]["token_sha256"] = HIDDEN
    if file.mcp_servers:
        servers = file.mcp_servers.items()
        shown["mcp_servers"] = {name: shown_server(table) for name, table in servers}
    return shown
