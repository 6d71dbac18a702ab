"""What an append that failed means for whoever asked for it: later, never, or not any more."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from threadhost.actors.errors import Overloaded, Refusal
from threadhost.events.store.errors import (
    EventRefused,
    IdempotencyKeyReused,
    StoreFailed,
    StoreOverloaded,
    StoreUnavailable,
    StreamFenced,
)

T = TypeVar("T")
RETRY_S = 0.2
"""How soon an append is tried again that failed for something that passes."""
TRANSIENT: Final = (StoreOverloaded, StoreUnavailable)
"""What passes: the same append may be taken later."""
RESUMABLE: Final = (
    Refusal,
    EventRefused,
    IdempotencyKeyReused,
    StreamFenced,
    StoreFailed,
    *TRANSIENT,
)
"""After these an actor resumes with the state that it has, where after others it is made anew.

Nothing was appended; or the store failed, and the host stops with all its actors.
"""


async def patiently(
    step: Callable[[], Awaitable[T]], transient: tuple[type[Exception], ...] = TRANSIENT
) -> T:
    """What comes of a step, done again after a while as long as it fails like this."""
    while True:
        try:
            return await step()
        except transient:
            await asyncio.sleep(RETRY_S)


@contextmanager
def overload_in_words() -> Iterator[None]:
    """What the store has no room for is refused as anything else that is too much just now."""
    try:
        yield
    except StoreOverloaded as error:
        raise Overloaded(str(error)) from None
