"""`threadhost rebuild`: the views of a home made anew from its log, while a host may run on it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import client_of
from threadhost.adapters.cli.output import Failure, print_json, say
from threadhost.adapters.cli.progress import answer_with_bar
from threadhost.adapters.cli.progress_bar import ProgressBar
from threadhost.adapters.cli.stored import existing
from threadhost.adapters.client.errors import ClientError
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events.words import numbered

METHOD, PROGRESS = "host/views/rebuild", "host/views/rebuildProgress"


def rebuild(*, home: Path, key_file: Path | None, json: bool) -> None:
    """Have them made by the host that runs on the home, or by one for the purpose."""
    try:
        answer = asyncio.run(_ask(existing(home), key_file, quiet=json))
    except (RpcError, ClientError) as error:
        raise Failure.of(error, str(error).removeprefix("Invalid request: ")) from None
    if json:
        print_json(answer)
        return
    say(f"made the views anew from {numbered(answer['events'], 'event')}")
    for table, count in sorted(answer["changed"].items()):
        say(f"{table}: {numbered(count, 'row')} were not what the log says")
    if not answer["changed"]:
        say("every row was what the log says")


async def _ask(home: Path, key_file: Path | None, *, quiet: bool) -> dict[str, Any]:
    async with client_of(home, key_file) as client:
        return await answer_with_bar(client, METHOD, {}, PROGRESS, _show, quiet=quiet)


def _show(bar: ProgressBar, params: Mapping[str, Any]) -> None:
    bar.update(params["done"], params["total"], "events")
