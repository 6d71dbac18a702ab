"""Counting what the digests of histories take in."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from unittest.mock import patch

from threadhost.events import acceptable


@contextmanager
def counted_digests() -> Iterator[list[int]]:
    """How many bytes each update of a digest had that was begun in here."""
    hashed: list[int] = []

    class Counted:
        def __init__(self, data: bytes = b"", inner: Any = None) -> None:
            self.inner = sha256() if inner is None else inner
            self.update(data)

        def update(self, data: bytes) -> None:
            hashed.append(len(data))
            self.inner.update(data)

        def copy(self) -> "Counted":
            return Counted(inner=self.inner.copy())

        def hexdigest(self) -> str:
            return str(self.inner.hexdigest())

    with patch.object(acceptable, "sha256", Counted):
        yield hashed
