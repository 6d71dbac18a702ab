"""The contract of the lock on a place that only one host may write."""

from collections.abc import Callable
from typing import Any

import pytest

from threadhost.events.store.errors import HomeLocked
from threadhost.events.store.port import Ownership


class OwnershipContract:
    """A place without an owner; `another` is the same place, for a second host."""

    @pytest.fixture
    def another(self, tmp_path: Any) -> Callable[[], Ownership]:
        raise NotImplementedError

    def test_a_home_has_one_owner_at_a_time(self, another: Callable[[], Ownership]) -> None:
        first, second = another(), another()
        first.acquire({"pid": 1})
        with pytest.raises(HomeLocked, match="process 1"):
            second.acquire({"pid": 2})
        first.note({"pid": 1, "listen": ["ws://host"]})
        with pytest.raises(HomeLocked, match="listening on ws://host"):
            second.acquire({"pid": 2})
        first.release()
        second.acquire({"pid": 2})
        with pytest.raises(HomeLocked, match="process 2"):
            first.acquire({"pid": 1})
        second.release()
        second.release()

    def test_a_note_without_ownership_is_dropped(self, another: Callable[[], Ownership]) -> None:
        first, second = another(), another()
        first.note({"pid": 1})
        second.acquire({"pid": 2})
        first.note({"pid": 1})
        with pytest.raises(HomeLocked, match="process 2"):
            first.acquire({"pid": 1})
        second.release()
