"""A home that a command has to itself while it changes what no host may use meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadhost.adapters.cli.output import Failure
from threadhost.events.store.errors import HomeLocked, StoreError
from threadhost.events.store.lock import HomeLock


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Keep hosts and other commands out. Raises Failure where a host runs on it."""
    lock = HomeLock(home)
    try:
        lock.acquire({"pid": os.getpid(), "listen": []})
        yield
    except HomeLocked as error:
        raise Failure.of(error, f"{error}; stop it first") from None
    except StoreError as error:
        raise Failure.of(error) from None
    finally:
        lock.release()
