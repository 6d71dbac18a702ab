"""Empty containers as defaults of fields.

pydantic inspects the signature of a default factory. The signature of a built-in type is text;
parsing it takes longer than the rest of the work for most models.
"""

from typing import Any


def no_list() -> list[Any]:
    """A new list."""
    return []


def no_dict() -> dict[str, Any]:
    """A new dict."""
    return {}
