"""Token counts of model responses."""

from pydantic import BaseModel, ConfigDict

from threadhost.events.lazy_model import LazyModel

COUNT_MAX = 2**53 - 1
"""The largest count that every reader of JSON reads exactly (RFC 8259, section 6)."""


class Usage(BaseModel, metaclass=LazyModel):
    """Tokens, as the provider counted them; sums stay readable."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    input: int = 0
    cached_input: int = 0
    output: int = 0
    reasoning_output: int = 0
    total: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """The sum of both."""
        return Usage(
            input=_sum(self.input, other.input),
            cached_input=_sum(self.cached_input, other.cached_input),
            output=_sum(self.output, other.output),
            reasoning_output=_sum(self.reasoning_output, other.reasoning_output),
            total=_sum(self.total, other.total),
        )


def _sum(count: int, other: int) -> int:
    return min(count + other, COUNT_MAX)


NO_USAGE = Usage()
