"""Describes facts that could not be read or delivered: each by itself, or many in one sentence."""

from collections.abc import Iterable, Iterator

from threadhost.events.base import Damaged, Recorded
from threadhost.events.named_tuple import NamedTuple
from threadhost.events.words import truncate

NAMED_MAX = 3
SHOWN_CHARS_MAX = 100
REASON_CHARS_MAX = 250


class Damage(NamedTuple):
    """A fact that was skipped: its place, its type and the reason."""

    position: int
    stream: str
    kind: str
    reason: str

    @classmethod
    def of(cls, fact: Recorded, reason: str) -> "Damage":
        """Describe a fact of the log that was skipped, and the reason."""
        return cls(fact.position, fact.stream, fact.kind, reason)

    def __str__(self) -> str:
        """Everything known, on one line, whatever the columns of the log hold."""
        place = f"{printable(self.kind)} in {printable(self.stream)}"
        return f"position {self.position} ({place}): {printable(self.reason, REASON_CHARS_MAX)}"


class DamageReport:
    """The facts that were skipped: their number, and the first few by name."""

    def __init__(self) -> None:
        self.count = 0
        self._named: list[Damage] = []
        self._last = 0

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, damage: Damage) -> None:
        """Count one more."""
        self.count += 1
        self._last = damage.position
        if len(self._named) < NAMED_MAX:
            self._named.append(damage)

    def note(self, fact: Recorded) -> None:
        """Count the fact if it is damaged."""
        if isinstance(fact.event, Damaged):
            self.add(Damage.of(fact, fact.event.reason))

    def noted(self, facts: Iterable[Recorded]) -> Iterator[Recorded]:
        """Yield the facts unchanged, and count those that are damaged."""
        for fact in facts:
            self.note(fact)
            yield fact

    def __str__(self) -> str:
        """One sentence without its end: "position 7 (…): why; position 9 (…): why; and 4 more"."""
        words = "; ".join(map(str, self._named))
        unnamed = self.count - len(self._named)
        return f"{words}; and {unnamed} more up to position {self._last}" if unnamed else words


def printable(value: object, chars_max: int = SHOWN_CHARS_MAX) -> str:
    """Return any value of a column as a short text without control characters."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    text = text[: chars_max + 1]
    clean = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return truncate(clean, chars_max)
