"""Texts as searches compare them: without upper case and without accents, in any script."""

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

SEARCHED_CHARS_MAX: Final = 4_096
"""Of a text; what follows is not found."""
_ACCENTS = "[\u0300-\u036f]+"


def folded(text: str) -> str:
    """The same for texts that a reader would take for the same: `CAFÉ` and `café`, `ß` and `SS`.

    Takes as long as the text is.
    """
    if text.isascii():
        return text.lower()
    from unicodedata import normalize  # what is first served is ASCII alone, or has time

    bare = re.sub(_ACCENTS, "", normalize("NFD", text.casefold()))
    return normalize("NFC", bare)


def place_of(term: str, text: str) -> tuple[int, int] | None:
    """Where a folded term first stands in a text, which is not folded; None if it does not."""
    if text.isascii():
        start = text.lower().find(term)
        return None if start < 0 else (start, start + len(term))
    letters = list(map(folded, text))
    start = "".join(letters).find(term)
    if start < 0:
        return None
    ends = list(accumulate(map(len, letters)))
    return bisect_right(ends, start), bisect_right(ends, start + len(term) - 1) + 1
