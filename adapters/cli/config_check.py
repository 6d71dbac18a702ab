"""`threadhost config check`: whether a host could start with a configuration file."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from threadhost.adapters.cli.output import Failure, note, print_json, say
from threadhost.adapters.configuration.loading import load
from threadhost.adapters.configuration.record import Configuration
from threadhost.adapters.mcp.server_config import Program
from threadhost.adapters.models.select import model_client
from threadhost.events.store.home import CONFIG


def check(*, file: Path | None, home: Path, profile: str | None, json: bool) -> None:
    """Check the file, and print the keys that have no effect. Raises Failure for its faults."""
    chosen = file or home / CONFIG
    if file is None and not chosen.exists():
        raise Failure(f"{chosen} does not exist; give a FILE, or another --home")
    try:
        loaded = load(chosen, os.environ, profile=profile)
        model_client("", None, os.environ, configuration=loaded)
    except ValueError as error:
        raise Failure(str(error)) from None
    missing, not_found = dict(loaded.keys_not_set), dict(_programs_not_found(loaded))
    if json:
        unset = [{"provider": name, "variable": variable} for name, variable in missing.items()]
        says = {"unusedKeys": list(loaded.unused), "keysNotSet": unset}
        print_json({"file": str(chosen), **says, "programsNotFound": list(not_found)})
        return
    if loaded.unused:
        note(f"not used by this host: {', '.join(loaded.unused)}")
    for name, variable in missing.items():
        note(f"{variable} is not set, the key of provider {name}")
    for name, program in not_found.items():
        hint = "; what follows its name goes into `args`" if " " in program.command else ""
        note(f"the program of MCP server {name} is not found{hint}")
    say(f"{chosen} can be used")


def _programs_not_found(configuration: Configuration) -> Iterator[tuple[str, Program]]:
    """The enabled MCP servers whose programs are not found, by the search that a start would do."""
    for name, server in configuration.servers.items():
        program = server.launch
        if server.is_enabled and isinstance(program, Program) and not _is_found(program):
            yield name, program


def _is_found(program: Program) -> bool:
    command = program.command
    if os.sep in command and program.cwd is not None:
        command = str(program.cwd / command)
    return shutil.which(command, path=program.env.get("PATH")) is not None
