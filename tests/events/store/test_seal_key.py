"""The key that seals the end of a log."""

import hmac

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from threadhost.events.store.seal import End, Sealer


def test_an_end_is_sealed_under_the_key_that_a_library_derives() -> None:
    host_key, end = bytes(range(32)), End(7, bytes(range(32, 64)))
    key = HKDF(SHA256(), 32, salt=None, info=b"threadhost end of a log").derive(host_key)
    sealed = b"7\x1flog\x1fbeside\x1f" + end.chain
    assert Sealer(host_key, "log").seal(end, "beside") == hmac.digest(key, sealed, "sha256")


def test_a_printed_end_is_parsed_and_any_other_text_is_refused() -> None:
    end = End(7, bytes(range(32, 64)))
    assert End.parse(f" {end}\n") == end
    for text in ("", "7", f"{end}0", f"x{end}", str(end).replace(":", "-")):
        with pytest.raises(ValueError, match="is not the end of a log"):
            End.parse(text)
