"""What a provider wants back as it gave it, kept as the encrypted content of a reasoning item.

A history has one place for what its provider alone can read. Signatures and the like that come with
a thought go there, and so do those of a call: as a thought without words ahead of it.
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
    """Of the thought itself, or of the part that follows."""
    fields: Mapping[str, Any]
    provider: str | None
    system: str | None = None

    def sealed(self) -> str | None:
        """As text; None for what is too long to be kept, or is no JSON."""
        body = {"of": self.of, "system": self.system, "provider": self.provider}
        try:
            text = MARK + to_json({**body, "fields": {**self.fields}}).decode()
        except ValueError:
            return None
        return text if len(text) <= CHARS_MAX else None


def opened(text: object) -> Opaque | None:
    """What was sealed; None for what somebody else made."""
    if not (isinstance(text, str) and text.startswith(MARK)):
        return None
    try:
        body = from_json(text[len(MARK) :])
        return Opaque(body["of"], dict(body["fields"]), body["provider"], body["system"])
    except (ValueError, KeyError, TypeError):
        return None
