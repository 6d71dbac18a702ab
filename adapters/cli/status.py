"""`threadhost status`: whether a host runs on a home, where it listens, and its work."""

from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import run_with_client
from threadhost.adapters.cli.home_store import command_line, require_home
from threadhost.adapters.cli.output import WHILE_READ, Failure, console, note, print_json
from threadhost.adapters.client.client import Client
from threadhost.events.store.home import LOCK
from threadhost.events.store.lock import is_held, read_owner

NOT_RUNNING = 3
COUNTED = ("live", "working", "restarting", "givenUp", "deletions")
"""The numbers of threads in memory that are printed."""


def status(*, home: Path, json: bool) -> int:
    """Print the status; returns 0 if a host runs there. Raises Failure if there is no home."""
    folder = require_home(home)
    state: dict[str, Any] = {"home": str(folder), "runs": is_held(folder)}
    if state["runs"]:
        owner = read_owner(folder / LOCK)
        state |= {"pid": owner.get("pid"), "listen": owner.get("listen") or []}
        try:
            state |= _host_facts(folder)
        except Failure as failure:
            note(f"threadhost: {failure}")
    with WHILE_READ:
        print_json(state) if json else _print(folder, state)
    return 0 if state["runs"] else NOT_RUNNING


def _host_facts(home: Path) -> dict[str, Any]:
    stats = run_with_client(home, None, Client.read_stats).model_dump(mode="json", by_alias=True)
    threads = {name: stats["threads"][name] for name in COUNTED}
    clients = stats["connections"]["open"] - 1  # without this command
    return {"position": stats["log"]["position"], "clients": clients, "threads": threads}


def _print(home: Path, state: dict[str, Any]) -> None:
    out = console()
    if not state["runs"]:
        out.print(f"no host runs on {home}; {command_line('serve', home)} starts one")
        return
    out.print(f"a host runs on {home}: process {state['pid']}")
    for address in state["listen"]:
        out.print(f"listening on {address}")
    if "threads" in state:
        counts = ", ".join(f"{count} {name}" for name, count in state["threads"].items())
        out.print(f"position {state['position']}, {state['clients']} clients; threads: {counts}")
