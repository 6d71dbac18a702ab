"""SQLite that yields at every read, as a database behind a network does, and reorders what it may.

Each awaited read suspends: on a loop it is carried out, or comes back, some turns later, in an
order that a seed decides. What is written meanwhile is there, so that whatever is decided on a
read that is not true any more shows on a laptop.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch

from threadhost.events.store import log as log_module
from threadhost.events.store.sqlite import opening
from threadhost.events.store.sqlite.engine import SqliteEngine
from threadhost.events.store.sqlite.keys import KeyRing
from threadhost.events.store.sqlite.opening import SqliteOpened

READS = (
    *("of_log", "of_stream", "at", "bodies_at", "bodies_of", "bodies_of_stream", "heads"),
    *("link_at", "has_blobs", "stream_sizes", "snapshot", "rows", "has_table"),
)
"""What an engine reads; `apart` awaits nothing but these."""
TURNS_MAX = 4


_calm = 0


@contextmanager
def at_once() -> Iterator[None]:
    """No read suspends in here."""
    global _calm  # noqa: PLW0603  (a test looks at a log without a turn of its own)
    _calm += 1
    try:
        yield
    finally:
        _calm -= 1


def is_on_loop() -> bool:
    """Whether an event loop runs on this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class Yields:
    """Where reads suspend, and for how long; `count` of them did."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.count = 0

    async def suspend(self) -> None:
        """Let others go on, for as many turns of the loop as it takes this time."""
        if _calm or not is_on_loop():
            return  # on a thread of its own nobody else waits
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
    """Keys that have to be fetched: on the loop `cipher` knows no other."""

    def __init__(self, keys: KeyRing, yields: Yields) -> None:
        self._keys = keys
        self._yields = yields
        self._fetched: set[int] = set()

    async def fetch(self, key_ids: Iterable[object]) -> None:
        """As from a network."""
        self._fetched.update(number for number in key_ids if type(number) is int)
        await self._yields.suspend()

    def allocate(self) -> int:
        """One that is at hand from now on."""
        key_id = self._keys.allocate()
        self._fetched.add(key_id)
        return key_id

    def cipher(self, key_id: int) -> Any:
        """Only of what was fetched, save for the writer, which has a thread of its own."""
        assert key_id in self._fetched or not is_on_loop(), f"key {key_id} was not fetched"
        return self._keys.cipher(key_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)


async def _yielding(read: Any, yields: Yields, *args: Any, **kwargs: Any) -> Any:
    await yields.suspend()
    found = await read(*args, **kwargs)
    await yields.suspend()
    return found


class Pause:
    """Where one read stands still: it has seen what there was, and comes back later."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._go = asyncio.Event()

    def end(self) -> None:
        """Let it come back."""
        self._go.set()

    async def stand(self) -> None:
        """As long as it lasts."""
        self.reached.set()
        await self._go.wait()


@contextmanager
def pausing(
    reads: Any, name: str, fits: Callable[..., bool] = lambda *_args, **_kwargs: True
) -> Iterator[Pause]:
    """The first read of this name whose values fit pauses before it comes back."""
    pause, read = Pause(), getattr(reads, name)

    async def paused(*args: Any, **kwargs: Any) -> Any:
        found = await read(*args, **kwargs)
        if not pause.reached.is_set() and fits(*args, **kwargs):
            await pause.stand()
        return found

    with patch.object(reads, name, paused):
        yield pause


@contextmanager
def yielding(seed: int = 0) -> Iterator[Yields]:
    """Every log that is opened in here yields at its reads."""
    yields = Yields(seed)

    def wrapped(opened: SqliteOpened) -> Any:
        engine = YieldingEngine(opened.engine, yields)
        return opened._replace(engine=engine, keys=YieldingKeys(opened.keys, yields))  # type: ignore[arg-type]

    open_home, open_in_memory = opening.open_home, opening.open_in_memory
    with (
        patch.object(log_module, "open_home", lambda *a, **k: wrapped(open_home(*a, **k))),
        patch.object(log_module, "open_in_memory", lambda: wrapped(open_in_memory())),
    ):
        yield yields
