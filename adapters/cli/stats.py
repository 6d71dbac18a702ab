"""`threadhost stats`: what the host that runs on a home holds and does."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import client_of
from threadhost.adapters.cli.output import Failure, console, print_json
from threadhost.adapters.cli.stored import called, existing
from threadhost.events.store.lock import is_held


def stats(*, home: Path, json: bool) -> None:
    """Print what the host that runs on a home holds and does. Raises Failure."""
    folder = existing(home)
    if not is_held(folder):
        raise Failure(f"no host runs on {folder}; {called('serve', folder)} starts one")
    figures = asyncio.run(_read(folder))
    if json:
        print_json(figures)
        return
    out = console()
    for name, value in _lines(figures):
        out.print(f"{name:<34} {value}")


async def _read(home: Path) -> dict[str, Any]:
    async with client_of(home, None) as client:
        return (await client.read_stats()).model_dump(mode="json", by_alias=True)


def _lines(figures: dict[str, Any], group: str = "") -> Iterator[tuple[str, object]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{group}{name}.")
        else:
            yield f"{group}{name}", "no bound" if value is None else value
