"""Empty containers as defaults of fields.

pydantic looks at the signature of what makes a default. That of a built-in type is text, which
takes longer to read than all else that is done for most models.
"""

from typing import Any


def no_list() -> list[Any]:
    """A new list."""
    return []


def no_dict() -> dict[str, Any]:
    """A new dict."""
    return {}
