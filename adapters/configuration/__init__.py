"""The configuration file: found, read within bounds, checked at one door, made plain records."""

import os
from collections.abc import Mapping
from typing import Any

from threadhost.adapters.config import Limits, Settings
from threadhost.adapters.configuration.record import NO_CONFIGURATION, Configuration
from threadhost.events.store.home import CONFIG


def configuration_of(settings: Settings, env: Mapping[str, str]) -> Configuration:
    """What the configuration file says; raises ValueError."""
    file = settings.config_file or settings.home / CONFIG
    is_named = settings.config_file is not None
    if not is_named and settings.profile is None and not os.path.lexists(file):
        return NO_CONFIGURATION
    from threadhost.adapters.configuration.loading import load

    limits, profile = settings.call_limits, settings.profile
    return load(file, env, limits, profile, must_exist=is_named)


def with_host_table(settings: Settings, configuration: Configuration) -> Settings:
    """The settings with what a file says of the host, but for addresses, tokens and logs.

    Those are for whoever has the host in a program of their own.
    """
    table: dict[str, Any] = dict(configuration.host)
    table.pop("listen", None)
    limits = {name: table[name] for name in Limits._fields if name in table}
    own = {name: table[name] for name in Settings._fields if name in table}
    return settings._replace(**own, limits=settings.limits._replace(**limits))


def tell_of_configuration(configuration: Configuration) -> None:
    """Name to the operator what of a file has no use here, and what it counts on in vain."""
    file, without_key = configuration.file, tuple(configuration.keys_not_set)
    if not (configuration.unused or without_key):
        return
    from threadhost.events.operator_log import CONFIG_UNUSED, PROVIDER_KEY_MISSING

    if configuration.unused:
        CONFIG_UNUSED.tell(file=file, names=", ".join(configuration.unused))
    for name, variable in without_key:
        PROVIDER_KEY_MISSING.tell(file=file, variable=variable, provider=name)
