"""JSON that is too large for one message: its longest texts are cut, with a mark at the end."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json, to_json

TEXT_CHARS_MIN = 64
"""The shortest length that a text is cut to."""
MARGIN = 0.95
"""The share of the room to aim for: marks need room, and characters differ in bytes."""
DATA_URL = "data:"


def shortened(value: bytes, bytes_max: int) -> bytes | None:
    """The same JSON with its longest texts cut; None if its other parts are too large.

    It parses the JSON and writes it again, several times if needed: not for the event loop.
    """
    if len(value) <= bytes_max:
        return value
    parsed = from_json(value)
    lengths = sorted(filter(TEXT_CHARS_MIN.__lt__, map(len, _texts(parsed))), reverse=True)
    longest = _longest(lengths, MARGIN * bytes_max / len(value))
    while longest >= TEXT_CHARS_MIN:
        shorter = to_json(_cut(parsed, longest))
        if len(shorter) <= bytes_max:
            return shorter
        longest //= 2
    return None


def _longest(lengths: Sequence[int], share: float) -> int:
    """The maximum length of a text that leaves this share of all; `lengths` longest first."""
    remaining_chars = sum(lengths)
    target_chars = remaining_chars * share
    for count, length in enumerate(lengths, 1):
        remaining_chars -= length
        following = lengths[count] if count < len(lengths) else 0
        if remaining_chars + count * following <= target_chars:
            return int((target_chars - remaining_chars) / count)
    return 0


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, (list, dict)):
            waiting += inner.values() if isinstance(inner, dict) else inner


def _cut(value: Any, longest: int) -> Any:  # noqa: ANN401 - JSON of any kind
    if isinstance(value, str):
        return value if len(value) <= longest else _cut_text(value, longest)
    if isinstance(value, list):
        return [_cut(part, longest) for part in value]
    if isinstance(value, dict):
        return {name: _cut(part, longest) for name, part in value.items()}
    return value


def _cut_text(text: str, longest: int) -> str:
    """The beginning of a text with a mark; nothing of a data URL, which would be broken."""
    if text.startswith(DATA_URL):
        return f"{DATA_URL},{len(text)}%20bytes%20left%20out"
    return f"{text[:longest]}… [{len(text[longest:].encode())} bytes left out]"
