"""What a server says when something fails, made fit for logs, clients and models."""

from collections.abc import Collection

SECRET_CHARS_MIN = 8
"""What is shorter stands in too many words that give nothing away."""
HIDDEN = "[hidden]"
TEXT_CHARS_MAX = 16 * 1024
"""Of what a call failed with: a model reads it."""
LINE_CHARS_MAX = 500
"""Of why a server is not connected: everybody hears it, again and again."""
CUT = " [...]"


def text_of(text: str, secrets: Collection[str]) -> str:
    """The words of a call that failed."""
    return _cut(_hidden(text, secrets), TEXT_CHARS_MAX)


def line_of(text: str, secrets: Collection[str]) -> str:
    """The same as one line."""
    return _cut(" ".join(_hidden(text, secrets).split()), LINE_CHARS_MAX)


def secrets_in(*values: str) -> tuple[str, ...]:
    """What must not be said of these, the longest first: the values, and their words."""
    parts = {part for value in values for part in (value, *value.split())}
    long_parts = (part for part in parts if len(part) >= SECRET_CHARS_MIN)
    return tuple(sorted(long_parts, key=lambda part: (-len(part), part)))


def _hidden(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _cut(text: str, chars_max: int) -> str:
    return text if len(text) <= chars_max else text[: chars_max - len(CUT)] + CUT
