"""A request that takes long, with its progress."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import run_with_client
from threadhost.adapters.cli.output import console
from threadhost.adapters.cli.progress_bar import ProgressBar
from threadhost.adapters.client.client import Client
from threadhost.adapters.client.errors import FellBehind
from threadhost.adapters.client.notes import Notes

Show = Callable[[ProgressBar, Mapping[str, Any]], None]


def answer_with_bar(
    home: Path | None,
    key_file: Path | None,
    method: str,
    params: Mapping[str, Any],
    progress: str,
    show: Show,
    *,
    quiet: bool,
) -> dict[str, Any]:
    """The answer to a client's request. Raises Failure.

    Until the answer comes, each `progress` notification's params are shown on a bar.
    """
    bar = ProgressBar(console(), quiet=quiet)

    async def ask(client: Client) -> dict[str, Any]:
        bar.show()
        watching = asyncio.create_task(_watch(client.notifications(progress), bar, show))
        try:
            answer: dict[str, Any] = await client.call(method, params)
            await asyncio.sleep(0)  # show the notifications that came before the answer
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            bar.end()
        return answer

    return run_with_client(home, key_file, ask)


async def _watch(notes: Notes, bar: ProgressBar, show: Show) -> None:
    with suppress(FellBehind):  # the bar stops, but the answer still comes
        async for news in notes:
            show(bar, news.params)
