"""Accounts in bytes: what is kept in memory for one purpose, and how much that may be."""

from threadhost.actors.errors import AccountFull
from threadhost.events.named_tuple import NamedTuple

BOUNDLESS = 2**63


class AccountStats(NamedTuple):
    """What an account holds, and how much it may; None where that has no bound."""

    used_bytes: int
    max_bytes: int | None


class Account:
    """How many bytes of one kind there are; whoever keeps or lets go of some books it here.

    `kind` is what is counted, in words for a client, `advice` what would make room.
    """

    __slots__ = ("_advice", "_kind", "bytes_max", "used_bytes")

    def __init__(self, kind: str, bytes_max: int = BOUNDLESS, advice: str = "") -> None:
        self._kind = kind
        self._advice = advice
        self.bytes_max = bytes_max
        self.used_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more should be kept."""
        return self.used_bytes >= self.bytes_max

    def stats(self) -> AccountStats:
        """The account in numbers."""
        is_bounded = self.bytes_max < BOUNDLESS
        return AccountStats(self.used_bytes, self.bytes_max if is_bounded else None)

    def has_room(self, size_bytes: int) -> bool:
        """Whether so much more may be kept."""
        return self.used_bytes + size_bytes <= self.bytes_max

    def book(self, size_bytes: int) -> None:
        """Count bytes that are kept from now on; less than 0 for those that are let go of."""
        self.used_bytes += size_bytes

    def full(self, size_bytes: int = 0) -> AccountFull:
        """The refusal of so much more."""
        clause = f", {size_bytes} more were asked for" if size_bytes else ""
        return AccountFull(
            f"{self._kind}: {self.used_bytes} of {self.bytes_max} bytes are taken{clause};"
            f" {self._advice}"
        )
