"""`threadhost config check`: whether a host could be started with a configuration file."""

import os
from pathlib import Path

from threadhost.adapters.cli.output import Failure, note, print_json, say
from threadhost.adapters.configuration.loading import load
from threadhost.adapters.models.select import model_client
from threadhost.events.store.home import CONFIG


def check(*, file: Path | None, home: Path, profile: str | None, json: bool) -> None:
    """Look at it, and print what it says in vain. Raises Failure with what is wrong."""
    chosen = file or home / CONFIG
    if file is None and not chosen.exists():
        raise Failure(f"{chosen} is not there; give a FILE, or another --home")
    try:
        loaded = load(chosen, os.environ, profile=profile)
        model_client("", None, os.environ, configuration=loaded)
    except ValueError as error:
        raise Failure(str(error)) from None
    missing = dict(loaded.keys_not_set)
    if json:
        unset = [{"provider": name, "variable": variable} for name, variable in missing.items()]
        print_json({"file": str(chosen), "unusedKeys": list(loaded.unused), "keysNotSet": unset})
        return
    if loaded.unused:
        note(f"not used by this host: {', '.join(loaded.unused)}")
    for name, variable in missing.items():
        note(f"{variable} is not set, the key of provider {name}")
    say(f"{chosen} can be used")
