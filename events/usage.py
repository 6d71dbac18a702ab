"""Token counts of model responses."""

from pydantic import BaseModel, ConfigDict


class Usage(BaseModel):
    """Tokens, as the provider counted them."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    input: int = 0
    cached_input: int = 0
    output: int = 0
    reasoning_output: int = 0
    total: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """The sum of both."""
        return Usage(
            input=self.input + other.input,
            cached_input=self.cached_input + other.cached_input,
            output=self.output + other.output,
            reasoning_output=self.reasoning_output + other.reasoning_output,
            total=self.total + other.total,
        )


NO_USAGE = Usage()
