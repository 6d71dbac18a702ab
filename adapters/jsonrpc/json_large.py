"""Large JSON read piece by piece, so that no step holds the interpreter longer than one piece."""

import json
import re
from array import array
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any, Final

from pydantic_core import from_json

from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.json_faults import (
    Limited,
    Members,
    count_fault,
    number_fault,
    too_deep,
)
from threadhost.adapters.jsonrpc.json_pieces import (
    SECRET,
    Hole,
    Piece,
    parts_of_text,
    pieces,
    structure,
)

_BEFORE: Final = f"{SECRET}<"
AFTER: Final = f"{SECRET}>"
"""Marks in a piece for the data before it and after it."""
_OUTER = {"[": "[", "{": f'{{"{_BEFORE}":'}
_INNERMOST = {"[": f'["{_BEFORE}",', "{": f'{{"{_BEFORE}":0,'}
_MORE = {"[": f',"{AFTER}"', "{": f',"{AFTER}":0'}
_CLOSING = str.maketrans("[{", "]}")
_STEPS = bytes.maketrans(b"[]{}", b"\x01\xff\x01\xff")
_PLACE = re.compile(r"at line (\d+) column (\d+)$")

Container = list[Any] | dict[str, Any]


class LargeJson:
    """One JSON value that is parsed piece by piece.

    Each piece is made well-formed, by opening again the containers that are open before it and
    closing those that are open after it. Then it is parsed, and its values go into the whole.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._data = data
        self._limits = limits
        self._members = Members()
        self._containers = self._values = 0
        self._stack = ""
        """The open brackets, the outermost first."""
        self._open: list[Container] = []
        """The containers of the open brackets."""
        self.value: Any = None
        """The part of the value that was read."""

    def read(self) -> Any:  # noqa: ANN401 - JSON of any kind
        """The whole value. Raises Limited, or ValueError with the parser's message."""
        for piece in pieces(self._data):
            self._grow(piece)
        return self.value

    def _grow(self, piece: Piece) -> None:
        is_last = piece.end == len(self._data)
        unpaired = self._brackets_left(structure(piece.outline) + b"," * (not is_last))
        opened = unpaired.lstrip("]}")
        lowest = max(0, len(self._stack) - len(unpaired) + len(opened))
        stack = self._stack[:lowest] + opened
        before, after = _opening(self._stack), b"" if is_last else _closing(stack)
        outline = b"%b%b%b" % (before, piece.outline, after)
        part = self._parsed(outline, piece, len(before))
        self._check(outline, part, lowest)
        opened_below = [] if is_last else self._opened(part, lowest, len(opened))
        if opened_below is None:
            # An open object has the name of its open member twice.
            part = json.loads(outline, object_pairs_hook=_newest_last)
            opened_below = self._opened(part, lowest, len(opened)) or []
        if texts := {hole.mark: self._text(hole) for hole in piece.holes if hole.mark}:
            part = _with_texts(part, texts)
        self._graft(part)
        self._open[lowest:] = opened_below
        self._stack = stack

    def _brackets_left(self, shape: bytes) -> str:
        """The brackets that close earlier ones, then those that stay open. Raises Limited."""
        brackets = shape.translate(None, b",")
        opening = brackets.count(b"[") + brackets.count(b"{")
        self._containers += opening
        self._values += opening + len(shape) - len(brackets)
        if fault := count_fault(self._containers, self._values, self._limits):
            raise Limited(fault, self.value)
        steps = accumulate(array("b", brackets.translate(_STEPS)))
        if len(self._stack) + max(steps, default=0) > self._limits.json_depth_max:
            raise Limited(too_deep(self._limits), self.value)
        length = -1
        while length != len(brackets):
            length = len(brackets)
            brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        return brackets.decode()

    def _parsed(self, outline: bytes, piece: Piece, shift: int) -> Any:  # noqa: ANN401
        try:
            return from_json(outline, allow_inf_nan=False)
        except ValueError as error:
            detail, at = _detail(str(error), outline)
        raise ValueError(detail + self._place(piece.place(at - shift)))

    def _text(self, hole: Hole) -> str:
        """The content of a long text. Raises ValueError."""
        at, pieces = hole.start, []
        for part in parts_of_text(self._data, hole):
            text = b'"%b"' % part
            try:
                pieces.append(from_json(text))
            except ValueError as error:
                detail, offset = _detail(str(error), text)
                raise ValueError(detail + self._place(at + offset - 1)) from None
            at += len(part)
        return "".join(pieces)

    def _place(self, at: int) -> str:
        at = max(0, min(at, len(self._data)))
        line, column = self._data.count(b"\n", 0, at) + 1, at - self._data.rfind(b"\n", 0, at) - 1
        return f"at line {line} column {column}"

    def _check(self, outline: bytes, part: object, lowest: int) -> None:
        if fault := number_fault(outline, part, self._limits):
            raise Limited(fault, self.value)
        root = part if self.value is None else self.value
        if lowest <= 1 and isinstance(root, dict) and (fault := self._members.fault_in(outline)):
            raise Limited(fault, self.value)

    def _levels(self, part: Any) -> list[Container]:  # noqa: ANN401
        """The stand-ins in a parsed piece for the containers that were open before it."""
        levels: list[Container] = []
        for _ in self._open:
            levels.append(part)
            part = part[_BEFORE if isinstance(part, dict) else 0]
        return levels

    def _opened(self, part: Any, lowest: int, count: int) -> list[Container] | None:  # noqa: ANN401
        """The containers that a piece opens and leaves open.

        None if the innermost of them does not have the mark at its end.
        """
        at: Any = self._levels(part)[lowest - 1] if lowest else None
        containers: list[Container] = []
        for _ in range(count):
            at = part if at is None else _newest(at)
            if not isinstance(at, (list, dict)):
                return None
            containers.append(at)
        if isinstance(at, dict):
            return None if at.pop(AFTER, None) is None else containers
        return containers if at and at.pop() == AFTER else None

    def _graft(self, part: Any) -> None:  # noqa: ANN401
        if self.value is None:
            self.value = part
        for holder, level in zip(self._open, self._levels(part), strict=True):
            if isinstance(holder, list):
                holder.extend(level[1:])  # type: ignore[index]
            else:
                del level[_BEFORE]  # type: ignore[arg-type]
                holder.update(level)


