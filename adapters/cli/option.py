"""Options and arguments of the command line, and how their text becomes values."""

import re
from collections.abc import Callable
from keyword import iskeyword
from pathlib import Path
from typing import Any, Literal

from threadhost.events.named_tuple import NamedTuple

MILLISECONDS = 1000
SECONDS_MAX = 10**9
NUMBER_MAX = 2**63 - 1
"""The largest integer of SQLite."""


class Option(NamedTuple):
    """One option or argument: its form, its meaning, and how its text becomes a value."""

    flag: str
    """The flag as written; for an argument, which has no dashes, its name in the help."""
    metavar: str
    """The placeholder of its value; empty for a switch, which has none."""
    help: str
    default: str | None = None
    """The default, as text."""
    variable: str | None = None
    """The environment variable that can replace the option."""
    setting: str | None = None
    """The field of `Settings`, or of a group in it, that the option sets."""
    group: Literal["", "ws_auth", "limits"] = ""
    read: Callable[[str], Any] = str
    many: bool = False
    choices: tuple[str, ...] = ()
    short: str = ""
    is_required: bool = False

    @property
    def name(self) -> str:
        """The option as a Python name; a Python keyword gets an underscore at its end."""
        name = self.flag.lstrip("-").replace("-", "_").lower()
        return f"{name}_" if iskeyword(name) else name

    @property
    def key(self) -> str:
        """The key in the table `[host]` of a configuration file."""
        group = f"{self.group}." if self.group == "ws_auth" else ""
        return f"{group}{self.setting or self.name}"

    @property
    def is_argument(self) -> bool:
        """Whether its place identifies it."""
        return not self.flag.startswith("-")

    @property
    def is_switch(self) -> bool:
        """Whether it is given without a value."""
        return not (self.metavar or self.is_argument)

    @property
    def written(self) -> str:
        """The form that help shows."""
        if self.is_argument:
            return self.flag if self.is_required else f"[{self.flag}]"
        flags = ", ".join(filter(None, (self.flag, self.short)))
        return " ".join(filter(None, (flags, "|".join(self.choices) or self.metavar)))


class Ignored(NamedTuple):
    """An option of another program that is accepted and has no effect here."""

    flags: tuple[str, ...]
    takes_value: bool
    in_value: str = ""
    """A text that its value must contain; with another value the option is one of ours."""
    is_setting: bool = False
    """Whether its value is KEY=VALUE."""


def path(text: str) -> Path:
    """An absolute path, with `~` and `..` resolved. Raises ValueError."""
    if not text or "\0" in text:
        raise ValueError(f"{text!r} is not a path; give one")
    try:
        absolute = Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError(f"`{text}` names an unknown user; give an absolute path") from None
    except OSError as error:  # the working folder is gone
        reason = (
            "is not an absolute path, and the working folder does not exist any more"
            f" ({error.strerror})"
        )
        raise ValueError(f"`{text}` {reason}; give an absolute path") from None
    # Only the system knows where a link leads: a/link/.. need not be a.
    absolute = absolute.resolve() if ".." in absolute.parts else absolute
    if not is_unicode(str(absolute)):
        raise ValueError(f"`{absolute}` is not UTF-8; give a path in UTF-8")
    return Path("/", *absolute.parts[1:])


def is_unicode(text: str) -> bool:
    """Whether it can be written in UTF-8, as the log, the database and clients require."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def count(text: str) -> int:
    """A whole number from 1."""
    if (number := position(text, "1 on")) == 0:
        raise ValueError(f"`{text}` is too small; give a whole number from 1 on")
    return number


def position(text: str, expected: str = "0 on") -> int:
    """An integer from 0, within SQLite's range."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"`{text}` is not a valid number; give a whole number from {expected}")
    if len(text) > len(str(NUMBER_MAX)) or int(text) > NUMBER_MAX:
        from threadhost.events.words import truncate

        raise ValueError(
            f"`{truncate(text, 30)}` is too large; give a whole number up to {NUMBER_MAX}"
        )
    return int(text)


def milliseconds(text: str) -> int:
    """Seconds, which may have a fraction."""
    return _milliseconds(text, "give a number of seconds, such as 10 or 0.5")


def some_milliseconds(text: str) -> int:
    """Seconds, which may have a fraction, and are not 0."""
    remedy = "give a number of seconds above 0"
    duration_ms = _milliseconds(text, remedy)
    if not duration_ms:
        raise ValueError(f"`{text}` is too small; {remedy}")
    return duration_ms


def _milliseconds(text: str, remedy: str) -> int:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= SECONDS_MAX:
        raise ValueError(f"`{text}` is not a time; {remedy}")
    return int(seconds * MILLISECONDS)


def seconds(text: str) -> int:
    """A whole number of seconds."""
    if not (text.isascii() and text.isdigit() and len(text) < len(str(SECONDS_MAX))):
        raise ValueError(f"`{text}` is not a time; give a whole number of seconds")
    return int(text)


def sha256_digest(text: str) -> bytes:
    """The 32 bytes that 64 hex digits spell."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", text) is None:
        raise ValueError("the value is not a SHA-256 digest; give its 64 hex digits")
    return bytes.fromhex(text)


def base_url(text: str) -> str:
    """The base URL of a provider."""
    from threadhost.adapters.models.http_origin import parse_base_url

    parse_base_url(text)
    return text


def since(text: str) -> int:
    """A time in milliseconds, from an ISO 8601 time on this machine's clock."""
    from datetime import datetime

    try:
        return int(datetime.fromisoformat(text).timestamp() * MILLISECONDS)
    except (ValueError, OverflowError, OSError):
        remedy = "give one such as 2026-11-29 or 2026-11-29T06:30"
        raise ValueError(f"`{text}` is not a time; {remedy}") from None


def switch(text: str) -> bool:
    """`on` or `off`."""
    return text == "on"
