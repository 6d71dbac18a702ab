"""`threadhost config check`: whether a host can serve with a configuration file."""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from threadhost.adapters.cli.output import Failure, note, print_json, say
from threadhost.adapters.configuration.loading import load
from threadhost.adapters.configuration.record import Configuration
from threadhost.adapters.mcp.server_config import EXTRA, Program, ServerConfig, missing_extra
from threadhost.adapters.models.select import model_client
from threadhost.adapters.visible import shown_command
from threadhost.events.store.home import CONFIG
from threadhost.events.words import first_names

SHOWN_SERVERS = 8


def check(*, file: Path | None, home: Path, profile: str | None, json: bool) -> int:
    """Check the file, and print what has no effect or is missing. Raises Failure for its faults."""
    chosen = file or home / CONFIG
    if file is None and not chosen.exists():
        raise Failure(f"{chosen} does not exist; give a FILE, or another --home")
    try:
        loaded = load(chosen, os.environ, profile=profile)
        model_client("", None, os.environ, configuration=loaded)
    except ValueError as error:
        raise Failure(str(error)) from None
    servers = [server for server in loaded.servers.values() if server.is_enabled]
    has_extra = not servers or find_spec(EXTRA) is not None
    not_found = dict(_programs_not_found(servers))
    required = [
        server.name
        for server in servers
        if server.required and (not has_extra or server.name in not_found)
    ]
    if json:
        missing = {
            "programsNotFound": list(not_found),
            "extrasMissing": [] if has_extra else [EXTRA],
            "requiredServersMissing": required,
        }
        print_json({"file": str(chosen), **_without_effect(loaded), **missing})
        return 1 if required else 0
    _note_without_effect(loaded)
    if not has_extra:
        note(missing_extra())
    for name, program in not_found.items():
        hint = "; its arguments go into `args`" if " " in program.command else ""
        command = shown_command(program.command)
        note(f"the program of MCP server {name} is not found: {command}{hint}")
    if required:
        names = first_names(required, SHOWN_SERVERS)
        raise Failure(f"{chosen}: no thread can start without the required MCP servers: {names}")
    say(f"{chosen} can be used")
    return 0


def _without_effect(configuration: Configuration) -> dict[str, object]:
    unset = [{"provider": name, "variable": key} for name, key in configuration.keys_not_set]
    return {"unusedKeys": list(configuration.unused), "keysNotSet": unset}


def _note_without_effect(configuration: Configuration) -> None:
    if configuration.unused:
        note(f"not used by this host: {', '.join(configuration.unused)}")
    for name, variable in configuration.keys_not_set:
        note(f"{variable} is not set, the variable with the key of provider {name}")


def _programs_not_found(servers: list[ServerConfig]) -> Iterator[tuple[str, Program]]:
    """The MCP servers whose programs are not found, by the search that a start would do."""
    for server in servers:
        if isinstance(server.launch, Program) and not _is_found(server.launch):
            yield server.name, server.launch


def _is_found(program: Program) -> bool:
    command = program.command
    if os.sep in command and program.cwd is not None:
        command = str(program.cwd / command)
    return shutil.which(command, path=program.env.get("PATH")) is not None