def _opening(stack: str) -> bytes:
    """The JSON put before a piece, which opens these brackets again."""
    outer = "".join(_OUTER[bracket] for bracket in stack[:-1])
    return (outer + _INNERMOST[stack[-1]] if stack else "").encode()


def _closing(stack: str) -> bytes:
    """The JSON put after a piece, which closes these brackets; a comma if none is open."""
    closing = _MORE[stack[-1]] + stack[::-1].translate(_CLOSING) if _is_open(stack) else ","
    return closing.encode()


def _is_open(stack: str) -> bool:
    return bool(stack) and not set(stack) & set("]}")


def _detail(words: str, text: bytes) -> tuple[str, int]:
    """The parser's message without the place, and the place as an offset in the text."""
    match = _PLACE.search(words)
    if match is None:
        return f"{words} ", 0
    before = text.split(b"\n", int(match[1]) - 1)[:-1]
    return words[: match.start()], sum(map(len, before)) + len(before) + int(match[2])


def _with_texts(value: Any, texts: Mapping[str, str]) -> Any:  # noqa: ANN401
    """The same value with the marks replaced by their texts."""
    if isinstance(value, str):
        return texts.get(value, value)
    if isinstance(value, list):
        value[:] = [_with_texts(part, texts) for part in value]
    elif isinstance(value, dict):
        members = [
            (texts.get(name, name), _with_texts(part, texts)) for name, part in value.items()
        ]
        value.clear()
        value.update(members)
    return value


def _newest(container: Container) -> object:
    if isinstance(container, list):
        return container[-1] if container else None
    return next(reversed(container.values()), None)


def _newest_last(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        members.pop(name, None)
        members[name] = value
    return members
