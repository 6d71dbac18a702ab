"""The contract of a log's keys."""

from typing import Any

import pytest

from threadhost.events.store.errors import KeyMissing, StoreUnavailable
from threadhost.events.store.port import Keys
from threadhost.events.store.seal import End

END = End(7, b"\1" * 32)


class KeysContract:
    """The keys of one log, none of them made yet."""

    @pytest.fixture
    def keys(self, tmp_path: Any) -> Keys:
        raise NotImplementedError

    async def test_an_allocated_key_can_be_fetched_and_used(self, keys: Keys) -> None:
        first, second = keys.allocate(), keys.allocate()
        assert first != second
        await keys.fetch([first, second])
        cipher = keys.cipher(first)
        assert cipher is not None
        sealed = cipher.encrypt(bytes(12), b"a secret", b"bound")
        same_cipher = keys.cipher(first)
        assert same_cipher is not None
        assert same_cipher.decrypt(bytes(12), sealed, b"bound") == b"a secret"

    async def test_a_destroyed_key_is_distinguished_from_a_lost_key(self, keys: Keys) -> None:
        first, kept = keys.allocate(), keys.allocate()
        await keys.fetch([first, kept])
        assert keys.destroy([first], END) == 1
        assert keys.destroy([first]) == 0
        await keys.fetch([first, kept, 10_000])
        assert keys.cipher(first) is None
        assert keys.cipher(kept) is not None
        with pytest.raises(KeyMissing):
            keys.cipher(10_000)

    async def test_a_destroyed_number_is_not_given_out_again(self, keys: Keys) -> None:
        first = keys.allocate()
        keys.destroy([first])
        assert first not in {keys.allocate() for _ in range(600)}

    async def test_the_end_is_sealed_under_a_key_of_its_own(self, keys: Keys) -> None:
        seal = keys.sealer.seal(END)
        assert keys.sealer.holds(seal, END)
        assert not keys.sealer.holds(seal, END._replace(position=8))
        keys.record_end(END, "as it was left")
        assert keys.unrecorded_rotation is None
        keys.note_rotation_recorded()

    async def test_closed_keys_give_out_nothing(self, keys: Keys) -> None:
        first = keys.allocate()
        keys.close()
        keys.close()
        with pytest.raises(StoreUnavailable):
            keys.cipher(first)
