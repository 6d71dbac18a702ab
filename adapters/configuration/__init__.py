"""The configuration file: finds, reads and checks it, and makes plain records of it."""

import os
from collections.abc import Mapping
from pathlib import Path
from stat import S_IRGRP, S_IROTH, S_IXGRP, S_IXOTH
from typing import Any

from threadhost.adapters.config import Limits, Settings
from threadhost.adapters.configuration.record import NO_CONFIGURATION, Configuration
from threadhost.events.operator_log import CONFIG_READABLE, CONFIG_UNUSED, PROVIDER_KEY_MISSING
from threadhost.events.store.home import CONFIG

READ, SEARCH = S_IRGRP | S_IROTH, S_IXGRP | S_IXOTH
"""The permission bits for others: on a file, and on a folder on the way to it."""


def configuration_of(settings: Settings, env: Mapping[str, str]) -> Configuration:
    """The configuration from the file; raises ValueError."""
    file = settings.config_file or settings.home / CONFIG
    is_named = settings.config_file is not None
    if not is_named and settings.profile is None and not os.path.lexists(file):
        return NO_CONFIGURATION
    from threadhost.adapters.configuration.loading import load

    limits, profile = settings.call_limits, settings.profile
    return load(file, env, limits, profile, must_exist=is_named)


def with_host_table(settings: Settings, configuration: Configuration) -> Settings:
    """The settings with the file's table `[host]`, except addresses, tokens and logs.

    The program that embeds the host decides about these.
    """
    table: dict[str, Any] = dict(configuration.host)
    table.pop("listen", None)
    limits = {name: table[name] for name in Limits._fields if name in table}
    fields = {name: table[name] for name in Settings._fields if name in table}
    return settings._replace(**fields, limits=settings.limits._replace(**limits))


def report_configuration_problems(configuration: Configuration) -> None:
    """Report the file's unused keys, missing provider keys and readable secrets to the operator."""
    file, without_key = configuration.file, tuple(configuration.keys_not_set)
    secret = configuration.secret_keys
    if not (configuration.unused or without_key or secret):
        return
    if file is not None and secret and _is_readable_by_others(file):
        CONFIG_READABLE.emit(file=file, names=", ".join(secret))
    if configuration.unused:
        CONFIG_UNUSED.emit(file=file, names=", ".join(configuration.unused))
    for name, variable in without_key:
        PROVIDER_KEY_MISSING.emit(file=file, variable=variable, provider=name)


def _is_readable_by_others(file: Path) -> bool:
    """Whether others can read the file and search all folders above it; False if unknown."""
    path = file.resolve()
    try:
        folders = [folder.stat().st_mode for folder in path.parents]
        return bool(path.stat().st_mode & READ) and all(mode & SEARCH for mode in folders)
    except OSError:
        return False
