"""Large JSON written in steps, each of which holds the interpreter for one piece of text."""

import re
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json

from threadhost.adapters.jsonrpc.json_pieces import PIECE_BYTES, SECRET

if TYPE_CHECKING:
    from pydantic import BaseModel

_MARK: Final = re.compile(b'"%b[0-9]+"' % SECRET.encode())


def written(value: "BaseModel") -> bytes:
    """The JSON of a model, with long texts written piece by piece; not for the event loop.

    Raises ValueError for values that JSON cannot hold.
    """
    long: list[str] = []
    plain = _outline(value.__pydantic_serializer__.to_python(value, mode="json"), long)
    between = _MARK.split(to_json(plain, inf_nan_mode="null"))
    parts = between[:1]
    for text, following in zip(long, between[1:], strict=True):
        parts += (b'"', *pieces(text), b'"', following)
    return b"".join(parts)


def size_bytes(value: object) -> int:
    """The estimated size of a large value's JSON: its texts, as if ASCII without escapes."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(size_bytes, value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(size_bytes, value))
    return sum(map(size_bytes, vars(value).values())) if hasattr(value, "__dict__") else 0


def pieces(text: str) -> list[bytes]:
    """A text as JSON without its quotes, in pieces that are each written quickly."""
    return [to_json(text[at : at + PIECE_BYTES])[1:-1] for at in range(0, len(text), PIECE_BYTES)]


def _outline(value: Any, long: list[str]) -> Any:  # noqa: ANN401 - JSON of any kind
    """The value with a mark for each long text; the texts are appended to `long`."""
    if isinstance(value, str):
        if len(value) <= PIECE_BYTES:
            return value
        long.append(value)
        return f"{SECRET}{len(long)}"
    if isinstance(value, list):
        return [_outline(part, long) for part in value]
    if isinstance(value, dict):
        return {name: _outline(part, long) for name, part in value.items()}
    return value
