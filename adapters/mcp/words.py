"""Makes error messages of a server fit for logs, clients and models."""

from collections.abc import Collection

SECRET_CHARS_MIN = 8
"""Shorter secrets are not hidden: they occur in too many harmless words."""
HIDDEN = "[hidden]"
TEXT_CHARS_MAX = 16 * 1024
"""The limit on a failed call's message, which a model reads."""
LINE_CHARS_MAX = 500
"""The limit on the reason for a lost connection, which every client gets repeatedly."""
CUT = " [...]"
RETRIES = "; the host tries again in"
"""Stands between the reason of a failure and the wait before the next attempt."""


def text_of(text: str, secrets: Collection[str]) -> str:
    """The message of a failed call."""
    return _cut(_hidden(text, secrets), TEXT_CHARS_MAX)


def line_of(text: str, secrets: Collection[str]) -> str:
    """The same on one line."""
    return _cut(" ".join(_hidden(text, secrets).split()), LINE_CHARS_MAX)


def secrets_in(*values: str) -> tuple[str, ...]:
    """The secrets in these values, the longest first: the values, and their words."""
    parts = {part for value in values for part in (value, *value.split())}
    long_parts = (part for part in parts if len(part) >= SECRET_CHARS_MIN)
    return tuple(sorted(long_parts, key=lambda part: (-len(part), part)))


def _hidden(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _cut(text: str, chars_max: int) -> str:
    return text if len(text) <= chars_max else text[: chars_max - len(CUT)] + CUT
