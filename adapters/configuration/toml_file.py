"""A configuration file as a table: opened without blocking, bounded, parsed as TOML."""

import os
import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from threadhost.events.named_tuple import NamedTuple

TOO_DEEP = "is nested too deeply"
FILE_BYTES_MAX = 1024 * 1024
KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
PLACE = re.compile(r"(?P<fault>.*) \(at line (?P<line>\d+), column \d+\)")
GIVEN_TWICE = (
    "Cannot overwrite a value",
    "Cannot declare",
    "Cannot redefine",
    "Cannot mutate immutable namespace",
    "Duplicate inline table key",
)
"""The beginning of the parser's messages about duplicate keys and tables."""
KEY = re.compile(r"""\s*+((?:[\w.-]++|"[^"\n]*+"|'[^'\n]*+'|\s++(?!=))++)\s*=""")
LONG_KEY = re.compile(
    r"""(?m)(?:^|[\[{,])[ \t]*+(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}"""
)
"""The parser takes quadratic time in the number of parts of a key."""
HEADER = re.compile(r"\s*\[\[?(.+?)\]\]?\s*(?:#.*)?")


class ConfigError(ValueError):
    """A configuration file cannot be used; the message names the file, the place and the fault."""


class Source(NamedTuple):
    """A file that was read."""

    path: Path
    text: str
    table: Mapping[str, Any]

    def fault(self, words: str, place: Sequence[str] = ()) -> ConfigError:
        """The error for a fault at a place, with its line if that is found."""
        line = line_of(self.text, place) if place else None
        suffix = f", line {line}" if line else ""
        return ConfigError(f"{self.path}{suffix}: {words}")


def read(path: Path, *, must_exist: bool) -> Source | None:
    """The file as a table; None without a file if it is optional. Raises ConfigError."""
    if not must_exist and not os.path.lexists(path):
        return None
    text = text_of(path)
    if LONG_KEY.search(text):
        raise ConfigError(f"{path}: {TOO_DEEP}")
    try:
        table = tomllib.loads(text + "\n")
    except RecursionError:
        raise ConfigError(f"{path}: {TOO_DEEP}") from None
    except ValueError as error:
        raise ConfigError(f"{path}{_in_words(error)}") from None
    return Source(path, text, table)


def path_beside(file: Path, text: str) -> Path:
    """A path in a file: `~` is expanded, and it is relative to the folder of the file."""
    path = Path(text)
    with suppress(RuntimeError):  # the user does not exist: the path itself becomes the fault
        path = path.expanduser()
    return file.parent.absolute() / path


def text_of(path: Path) -> str:
    """The text of a file. Raises ConfigError."""
    data = _bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}, line {line}: is not UTF-8") from None
    return text.replace("\r\n", "\n")


def _bytes(path: Path) -> bytes:
    try:
        # A plain `open` would wait for ever on a pipe without a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        is_loose = isinstance(error, FileNotFoundError) and os.path.lexists(path)
        words = "is a link that leads nowhere" if is_loose else error.strerror or str(error)
        raise ConfigError(f"{path}: {words}") from None
    except ValueError:
        raise ConfigError(f"{str(path)!r}: no file can have that name") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            kind = KINDS.get(stat.S_IFMT(mode), "a device")
            raise ConfigError(f"{path}: is {kind}, and no file to read settings from")
        return _bounded(path, descriptor)
    finally:
        os.close(descriptor)


def _bounded(path: Path, descriptor: int) -> bytes:
    pieces: list[bytes] = []
    remaining_bytes = FILE_BYTES_MAX
    try:
        while piece := os.read(descriptor, remaining_bytes + 1):
            pieces.append(piece)
            remaining_bytes -= len(piece)
            if remaining_bytes < 0:
                raise ConfigError(f"{path}: is larger than {FILE_BYTES_MAX >> 20} MiB")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    return b"".join(pieces)


def _in_words(error: ValueError) -> str:
    """The parser's message, reworded where its own would be hard to understand."""
    match = PLACE.fullmatch(str(error))
    if match is None:
        is_number = "integer string conversion" in str(error)
        return ": holds a number with too many digits" if is_number else f": {error}"
    fault = match["fault"]
    if fault.startswith(GIVEN_TWICE):
        fault = "says a key or a table a second time"
    return f", line {match['line']}: {fault[:1].lower()}{fault[1:]}"


def line_of(text: str, place: Sequence[str]) -> int | None:
    """The line of a key, or of the innermost table around it that has one."""
    return innermost(lines_of(text), tuple(place))


def lines_of(text: str) -> Mapping[tuple[str, ...], int]:
    """The first line of each key, and of each table that has one."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = HEADER.fullmatch(line)
        if header is not None:
            at = table = _path(header[1])
        elif (key := KEY.match(line)) is not None:
            at = (*table, *_path(key[1]))
        else:
            continue
        lines.setdefault(at, number)
    return lines


def innermost(lines: Mapping[tuple[str, ...], int], place: tuple[str, ...]) -> int | None:
    """The line of a place, or of the innermost table around it."""
    prefixes = (place[:length] for length in range(len(place), 0, -1))
    return next((lines[at] for at in prefixes if at in lines), None)


def _path(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted key, without quotes; empty if it is invalid."""
    try:
        value: Any = tomllib.loads(f"{dotted} = 0")
    except (ValueError, RecursionError):
        return ()
    parts = []
    while isinstance(value, dict):
        [(part, value)] = value.items()
        parts.append(part)
    return tuple(parts)
