"""What a failed append means for its caller: retry, refuse, or stop."""

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
"""The wait before an append is retried after a transient error."""
TRANSIENT: Final = (StoreOverloaded, StoreUnavailable)
"""Errors that pass: the store may take the same append later."""
RESUMABLE: Final = (
    Refusal,
    EventRefused,
    IdempotencyKeyReused,
    StreamFenced,
    StoreFailed,
    *TRANSIENT,
)
"""After these errors an actor keeps its state; after any other it is made anew from the log.

With these, nothing was appended; or the store failed, and the host stops with all its actors.
"""


async def patiently(
    step: Callable[[], Awaitable[T]], transient: tuple[type[Exception], ...] = TRANSIENT
) -> T:
    """The result of a step, retried every RETRY_S as long as it raises one of these."""
    while True:
        try:
            return await step()
        except transient:
            await asyncio.sleep(RETRY_S)


@contextmanager
def overload_in_words() -> Iterator[None]:
    """Turn a lack of room in the store into the refusal Overloaded."""
    try:
        yield
    except StoreOverloaded as error:
        raise Overloaded(str(error)) from None
