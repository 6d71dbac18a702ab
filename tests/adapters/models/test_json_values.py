"""Values read from a model's JSON: of the expected type, and cheap to read."""

from collections.abc import Callable
from time import process_time

import pytest

from tests.support.each import each
from threadhost.adapters.models import json_values as values
from threadhost.events.usage import COUNT_MAX

MIB = 2**20


@each(
    ("given", "read"),
    [
        ("text", "text"),
        ("", ""),
        ("hi \ud83d\ude00", "hi \N{GRINNING FACE}"),
        ("hi \ud83d", "hi "),
        ("\ude00", ""),
        (None, ""),
        (7, ""),
        (["a"], ""),
        (True, ""),
    ],
)
def test_a_text_of_a_model_is_read_as_valid_unicode(given: object, read: str) -> None:
    assert values.text(given) == read


@each(
    ("given", "read"),
    [
        (0, 0),
        (5, 5),
        (COUNT_MAX, COUNT_MAX),
        (COUNT_MAX + 1, COUNT_MAX),
        (10**4000, COUNT_MAX),
        (-1, 0),
        (5.0, 5),
        (5.5, 0),
        (float("inf"), 0),
        (float("nan"), 0),
        (True, 0),
        ("5", 0),
        (None, 0),
        ({}, 0),
    ],
)
def test_a_count_of_a_model_is_read_as_a_number_within_the_range_of_clients(
    given: object, read: int
) -> None:
    assert values.count(given) == read


def test_members_of_a_value_without_members_are_empty() -> None:
    owners: list[object] = [None, 7, "x", [], {"a": 1}]
    for owner in owners:
        assert values.object_in(owner, "a") == {}
        assert values.objects_in(owner, "a") == []
    assert values.objects_in({"a": [{"b": 1}, 2, None]}, "a") == [{"b": 1}]


@each(
    "data",
    [
        b"",
        b"{",
        b"nope",
        b'{"a": 1} {"b": 2}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 100_000,
    ],
)
def test_text_that_is_no_json_raises_one_fixed_message(data: bytes) -> None:
    with pytest.raises(values.Unreadable, match=r"^no JSON$"):
        values.parse(data)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"a": "\\ud83d"}', {"a": "\ud83d"}),
        (b'{"a": "\xff"}', {"a": "\N{REPLACEMENT CHARACTER}"}),
        (b'{"a": NaN}', {"a": None}),
        (b'{"a": -Infinity}', {"a": None}),
    ],
)
def test_json_with_small_faults_is_read(data: bytes, value: object) -> None:
    assert values.parse(data) == value


HEAVY: dict[str, bytes] = {
    "lists": b"[" + b"[]," * (7 * MIB // 3) + b"0]",
    "objects": b"[" + b"{}," * (7 * MIB // 3) + b"0]",
    "numbers": b"[" + b"0," * (7 * MIB // 2) + b"0]",
    "as many as are read": b"[" + b"{}," * 99_000 + b"0]",
    "one text": b'"' + b"a" * 7 * MIB + b'"',
    "one text with half a letter": b'"\\ud83d' + b"a" * 7 * MIB + b'"',
    "one text of escapes": b'"\\ud83d' + b"\\u0041" * MIB + b'"',
    "depth": b"[" * 7 * MIB,
}


@pytest.mark.few(2)
@pytest.mark.parametrize("heavy", HEAVY)
def test_an_event_of_any_form_is_read_or_refused_quickly(heavy: str) -> None:
    assert min(_cpu_ms(lambda: _try(HEAVY[heavy])) for _ in range(3)) < 50


def _try(data: bytes) -> object:
    try:
        return values.parse(data)
    except values.Unreadable:
        return None


def _cpu_ms(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return (process_time() - start) * 1_000
