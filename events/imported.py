"""Threads imported from another program's home: their origin, and the lines left out."""

from pydantic import BaseModel, ConfigDict

from threadhost.events.base import Event, Meta, Recorded, event, history_event
from threadhost.events.fork import is_inherited

IMPORT = "import:"
"""The prefix of the principal of imported events; the kind of the home follows."""


@history_event("thread.imported.v1", since="0.1", cause="asked")
class ThreadImported(Event):
    """The following events of this append come from a file of another program.

    Times are those in the file; `digest` is the SHA-256 of the file's bytes. `provider` is the one
    that can read the encrypted reasoning.
    """

    program: str
    provider: str
    created_at_ms: int
    updated_at_ms: int
    digest: str
    size_bytes: int
    lines: int


class KeptLine(BaseModel):
    """A line of a file: its number, from 1, its text, and why it was not used."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    number: int
    why: str
    text: str


@event("thread.foreign_lines_kept.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class ForeignLinesKept(Event):
    """Lines of the imported file that could not be read, or have no equivalent here."""

    lines: list[KeptLine]


def is_imported(meta: Meta) -> bool:
    """Whether an import recorded this."""
    return meta.principal.startswith(IMPORT)


def is_past(fact: Recorded) -> bool:
    """Whether this happened before the thread was here: in another program, or to its source."""
    return is_imported(fact.meta) or is_inherited(fact)
