"""SQLite that yields at every read, as a database behind a network does, and reorders what it may.

Each awaited read suspends: on a loop it is carried out, or comes back, some turns later, in an
order that a seed decides. What is written meanwhile is there, so that whatever is decided on a
read that is not true any more shows on a laptop.
"""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch

from threadhost.events.store import log as log_module
from threadhost.events.store.sqlite import opening
from threadhost.events.store.sqlite.engine import SqliteEngine
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.opening import Opened

READS = (
    *("of_log", "of_stream", "at", "bodies_at", "bodies_of", "heads", "link_at", "has_blobs"),
    *("snapshot", "rows", "has_table"),
)
"""What an engine reads; `apart` awaits nothing but these."""
TURNS_MAX = 4


class Yields:
    """Where reads suspend, and for how long; `count` of them did."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.count = 0

    async def suspend(self) -> None:
        """Let others go on, for as many turns of the loop as it takes this time."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return  # on a thread of its own, where nobody else waits
        self.count += 1
        for _ in range(self._random.randrange(TURNS_MAX)):
            await asyncio.sleep(0)
        await asyncio.sleep(0)


class YieldingEngine:
    """An engine whose reads suspend before they look, or before they come back with it."""

    def __init__(self, engine: SqliteEngine, yields: Yields) -> None:
        self._engine = engine
        for name in READS:
            setattr(self, name, partial(_yielding, getattr(engine, name), yields))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class YieldingKeys:
    """Keys that have to be fetched: `cipher` knows no other."""

    def __init__(self, keys: KeyRing, yields: Yields) -> None:
        self._keys = keys
        self._yields = yields

    async def fetch(self, key_ids: Collection[int]) -> None:
        """As from a network."""
        await self._yields.suspend()
        await self._keys.fetch(key_ids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)


async def _yielding(read: Any, yields: Yields, *args: Any, **kwargs: Any) -> Any:
    await yields.suspend()
    found = await read(*args, **kwargs)
    await yields.suspend()
    return found


@contextmanager
def yielding(seed: int = 0) -> Iterator[Yields]:
    """Every log that is opened in here yields at its reads."""
    yields = Yields(seed)

    def wrapped(opened: Opened) -> Any:
        engine = YieldingEngine(opened.engine, yields)
        return opened._replace(engine=engine, keys=YieldingKeys(opened.keys, yields))  # type: ignore[arg-type]

    open_home, open_in_memory = opening.open_home, opening.open_in_memory
    with (
        patch.object(log_module, "open_home", lambda *a, **k: wrapped(open_home(*a, **k))),
        patch.object(log_module, "open_in_memory", lambda: wrapped(open_in_memory())),
    ):
        yield yields
