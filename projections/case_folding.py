"""Folds texts for searches: without case and without accents, in any script."""

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

SEARCHED_CHARS_MAX: Final = 4_096
"""The longest searched part of a text; what follows is not found."""
_ACCENTS = "[\u0300-\u036f]+"


def folded(text: str) -> str:
    """Return the same for texts that a reader takes for equal: `CAFÉ` and `café`, `ß` and `SS`.

    The time grows with the length of the text.
    """
    if text.isascii():
        return text.lower()
    from unicodedata import normalize  # most first requests need only ASCII

    bare = re.sub(_ACCENTS, "", normalize("NFD", text.casefold()))
    return normalize("NFC", bare)


def place_of(term: str, text: str) -> tuple[int, int] | None:
    """Return where a folded term first starts and ends in an unfolded text, or None."""
    if text.isascii():
        start = text.lower().find(term)
        return None if start < 0 else (start, start + len(term))
    letters = list(map(folded, text))
    start = "".join(letters).find(term)
    if start < 0:
        return None
    ends = list(accumulate(map(len, letters)))
    return bisect_right(ends, start), bisect_right(ends, start + len(term) - 1) + 1
