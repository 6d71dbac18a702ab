"""Numbers and texts with limits."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.support.each import each
from threadhost.adapters.jsonrpc.models import scalars
from threadhost.adapters.jsonrpc.models.thread_list import ThreadListCwdFilter

RANGES = [
    (scalars.U16, "u16", 0, 2**16 - 1),
    (scalars.U32, "u32", 0, 2**32 - 1),
    (scalars.U64, "u64", 0, 2**64 - 1),
    (scalars.I32, "i32", -(2**31), 2**31 - 1),
    (scalars.I64, "i64", -(2**63), 2**63 - 1),
    (scalars.Position, "u64", 0, 2**63 - 1),
]


def fault(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    [error] = caught.value.errors()
    assert error["input"] is value
    return error["type"]


@each(("kind", "name", "low", "high"), RANGES)
def test_an_integer_takes_its_whole_range_and_nothing_beyond(
    kind: Any, name: str, low: int, high: int
) -> None:
    assert TypeAdapter(kind).validate_python(low) == low
    assert TypeAdapter(kind).validate_python(high) == high
    assert fault(kind, low - 1) == fault(kind, high + 1) == name


@each("value", ["5", 5.0, True, None, [], {}])
def test_a_value_that_is_no_integer_is_refused_with_the_name_of_the_integer_type(
    value: object,
) -> None:
    assert fault(scalars.U32, value) == "u32"


def test_an_idempotency_key_has_one_to_two_hundred_characters() -> None:
    adapter = TypeAdapter[str](scalars.IdempotencyKey)
    assert adapter.validate_python("k" * 200) == "k" * 200
    assert fault(scalars.IdempotencyKey, "") == "string_too_short"
    assert fault(scalars.IdempotencyKey, "k" * 201) == "string_too_long"


def test_a_reasoning_effort_is_any_word_but_the_empty_one() -> None:
    assert TypeAdapter[str](scalars.ReasoningEffort).validate_python("ultra") == "ultra"
    assert fault(scalars.ReasoningEffort, "") == "string_too_short"


def test_an_absolute_path_begins_at_the_root() -> None:
    assert TypeAdapter[str](scalars.AbsolutePath).validate_python("/a") == "/a"
    assert fault(scalars.AbsolutePath, "a") == "absolute_path"


@pytest.mark.parametrize("value", ["/a", [], ["/a", "/b"]])
def test_a_filter_of_working_folders_accepts_one_path_or_a_list(value: object) -> None:
    assert TypeAdapter[object](ThreadListCwdFilter).validate_python(value) == value


@pytest.mark.parametrize("value", [4, {}, ["/a", 4], True])
def test_a_bad_filter_of_working_folders_is_reported_once(value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(ThreadListCwdFilter).validate_python(value)
    [error] = caught.value.errors()
    assert error["type"] == "untagged_enum"
    assert "ThreadListCwdFilter, expected a string or a sequence" in error["msg"]
