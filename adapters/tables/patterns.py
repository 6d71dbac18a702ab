"""Regular expressions of schemas, matched in linear time: none can be written that hangs a host.

They are those of Rust's regex crate, as pydantic has it: without look-around and back-references.
"""

import re

from pydantic_core import SchemaError, SchemaValidator, core_schema

CHARS_MAX = 1_000
WEIGHT_MAX = 5_000
"""Of what a pattern comes to with its repetitions written out."""
_PART = re.compile(
    r"\\[pPux]\{[^}]*\}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?[^:)]*:?)?|\{\d+(?:,\d*)?\}|.",
    re.DOTALL,
)
_COUNT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_DIGITS_MAX = 6


class PatternRefused(ValueError):
    """The pattern is none, or costs too much; the message says why."""


class Pattern:
    """A pattern, and what one letter that it is matched against costs at most."""

    def __init__(self, text: str) -> None:
        self.weight = weight(text)
        if len(text) > CHARS_MAX or self.weight > WEIGHT_MAX:
            raise PatternRefused(f"the pattern {text[:100]} is too large")
        try:
            compiled = SchemaValidator(core_schema.str_schema(pattern=text, strict=True))
        except SchemaError as error:
            fault = " ".join(str(error).split())
            raise PatternRefused(
                f"the pattern {text[:100]} cannot be used: {fault[:300]}"
            ) from None
        self._compiled = compiled

    def is_in(self, text: str) -> bool:
        """Whether a text has it somewhere."""
        return self._compiled.isinstance_python(text)


def weight(text: str) -> int:
    """How many letters a pattern is for once each `{n}` is written out, roughly."""
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
