"""A request that takes long, and how far it has come."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from threadhost.adapters.cli.output import console
from threadhost.adapters.cli.progress_bar import ProgressBar
from threadhost.adapters.client.client import Client
from threadhost.adapters.client.errors import FellBehind
from threadhost.adapters.client.notes import Notes

Show = Callable[[ProgressBar, Mapping[str, Any]], None]


async def answer_with_bar(
    client: Client,
    method: str,
    params: Mapping[str, Any],
    progress: str,
    show: Show,
    *,
    quiet: bool,
) -> dict[str, Any]:
    """The answer; until it comes, each `progress` notification's params are shown on a bar.

    Raises RpcError or ClientError.
    """
    bar = ProgressBar(console(), quiet=quiet)
    bar.show()
    watching = asyncio.create_task(_watch(client.notifications(progress), bar, show))
    try:
        answer: dict[str, Any] = await client.call(method, params)
        await asyncio.sleep(0)  # what was told ahead of the answer is shown
    finally:
        watching.cancel()
        await asyncio.wait([watching])
        bar.end()
    return answer


async def _watch(notes: Notes, bar: ProgressBar, show: Show) -> None:
    with suppress(FellBehind):  # a bar that stands still: the answer comes all the same
        async for news in notes:
            show(bar, news.params)
