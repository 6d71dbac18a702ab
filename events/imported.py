"""Threads that lived in the home of another program before: where they are from, what was left."""

from pydantic import BaseModel, ConfigDict

from threadhost.events.base import Event, Meta, Recorded, event, history_event
from threadhost.events.fork import is_inherited

IMPORT = "import:"
"""How the principal begins of what was recorded because a home was imported; its kind follows."""


@history_event("thread.imported.v1", since="0.1", cause="asked")
class ThreadImported(Event):
    """The following events of this append come from a file of another program.

    Times are those that it names; `digest` is the SHA-256 of the file's bytes. Reasoning that only
    its own provider can read is that of `provider`.
    """

    program: str
    provider: str
    created_at_ms: int
    updated_at_ms: int
    digest: str
    size_bytes: int
    lines: int


class KeptLine(BaseModel):
    """A line of a file by its number, from 1, as it stood there, and why it says nothing here."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    number: int
    why: str
    text: str


@event("thread.foreign_lines_kept.v1", since="0.1", stream="thread", cause="asked", sealed=True)
class ForeignLinesKept(Event):
    """Lines of the imported file that could not be read, or have no equivalent here."""

    lines: list[KeptLine]


def is_imported(meta: Meta) -> bool:
    """Whether it was recorded because a home was imported."""
    return meta.principal.startswith(IMPORT)


def is_past(fact: Recorded) -> bool:
    """Whether this did not happen to the thread here, but before: elsewhere, or to its source."""
    return is_imported(fact.meta) or is_inherited(fact)
