"""Settings that name an environment variable: a secret in the place of a name is not repeated."""

import re
from collections.abc import Mapping
from typing import Any

from threadhost.adapters.configuration.checking import Entry

NAME_CHARS_MAX = 64
NAME = re.compile(
    r"_*(?:[A-Z]{1,15}[0-9]{0,3}|[A-Z][A-Z0-9]{1,3})"
    r"(?:_+(?:[A-Z]{1,15}[0-9]{0,3}|[A-Z0-9]{1,4}))*_*"
)
"""Short words in capitals. Keys are longer, of mixed case, or have digits in their middle."""


def require_name(entry: Entry[Any], env: Mapping[str, str], text: str, *at: str) -> None:
    """Require a variable that is set, or a text that is surely no secret. Raises ConfigError."""
    if text not in env and not is_surely_name(text):
        raise entry.fault(
            " names no variable that is set; give the name of one, not its value", *at
        )


def is_surely_name(text: str) -> bool:
    """Whether a text is the name of a variable in its usual form, so that it can be shown."""
    return len(text) <= NAME_CHARS_MAX and NAME.fullmatch(text) is not None
