"""The arguments of a tool call: text that a model wrote, parsed as a JSON object or refused."""

import re
from typing import Any, Final

from pydantic_core import from_json

from threadhost.events.bounds import fault_in

DEPTH_MAX: Final = 64
"""How deep objects and arrays may be nested."""
CHARS_MAX: Final = 2 * 1024 * 1024
VALUES_MAX: Final = 20_000
"""Parsing and checking this many takes some 20 ms, during which the loop does nothing else."""
_VALUE = re.compile(r'[^",\[{]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^",\[{]*+)*+[,\[{]', re.DOTALL)
"""Matches up to where the next value may begin, past all texts on the way."""


def size_fault(text: str) -> str | None:
    """Why arguments are too large to be parsed; None if they are not."""
    if len(text) > CHARS_MAX:
        return f"{len(text)} letters, more than {CHARS_MAX}"
    if text.count(",") + text.count("[") + text.count("{") <= VALUES_MAX:
        return None
    at = 0
    for _ in range(VALUES_MAX + 1):
        match = _VALUE.match(text, at)
        if match is None:
            return None
        at = match.end()
    return f"more than {VALUES_MAX} values"


def arguments_of(text: str) -> dict[str, Any]:
    """The JSON object in this text; an empty text gives an empty object.

    Raises ValueError with words that a model can act on.
    """
    if fault := size_fault(text):
        raise ValueError(f"the arguments of the call have {fault}; make several calls with less")
    try:
        parsed = from_json(text or "{}", allow_inf_nan=False)
    except ValueError:
        raise ValueError("the arguments of the call are not JSON") from None
    if not isinstance(parsed, dict):
        raise ValueError("the arguments of the call are not a JSON object")  # noqa: TRY004
    if fault := fault_in(parsed):
        raise ValueError(f"the arguments of the call cannot be kept: {fault}")
    level: list[object] = [parsed]
    for _ in range(DEPTH_MAX):
        level = [inner for value in level for inner in _inner(value)]
        if not level:
            return parsed
    raise ValueError(f"the arguments of the call are nested more than {DEPTH_MAX} deep")


def _inner(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
