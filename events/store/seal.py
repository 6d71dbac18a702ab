"""The seal on the end of a log, made with a key that is derived from the host key."""

import hmac
import re

from threadhost.events.named_tuple import NamedTuple

CHAIN_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
SEAL_BYTES = NONCE_BYTES + TAG_BYTES
"""What sealing adds to a body: AES-GCM's nonce before the ciphertext, and its tag."""
FOR_SEALS = b"threadhost end of a log"
"""The purpose for which the sealing key is derived."""
WRITTEN = r"([0-9]{1,18}):([0-9a-fA-F]{64})"


class End(NamedTuple):
    """The end of a log, now or at an earlier time: a position and the chain there."""

    position: int
    chain: bytes

    def __str__(self) -> str:
        return f"{self.position}:{self.chain.hex()}"

    @classmethod
    def parse(cls, text: str) -> "End":
        """Parse the `str` of an end. Raises ValueError."""
        match = re.fullmatch(WRITTEN, text.strip())
        if match is None:
            raise ValueError(
                f"`{text}` is not the end of a log; give POSITION:CHAIN, as it was printed"
            )
        return cls(int(match[1]), bytes.fromhex(match[2]))


class Sealer:
    """Seals ends of one log (HMAC-SHA256 under a key that HKDF derives from the host key)."""

    def __init__(self, host_key: bytes, log_id: str) -> None:
        self._keyed = hmac.new(_derived(host_key, FOR_SEALS), digestmod="sha256")
        """Keyed once: each commit continues from a copy, in half the time."""
        self._log_id = log_id.encode()

    def seal(self, end: End, associated: str = "") -> bytes:
        """Return the seal on an end and on what is stored with it."""
        message = b"%d\x1f%s\x1f%s\x1f%s" % (
            end.position,
            self._log_id,
            associated.encode(),
            end.chain,
        )
        seal = self._keyed.copy()
        seal.update(message)
        return seal.digest()

    def holds(self, seal: bytes, end: End, associated: str = "") -> bool:
        """Whether the seal was made for exactly these values, under this host key."""
        return hmac.compare_digest(seal, self.seal(end, associated))


def _derived(key: bytes, info: bytes) -> bytes:
    """Derive a key of 32 bytes from another: HKDF-SHA256 without a salt (RFC 5869), one block."""
    extracted = hmac.digest(bytes(CHAIN_BYTES), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")
