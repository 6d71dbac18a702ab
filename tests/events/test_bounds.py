"""What an event may hold: refused before it is written if no reader could take it back."""

import asyncio
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from tests.support.store import META, OTHER, STREAM, NoViews, now, opened, renamed
from threadhost.events.bounds import (
    BYTES_MAX,
    DEPTH_MAX,
    LARGE_CHARS,
    LARGE_PARTS,
    SMALL_BYTES,
    fault_in,
    is_large,
)
from threadhost.events.catalogue import KINDS
from threadhost.events.store.codec import decode, encode
from threadhost.events.store.committer import StreamAppend
from threadhost.events.store.errors import EventRefused
from threadhost.events.store.log import Log
from threadhost.events.thread import ThreadConfigured, ThreadSettings
from threadhost.events.turn import OutputRecorded

if TYPE_CHECKING:
    from pydantic import BaseModel

OF_THE_EVENT = 2
"""Levels that an OutputRecorded puts around what its output holds."""


def output(value: object) -> OutputRecorded:
    return OutputRecorded(turn_id="t", output={"said": value})


def nested(levels: int, kind: type[list[object]] | type[dict[str, object]] = list) -> Any:
    """So many arrays, or objects, inside one another."""
    value: Any = "the middle"
    for _ in range(levels):
        value = [value] if kind is list else {"in": value}
    return value


@pytest.mark.parametrize("kind", [list, dict])
def test_the_deepest_accepted_value_is_read_back(kind: Any) -> None:
    deepest = output(nested(DEPTH_MAX - OF_THE_EVENT, kind))
    assert decode(1, deepest.kind, encode([deepest])[0]) == deepest
    for levels in (DEPTH_MAX - OF_THE_EVENT + 1, 199, 260, 5_000):
        with pytest.raises(EventRefused, match=f"nested more than {DEPTH_MAX} deep"):
            encode([output(nested(levels, kind))])


def test_the_defaults_of_an_event_are_neither_large_nor_invalid() -> None:
    kinds: tuple[type[BaseModel], ...] = (*KINDS.values(), ThreadSettings)
    for kind in kinds:
        fields = kind.model_fields.values()
        values = [one.get_default(call_default_factory=True) for one in fields]
        assert (is_large(values), fault_in(values)) == (False, None), kind


def test_many_brackets_side_by_side_or_in_a_text_are_not_deep() -> None:
    values: list[object] = [[[]] * 1_000, "[" * 1_000, [{"a": "{" * 300}] * 200]
    for value in values:
        assert encode([output(value)])


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_no_json_is_refused(number: float) -> None:
    settings = ThreadSettings(cwd="/", model="m", model_provider="p", config={"x": number})
    for event in (output(number), output([{"x": number}]), ThreadConfigured(settings=settings)):
        with pytest.raises(EventRefused, match="a number that JSON does not have"):
            encode([event])
    assert encode([output("NaN Infinity")])


def test_a_number_that_no_parser_reads_back_is_refused() -> None:
    assert encode([output(10**3_900)])
    with pytest.raises(EventRefused, match="more than 4000 digits"):
        encode([output({"n": [10**4_500]})])


@each("value", ["\ud800", {"\udfff": 1}, b"\xff", object(), {1, 2, "\ud800"}])
def test_a_value_that_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(EventRefused, match="it is not valid JSON"):
        encode([output(value)])


def test_an_event_larger_than_any_reader_accepts_is_refused() -> None:
    with pytest.raises(EventRefused, match=f"bytes are more than {BYTES_MAX}"):
        encode([renamed("x" * BYTES_MAX)])


def test_a_refusal_never_shows_the_content_of_the_event() -> None:
    with pytest.raises(EventRefused) as refused:
        encode([output(["the secret", math.nan])])
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)


@pytest.mark.slices
@given(JSON, st.integers(0, 150))
def test_an_accepted_event_is_read_back_unchanged(value: Any, levels: int) -> None:
    event = output(nested(levels))
    if levels < 3:
        event = output([value, nested(levels)])
    try:
        [body] = encode([event])
    except EventRefused:
        return
    assert decode(1, event.kind, body) == event
    assert fault_in(event) is None


async def test_an_append_that_is_refused_fails_alone(home: Path) -> None:
    async with opened(home, NoViews()) as log:
        good, bad, also_good = await asyncio.gather(
            log.append(StreamAppend(STREAM, [renamed("1")]), meta=META),
            log.append(StreamAppend(STREAM, [renamed("2"), output(math.nan)]), meta=META),
            log.append(StreamAppend(OTHER, [renamed("3")]), meta=META),
            return_exceptions=True,
        )
        assert isinstance(bad, EventRefused)
        assert not isinstance(good, BaseException)
        assert not isinstance(also_good, BaseException)
        assert names(log) == ["1", "3"]
        await log.append(StreamAppend(STREAM, [renamed("4")], 1), meta=META)


def names(log: Log) -> list[str]:
    return [fact.event.name for fact in now(log.read(0, 9))]  # type: ignore[union-attr]


HALF = "x" * (LARGE_CHARS // 2)
SIZES: list[tuple[list[Any], bool]] = [
    ([], False),
    ([output("x" * LARGE_CHARS)], True),
    ([output(HALF)], False),
    ([output(HALF), output(HALF), output("x" * 99)], True),
    ([output({HALF: 1})], False),
    ([output([HALF, {"a": (HALF, "x" * 99)}])], True),
    ([output([None] * (LARGE_PARTS - 99))], False),
    ([output([None] * LARGE_PARTS)], True),
    ([output([[n, 1.5, True] for n in range(LARGE_PARTS // 3)])], True),
    ([output(nested(LARGE_PARTS + 1))], True),
]


@each(("values", "expected"), SIZES)
def test_values_are_large_by_their_letters_and_parts_together(
    values: list[Any], *, expected: bool
) -> None:
    assert is_large(values) is expected


def most_of(part: object) -> OutputRecorded:
    """An event of as many such parts as a small body has room for."""
    one = len(encode([output([part, part])])[0]) - len(encode([output([part])])[0])
    return output([part] * ((SMALL_BYTES - len(encode([output([])])[0])) // one))


@each("part", [1, [], {}, None, "", "x", True], ids=repr)
def test_a_value_with_a_small_body_is_not_large(part: object) -> None:
    event = most_of(part)
    assert SMALL_BYTES - 8 < len(encode([event])[0]) <= SMALL_BYTES
    assert not is_large([event])


async def test_an_appended_event_is_marked_if_its_body_is_small() -> None:
    log = Log.in_memory(NoViews())
    try:
        events = [renamed("x" * size) for size in (1, SMALL_BYTES)]
        done = await log.append(StreamAppend(STREAM, events), meta=META)
        assert [fact.is_small for fact in done.recorded] == [True, False]
    finally:
        await log.close()
