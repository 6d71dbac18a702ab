"""Row 25: a model that answers with faults of every kind, beside others that it answers well."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil

from tests.scoreboard.lying import HONEST, LIARS, lied_to
from tests.scoreboard.row import Budget, Context, Counts, Row
from threadhost.actors import thread
from threadhost.actors.runtime.item_assembly import ItemAssembler
from threadhost.adapters.live_items import LiveItems
from threadhost.adapters.models import responses_events, responses_items
from threadhost.events import input_items
from threadhost.events.acceptable import Rendering

ROUNDS_A_HOST = 20
GROWTH_MIB_MAX = 96


def run(context: Context) -> Counts:
    """Hosts that see some rounds each, and are opened once more to be read."""
    counts: Counter[str] = Counter()
    numbers = context.rounds()
    while (first := next(numbers, None)) is not None:
        home = context.new_folder(lasting=True) / "home"
        asyncio.run(_lies(context, home, first, numbers, counts))
        asyncio.run(_after_a_restart(context, home))
        context.release(home.parent)
    return dict(counts)


async def _lies(
    context: Context, home: Path, first: int, numbers: Iterator[int], counts: Counter[str]
) -> None:
    process = psutil.Process()
    async with lied_to(context, home, first) as (stage, endpoint):
        before = process.memory_info().rss
        number: int | None = first
        while number is not None:
            await stage.round(number)
            last = number % ROUNDS_A_HOST == ROUNDS_A_HOST - 1
            number = None if last else next(numbers, None)
        await stage.judge()
        grown_mib = (process.memory_info().rss - before) // 2**20
        if grown_mib > GROWTH_MIB_MAX:
            context.violates("I3", f"the host grew by {grown_mib} MiB")
        counts["faulty answers"] += endpoint.lies
        counts.update(stage.counts)
    counts["good turns beside them"] += HONEST * (endpoint.lies // LIARS)


async def _after_a_restart(context: Context, home: Path) -> None:
    """What was recorded is read by another process as by this one."""
    async with lied_to(context, home, 0) as (stage, _):
        threads = await stage.client.ask("thread/list", limit=100)
        stage.liars = [thread["id"] for thread in threads["data"]]
        await stage.judge()
        await stage.round(0)


@contextmanager
def _unchecked_texts() -> Iterator[None]:
    """What stands where a text belongs is one."""
    as_it_comes: Any = lambda value, _: value  # noqa: E731
    with (
        patch.object(responses_events, "words", new=as_it_comes),
        patch.object(responses_items, "words", new=as_it_comes),
        patch.object(responses_items, "name_of", new=as_it_comes),
    ):
        yield


@contextmanager
def _unpaired() -> Iterator[None]:
    """Calls of a turn that ends are not answered, and go to the model without an output."""

    def as_it_came(self: Rendering, line: Any) -> None:
        self._add(line)

    with (
        patch.object(Rendering, "_call", as_it_came),
        patch.object(Rendering, "_output", as_it_came),
        patch.object(thread, "closing_events", new=lambda *_: []),
    ):
        yield


def _arguments_as_written() -> AbstractContextManager[object]:
    """Arguments that are no object go back to the model as they are."""

    def as_written(given: object) -> tuple[str, tuple[str, ...]]:
        return str(given), ()

    return patch.object(input_items, "_arguments", as_written)


@contextmanager
def _items_left_open() -> Iterator[None]:
    """Items that nobody completes are ended neither in the log nor for clients."""
    with (
        patch.object(LiveItems, "left_by", new=lambda *_, **__: []),
        patch.object(ItemAssembler, "incomplete", new=lambda *_: []),
    ):
        yield


ROW = Row(
    number=25,
    title="the lying model: 20 threads get faulty answers, 20 others good ones",
    invariants=("V1", "G1", "N1", "I1", "I2", "I3", "L1", "Q1"),
    quick=Budget(100, seconds_max=600),
    long=Budget(5_000, seconds_max=4 * 3600),
    fast=Budget(2, seconds_max=10),
    hunt=Budget(20, seconds_max=90),
    run=run,
    mutants={
        "texts of an answer are taken as they come": _unchecked_texts,
        "calls go to the model without an output": _unpaired,
        "arguments go back as they were written": _arguments_as_written,
        "items that nobody completes are not ended": _items_left_open,
    },
)
