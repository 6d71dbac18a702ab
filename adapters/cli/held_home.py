"""Locks a home for a command that changes what no host may use meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadhost.adapters.cli.output import Failure
from threadhost.events.store import lock
from threadhost.events.store.errors import HomeLocked, StoreError


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the home's lock against hosts and other commands. Raises Failure if a host has it."""
    try:
        with lock.locked_home(home):
            yield
    except HomeLocked as error:
        raise Failure.of(error, f"{error}; stop it first") from None
    except StoreError as error:
        raise Failure.of(error) from None
