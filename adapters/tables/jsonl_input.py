"""JSONL as rows: an object a line, with the keys of the first one."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from threadhost.actors.job_ports import InputRefused
from threadhost.adapters.tables.csv_input import BYTE_ORDER_MARK, COLUMNS_MAX
from threadhost.adapters.tables.lines import NAME_CHARS_TOLD, ROW_BYTES_MAX, Lines
from threadhost.events.bounds import DIGITS_MAX, fault_in
from threadhost.events.words import truncate


class JsonlRecords:
    """The rows of a JSONL file, without empty ones.

    A missing key is null; a key that the first row lacks is refused, as there is no column for it.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._first = self._object()
        if not self._first:
            raise InputRefused("jsonl input must begin with an object that has keys")
        if len(self._first) > COLUMNS_MAX:
            raise InputRefused(
                f"jsonl input has {len(self._first)} columns, which is more than {COLUMNS_MAX}"
            )
        self.headers = list(self._first)

    def next(self) -> dict[str, Any] | None:
        """The next row that is not empty, None after the last. Raises InputRefused."""
        begin = self._lines.offset
        while (row := self._next_object()) is not None:
            self._lines.require_some_since(begin)
            complete = dict.fromkeys(self.headers) | row
            if len(complete) > len(self.headers):
                key = truncate(next(iter(row.keys() - set(self.headers))), NAME_CHARS_TOLD)
                raise InputRefused(
                    f"jsonl row {self._lines.number} has the key {key}, which the first row has not"
                )
            if any(value not in (None, "") for value in complete.values()):
                return complete
        return None

    def _next_object(self) -> dict[str, Any] | None:
        first, self._first = self._first, None
        return self._object() if first is None else first

    def _object(self) -> dict[str, Any] | None:
        begin = self._lines.offset
        while (line := self._lines.next()) is not None:
            self._lines.require_some_since(begin)
            if len(line) > ROW_BYTES_MAX:
                raise self._lines.too_long(self._lines.number)
            if self._lines.number == 1:
                line = line.removeprefix(BYTE_ORDER_MARK)
            if line.strip():
                return self._parsed(line)
        return None

    def _parsed(self, line: bytes) -> dict[str, Any]:
        number = self._lines.number
        try:
            row = _DECODER.decode(line.decode())
            if b"\\u" in line:
                json.dumps(row, ensure_ascii=False).encode()
        except UnicodeDecodeError:
            raise self._lines.malformed(f"line {number} is not UTF-8") from None
        except UnicodeEncodeError:
            raise self._lines.malformed(f"row {number} has half a character") from None
        except RecursionError:
            raise self._lines.malformed(f"row {number} is nested too deep") from None
        except ValueError as error:
            raise self._lines.malformed(f"row {number}: {error}") from None
        if type(row) is not dict:
            raise InputRefused(f"jsonl row {number} is not a JSON object")
        if fault := fault_in([[[row]]]):  # as deep as it will be in an event
            raise self._lines.malformed(f"row {number}: {fault}")
        return row


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f"the key {truncate(key, 100)} is there twice")
        members[key] = value
    return members


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _integer(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise ValueError(f"it holds a number of more than {DIGITS_MAX} digits")
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_int=_integer, parse_constant=_no_number)
