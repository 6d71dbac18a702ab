"""A home that a command has to itself while it changes what no host may use meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadhost.adapters.cli.output import Failure
from threadhost.events.store import lock
from threadhost.events.store.errors import HomeLocked, StoreError


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Keep hosts and other commands out. Raises Failure where a host runs on it."""
    try:
        with lock.locked_home(home):
            yield
    except HomeLocked as error:
        raise Failure.of(error, f"{error}; stop it first") from None
    except StoreError as error:
        raise Failure.of(error) from None
