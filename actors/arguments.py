"""The arguments of a tool call: text that a model wrote, read as a JSON object or refused."""

from typing import Any

from pydantic_core import from_json

from threadhost.events.bounds import fault_in

DEPTH_MAX = 64
"""Objects and arrays inside one another."""


def arguments_of(text: str) -> dict[str, Any]:
    """The object in this text; an empty text holds an empty one.

    Raises ValueError with words that a model can act on.
    """
    try:
        found = from_json(text or "{}", allow_inf_nan=False)
    except ValueError:
        raise ValueError("the arguments of the call are not JSON") from None
    if not isinstance(found, dict):
        raise ValueError("the arguments of the call are not a JSON object")  # noqa: TRY004
    if fault := fault_in(found):
        raise ValueError(f"the arguments of the call cannot be kept: {fault}")
    level: list[object] = [found]
    for _ in range(DEPTH_MAX):
        level = [inner for value in level for inner in _inner(value)]
        if not level:
            return found
    raise ValueError(f"the arguments of the call are nested more than {DEPTH_MAX} deep")


def _inner(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
