"""Provider data that must be sent back unchanged, kept as a reasoning item's encrypted content.

A history has one place for data that only its provider can read. Signatures and the like of a
reasoning item go there, and so do those of a call: as a reasoning item without text before it.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic_core import from_json, to_json

from threadhost.events.named_tuple import NamedTuple

MARK = "pydantic-ai:"
CHARS_MAX = 1024 * 1024


class Opaque(NamedTuple):
    """Fields of a part of an answer, as the library has them."""

    of: Literal["thought", "next"]
    """Whether they belong to the reasoning itself, or to the part that follows."""
    fields: Mapping[str, Any]
    provider: str | None
    system: str | None = None

    def sealed(self) -> str | None:
        """As text; None if it is too long to be kept, or no JSON."""
        body = {"of": self.of, "system": self.system, "provider": self.provider}
        try:
            text = MARK + to_json({**body, "fields": {**self.fields}}).decode()
        except ValueError:
            return None
        return text if len(text) <= CHARS_MAX else None


def opened(text: object) -> Opaque | None:
    """The sealed fields; None for text that another program made."""
    if not (isinstance(text, str) and text.startswith(MARK)):
        return None
    try:
        body = from_json(text[len(MARK) :])
        return Opaque(body["of"], dict(body["fields"]), body["provider"], body["system"])
    except (ValueError, KeyError, TypeError):
        return None
