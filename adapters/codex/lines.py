"""Reads the lines of a rollout file, each a record or a fault, in bounded memory."""

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from pydantic_core import from_json

from threadhost.adapters.mcp.lone_surrogates import replace_lone_surrogates
from threadhost.events.bounds import DEPTH_MAX, DIGITS_MAX, fault_in
from threadhost.events.named_tuple import NamedTuple

LINE_BYTES_MAX = 16 * 1024 * 1024
"""No client sends larger messages; longer lines are skipped."""
CHUNK_BYTES = 256 * 1024
ODD_NUMBER = re.compile(rb"[0-9]{%d}|[0-9][eE]\+?[0-9]{3}" % DIGITS_MAX)
"""Matches what may be a number of excessive size."""
TORN = "the file ends within it"


class Line(NamedTuple):
    """A line with its number, from 1: its type and payload, or its fault.

    `text` is the line itself, `b""` if it is too long to be kept.
    """

    number: int
    text: bytes
    timestamp: object = None
    kind: str = ""
    payload: Any = None
    ordinal: int | None = None
    fault: str = ""


class JsonLinesReader:
    """The lines of an open file, once, with the counts so far: bytes, lines, their digest."""

    def __init__(self, descriptor: int, *, has_types: bool = True) -> None:
        self._descriptor = descriptor
        self._parsed = parsed if has_types else untyped
        self._digest = sha256()
        self.size_bytes = self.lines = 0

    @property
    def digest(self) -> str:
        """The digest of all bytes read so far."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Line]:
        for text, is_whole in self._texts():
            self.lines += 1
            if text is None:
                yield Line(self.lines, b"", fault=f"it is longer than {LINE_BYTES_MAX} bytes")
            elif text.strip():
                yield self._parsed(self.lines, text, is_whole=is_whole)

    def read_on(self) -> None:
        """Read the rest of the file for its digest alone."""
        while chunk := os.read(self._descriptor, CHUNK_BYTES):
            self._digest.update(chunk)
            self.size_bytes += len(chunk)

    def _texts(self) -> Iterator[tuple[bytes | None, bool]]:
        """Each line and whether it has a line break; None for one that is too long."""
        partial, is_long = bytearray(), False
        while chunk := os.read(self._descriptor, CHUNK_BYTES):
            self._digest.update(chunk)
            self.size_bytes += len(chunk)
            *ended, unfinished = chunk.split(b"\n")
            for part in ended:
                is_long = is_long or len(partial) + len(part) > LINE_BYTES_MAX
                yield (None if is_long else bytes(partial + part)), True
                partial, is_long = bytearray(), False
            is_long = is_long or len(partial) + len(unfinished) > LINE_BYTES_MAX
            partial = bytearray() if is_long else partial + unfinished
        if partial or is_long:
            yield (None if is_long else bytes(partial)), False


def parsed(number: int, text: bytes, *, is_whole: bool = True) -> Line:
    """One line of a rollout, whatever it holds."""
    line = untyped(number, text, is_whole=is_whole)
    record = line.payload
    if line.fault:
        return line
    if not isinstance(record, dict) or not isinstance(record.get("type"), str):
        return Line(number, text, fault="it has no type")
    ordinal = record.get("ordinal")
    return Line(
        number,
        text,
        record.get("timestamp"),
        record["type"],
        record.get("payload"),
        ordinal if type(ordinal) is int else None,
    )


def untyped(number: int, text: bytes, *, is_whole: bool = True) -> Line:
    """One line of JSON, which is the payload as a whole."""
    try:
        record = from_json(replace_lone_surrogates(text), allow_inf_nan=False)
    except ValueError:
        return Line(number, text, fault="it is not JSON" if is_whole else TORN)
    return Line(number, text, payload=record, fault=_fault(record, text))


def _fault(record: object, text: bytes) -> str:
    """The fault of a value that no event may hold; searched only if the bytes suggest one."""
    may_be_deep = text.count(b"[") + text.count(b"{") > DEPTH_MAX
    return (fault_in(record) or "") if may_be_deep or ODD_NUMBER.search(text) else ""
