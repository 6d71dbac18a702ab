"""`threadhost stats`: the statistics of a home's host."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadhost.adapters.cli.home_client import run_with_client
from threadhost.adapters.cli.home_store import require_host
from threadhost.adapters.cli.output import console, print_json
from threadhost.adapters.client.client import Client


def stats(*, home: Path, json: bool) -> None:
    """Print the statistics of the host that runs on a home. Raises Failure."""
    answer = run_with_client(require_host(home), None, Client.read_stats)
    figures = answer.model_dump(mode="json", by_alias=True)
    if json:
        print_json(figures)
        return
    out = console()
    for name, value in _lines(figures):
        out.print(f"{name:<34} {value}")


def _lines(figures: dict[str, Any], group: str = "") -> Iterator[tuple[str, object]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{group}{name}.")
        else:
            yield f"{group}{name}", "no bound" if value is None else value
