"""Descriptions in words of patterns, for error messages about values that do not match."""

from collections.abc import Mapping

from threadhost.events.words import ID_PATTERN

MARKED = "letters, digits and any of `_ . : + -`"
WORDS: Mapping[str, str] = {
    r"\S": "text that is not blank",
    ID_PATTERN: MARKED,
    r"^[A-Za-z0-9_.:+-]+$": MARKED,
    r"^[A-Za-z0-9_.-]+$": "letters, digits and any of `_ . -`",
    r"^[A-Za-z0-9_-]+$": "letters, digits and any of `_ -`",
    r"^[!-~]+$": "one word of printable ASCII characters",
    r"^[^\x00]+$": "text without the character NUL",
    r"^[0-9a-fA-F]{64}$": "64 hexadecimal digits",
    r"^[^=\x00]+$": "the name of an environment variable, without `=`",
}
"""Each pattern of a field of the protocol or of a key of the configuration."""


def words_of(pattern: str) -> str:
    """The words for a pattern, or the pattern itself if it has none."""
    return WORDS.get(pattern, f"text of the form `{pattern}`")
