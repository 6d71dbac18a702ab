"""`threadhost import codex`: the threads of a codex home, taken into the log of a home."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import client_of
from threadhost.adapters.cli.output import WHILE_READ, Failure, note, print_json, say
from threadhost.adapters.cli.progress import answer_with_bar
from threadhost.adapters.cli.progress_bar import ProgressBar
from threadhost.adapters.client.client import Client
from threadhost.adapters.client.errors import ClientError
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events.store.home import DATABASE
from threadhost.events.words import numbered

METHOD, PROGRESS = "host/import/codex", "host/import/progress"
NOT_ALL = 3
"""The exit code where something was left."""


def codex(*, from_: Path, home: Path, key_file: Path | None, dry_run: bool, json: bool) -> int:
    """Take in the threads of a codex home; an exit code. Raises Failure."""
    folder = from_
    if home.exists() and folder.exists() and home.samefile(folder):
        raise Failure("--from is the home itself; name another folder as --home")
    try:
        answer = asyncio.run(_ask(home, key_file, folder, dry_run=dry_run, quiet=json))
    except (RpcError, ClientError) as error:
        raise Failure.of(error, str(error).removeprefix("Invalid request: ")) from None
    if json:
        with WHILE_READ:
            print_json(answer)
    else:
        _tell(answer, dry_run=dry_run)
    return NOT_ALL if answer["counts"]["left"] else 0


async def _ask(
    home: Path, key_file: Path | None, source: Path, *, dry_run: bool, quiet: bool
) -> dict[str, Any]:
    is_new = dry_run and not (home / DATABASE).exists()
    opened = _nowhere() if is_new else client_of(home, key_file)
    async with opened as client:
        params = {"path": str(source), "dryRun": dry_run}
        return await answer_with_bar(client, METHOD, params, PROGRESS, _show, quiet=quiet)


@asynccontextmanager
async def _nowhere() -> AsyncIterator[Client]:
    """A client of a host that leaves nothing: what would be done to a home that is not there."""
    from threadhost.adapters.embed import open_host

    async with open_host(None) as host, host.connect("threadhost-cli") as client:
        yield client


def _show(bar: ProgressBar, params: Mapping[str, Any]) -> None:
    counts = params["counts"]
    words = f"{counts['imported']} taken in, {counts['left']} left"
    bar.update(counts["done"], counts["total"], words)


def _tell(answer: dict[str, Any], *, dry_run: bool) -> None:
    counts = answer["counts"]
    done = "would take in" if dry_run else "took in"
    say(
        f"{done} {numbered(counts['imported'], 'thread')} of {counts['total']};"
        f" {counts['unchanged']} there already, {counts['left']} left"
    )
    if counts["keptLines"]:
        say(_kept(counts["keptLines"]))
    for fault in answer["faults"]:
        line = f":{fault['line']}" if fault["line"] else ""
        note(f"{fault['path']}{line}: {fault['why']}")
    for left in answer["left"]:
        note(f"left {left['path']}: {left['why']}")
    if counts["left"] > len(answer["left"]):
        note(f"left {counts['left'] - len(answer['left'])} more")


def _kept(count: int) -> str:
    if count == 1:
        return "1 line says nothing here, and is kept as it was"
    return f"{count} lines say nothing here, and are kept as they were"
