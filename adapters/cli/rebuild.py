"""`threadhost rebuild`: the views of a home made anew from its log, while a host may run on it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import client_of
from threadhost.adapters.cli.output import Failure, console, print_json, say
from threadhost.adapters.cli.progress_bar import ProgressBar
from threadhost.adapters.cli.stored import existing
from threadhost.adapters.client.errors import ClientError, FellBehind
from threadhost.adapters.client.notes import Notes
from threadhost.adapters.jsonrpc.errors import RpcError
from threadhost.events.words import numbered

METHOD, PROGRESS = "host/views/rebuild", "host/views/rebuildProgress"


def rebuild(*, home: Path, key_file: Path | None, json: bool) -> None:
    """Have them made by the host that runs on the home, or by one for the purpose."""
    try:
        answer = asyncio.run(_ask(existing(home), key_file, quiet=json))
    except (RpcError, ClientError) as error:
        raise Failure(str(error).removeprefix("Invalid request: ")) from None
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
        with _bar(quiet=quiet) as bar:
            watching = asyncio.create_task(_watch(client.notifications(PROGRESS), bar))
            try:
                answer: dict[str, Any] = await client.call(METHOD, {})
            finally:
                watching.cancel()
                await asyncio.wait([watching])
    return answer


async def _watch(notes: Notes, bar: ProgressBar) -> None:
    with suppress(FellBehind):
        async for news in notes:
            bar.update(news.params["done"], news.params["total"], "events")


@contextmanager
def _bar(*, quiet: bool) -> Iterator[ProgressBar]:
    bar = ProgressBar(console(), quiet=quiet)
    bar.show()
    try:
        yield bar
    finally:
        bar.end()
