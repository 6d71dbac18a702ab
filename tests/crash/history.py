"""What clients asked for and what they were told, kept beside the home for the verifier."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Outcome = Literal["ok", "refused", "unknown"]


@dataclass(slots=True)
class Operation:
    """One numbered request; what it writes holds the number, so holes and doubles are counted."""

    n: int
    op: Literal["start", "turn", "rename", "delete"]
    thread: str | None
    parent: str | None = None
    outcome: Outcome = "unknown"
    completed: bool = False
    """A turn whose end was announced."""
    message: str = ""
    """What a refusal said."""
    tries: int = 0
    """How often it was sent: again only after a crash that left its outcome unknown."""


@dataclass(frozen=True, slots=True)
class Note:
    """A notification that the watching client was given."""

    position: int
    method: str
    thread: str | None
    detail: str
    op: Literal["note"] = "note"


@dataclass(slots=True)
class History:
    """Everything of one campaign, in the order in which it was asked or heard."""

    operations: list[Operation] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def begin(
        self, op: Literal["start", "turn", "rename", "delete"], thread: str | None, parent: str = ""
    ) -> Operation:
        """Write down a request before it is sent."""
        operation = Operation(len(self.operations) + 1, op, thread, parent or None)
        self.operations.append(operation)
        return operation

    @property
    def cursor(self) -> int:
        """The newest position that the watching client was given."""
        return max((note.position for note in self.notes), default=0)

    def counts(self) -> dict[str, int]:
        """How many operations ended how."""
        found = Counter(operation.outcome for operation in self.operations)
        return {outcome: found[outcome] for outcome in ("ok", "refused", "unknown")}

    def save(self, path: Path) -> None:
        """One JSON object a line."""
        entries: list[Operation | Note] = [*self.operations, *self.notes]
        path.write_text("".join(json.dumps(asdict(entry)) + "\n" for entry in entries))
