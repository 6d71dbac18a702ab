"""Regular expressions of schemas, matched in linear time: no pattern can block a host.

They are those of Rust's regex crate, through pydantic: without look-around and back-references.
"""

import re

from pydantic_core import SchemaError, SchemaValidator, core_schema

from threadhost.events.words import truncate

CHARS_MAX = 1_000
WEIGHT_MAX = 5_000
"""The limit on a pattern's size with its repetitions expanded."""
_PART = re.compile(
    r"\\[pPux]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?[^:)]*:?)?|\{\d+(?:,\d*)?\}|.",
    re.DOTALL,
)
_COUNT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_DIGITS_MAX = 6


class PatternRefused(ValueError):
    """The pattern is invalid, or costs too much; the message says why."""


class Pattern:
    """A pattern, and the maximal cost of matching one character."""

    def __init__(self, text: str) -> None:
        self.weight = weight(text)
        if len(text) > CHARS_MAX or self.weight > WEIGHT_MAX:
            raise PatternRefused(f"the pattern {truncate(text, 100)} is too large")
        try:
            compiled = SchemaValidator(core_schema.str_schema(pattern=text, strict=True))
        except SchemaError as error:
            fault = " ".join(str(error).split())
            raise PatternRefused(
                f"the pattern {truncate(text, 100)} cannot be used: {truncate(fault, 300)}"
            ) from None
        self._compiled = compiled

    def is_in(self, text: str) -> bool:
        """Whether a text contains a match."""
        return self._compiled.isinstance_python(text)


def weight(text: str) -> int:
    """The approximate length of a pattern with each `{n}` expanded."""
    sums, last = [0], 0
    for part in _PART.findall(text):
        if part.startswith("("):
            sums.append(0)
            last = 0
        elif part == ")" and len(sums) > 1:
            last = sums.pop() or 1
            sums[-1] += last
        elif count := _COUNT.fullmatch(part):
            times = max(_integer(number) for number in count.groups() if number)
            sums[-1] += last * (times - 1) if times else 0
            last *= max(1, times)
        else:
            last = 1
            sums[-1] += 1
    return sum(sums)


def _integer(digits: str) -> int:
    return int(digits[:_DIGITS_MAX])
