"""Accounts in bytes: how much memory one purpose uses, and how much it may use."""

from threadhost.actors.errors import AccountFull
from threadhost.events.named_tuple import NamedTuple

BOUNDLESS = 2**63


class AccountStats(NamedTuple):
    """The bytes that an account uses, and its limit; None for an account without a limit."""

    used_bytes: int
    max_bytes: int | None


class Account:
    """Counts the bytes of one kind; the code that keeps or releases such data books each change.

    `kind` names what is counted, in words for a client; `advice` says how to make room.
    """

    __slots__ = ("_advice", "_kind", "bytes_max", "used_bytes")

    def __init__(self, kind: str, bytes_max: int = BOUNDLESS, advice: str = "") -> None:
        self._kind = kind
        self._advice = advice
        self.bytes_max = bytes_max
        self.used_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether the account has reached its limit."""
        return self.used_bytes >= self.bytes_max

    def stats(self) -> AccountStats:
        """The account in numbers."""
        is_bounded = self.bytes_max < BOUNDLESS
        return AccountStats(self.used_bytes, self.bytes_max if is_bounded else None)

    def has_room(self, size_bytes: int) -> bool:
        """Whether this many more bytes fit below the limit."""
        return self.used_bytes + size_bytes <= self.bytes_max

    def book(self, size_bytes: int) -> None:
        """Add these bytes to the count; a negative size subtracts."""
        self.used_bytes += size_bytes

    def full(self, size_bytes: int = 0) -> AccountFull:
        """The refusal of this many more bytes."""
        clause = f", and this request needs {size_bytes} more" if size_bytes else ""
        return AccountFull(
            f"{self._kind}: {self.used_bytes} of {self.bytes_max} bytes are in use{clause};"
            f" {self._advice}"
        )
