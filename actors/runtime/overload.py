"""What the store has no room for, refused as anything else that is too much just now."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadhost.actors.errors import Overloaded
from threadhost.events.store.errors import StoreOverloaded


@contextmanager
def overload_in_words() -> Iterator[None]:
    """Raises Overloaded for StoreOverloaded."""
    try:
        yield
    except StoreOverloaded as error:
        raise Overloaded(str(error)) from None
