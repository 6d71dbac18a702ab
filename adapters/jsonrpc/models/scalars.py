"""Numbers and texts with the limits of the wire, each with an error of its own name."""

from typing import Annotated

from pydantic import AfterValidator, GetCoreSchemaHandler, StringConstraints
from pydantic_core import PydanticCustomError, core_schema

from threadhost.events.words import ID_CHARS_MAX, ID_PATTERN


class Integer:
    """Marks an int as one of the wire's fixed-width integers.

    For any fault of a value (its type or its range) the error has the type's name, such as `u32`,
    and the value as its input.
    """

    def __init__(self, name: str, low: int, high: int) -> None:
        self.name = name
        self.low = low
        self.high = high

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.custom_error_schema(
            core_schema.int_schema(strict=True, ge=self.low, le=self.high),
            custom_error_type=self.name,
            custom_error_message=f"expected {self.name}",
        )


class Untagged:
    """Marks a union whose variants differ by shape alone; `name` is its name in errors."""

    def __init__(self, name: str, expected: str) -> None:
        self.name = name
        self.expected = expected

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.custom_error_schema(
            handler(source),
            custom_error_type="untagged_enum",
            custom_error_message=(
                "data did not match any variant of untagged enum {name}, expected {expected}"
            ),
            custom_error_context={"name": self.name, "expected": self.expected},
        )


class OneOrMany(Untagged):
    """Marks a text or a list of texts."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "a string or a sequence")


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise PydanticCustomError("absolute_path", "path is not absolute: `{path}`", {"path": path})
    return path


U16 = Annotated[int, Integer("u16", 0, 2**16 - 1)]
U32 = Annotated[int, Integer("u32", 0, 2**32 - 1)]
U64 = Annotated[int, Integer("u64", 0, 2**64 - 1)]
I32 = Annotated[int, Integer("i32", -(2**31), 2**31 - 1)]
I64 = Annotated[int, Integer("i64", -(2**63), 2**63 - 1)]
RequestId = Annotated[str | I64, Untagged("RequestId", "a string or an integer")]
Position = Annotated[int, Integer("u64", 0, 2**63 - 1)]

AbsolutePath = Annotated[str, AfterValidator(_absolute)]
Marked = Annotated[str, StringConstraints(max_length=ID_CHARS_MAX, pattern=ID_PATTERN)]
"""A text that may be kept in clear: it is too short and too limited to hold content."""
IdempotencyKey = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ReasoningEffort = Annotated[str, StringConstraints(min_length=1)]
