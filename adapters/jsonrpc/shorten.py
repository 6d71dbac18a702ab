"""JSON that is too large for one message: its longest texts end sooner, and say so."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json, to_json

TEXT_CHARS_MIN = 64
"""No text is cut to less."""
MARGIN = 0.95
"""Of what there is room for: the marks take some, and characters do not all take the same."""
DATA_URL = "data:"


def shortened(value: bytes, bytes_max: int) -> bytes | None:
    """The same JSON with its longest texts cut; None where it stays larger for all its other parts.

    Takes as long as parsing it and writing it again, some times over: not for the event loop.
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
    """How long texts may be so that this share of their sum is left; `lengths` longest first."""
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
    """The beginning of a text; of a picture in a URL, which would be broken, nothing."""
    if text.startswith(DATA_URL):
        return f"{DATA_URL},{len(text)}%20bytes%20left%20out"
    return f"{text[:longest]}… [{len(text[longest:].encode())} bytes left out]"
