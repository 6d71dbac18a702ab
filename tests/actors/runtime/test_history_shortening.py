"""What a history is shortened by: its oldest part, in steps, with calls and outputs together."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadhost.actors.runtime.retry_plan import shortened
from threadhost.events.acceptable import Rendering
from threadhost.events.input_items import Line, line_of, message_line, output_line

PROMPT = message_line("user", "sum up")


def said(count: int) -> list[Line]:
    return [message_line("user", str(n)) for n in range(count)]


def call(call_id: str) -> Line:
    item: dict[str, Any] = {"type": "function_call", "call_id": call_id, "name": "look"}
    return line_of(item)


def cuts(lines: list[Line]) -> list[int]:
    """How much is left out, step by step, until no more can be."""
    steps, left_out = list[int](), shortened([*lines, PROMPT], 0)
    while left_out is not None:
        steps.append(left_out)
        left_out = shortened([*lines, PROMPT], left_out)
    return steps


def test_a_quarter_of_the_rest_is_cut_each_time_and_at_least_one_line() -> None:
    assert cuts(said(16)) == [4, 7, 9, 10, 11, 12, 13, 14, 15]
    assert cuts(said(2)) == [1]


@pytest.mark.parametrize("count", [0, 1])
def test_at_least_one_line_is_left_beside_the_prompt(count: int) -> None:
    assert cuts(said(count)) == []


def test_a_call_is_cut_together_with_its_output() -> None:
    pair = [call("c"), output_line("c", "seen")]
    assert cuts([*pair, *said(2)]) == [2, 3]
    assert cuts([*said(1), *pair, *said(1)]) == [1, 3]
    assert cuts([call("a"), call("b"), output_line("b", ""), output_line("a", ""), *said(1)]) == [4]
    assert cuts(pair) == []


def test_a_call_without_output_does_not_prevent_a_cut() -> None:
    assert cuts([call("c"), *said(4)]) == [1, 2, 3, 4]
    answered_before = [output_line("c", ""), call("c"), *said(2)]
    assert cuts(answered_before) == [1, 2, 3]


def test_a_second_call_with_the_same_id_is_cut_with_its_own_output() -> None:
    pair = [call("c"), output_line("c", "seen")]
    assert cuts([*pair, *pair, *said(1)]) == [2, 4]
    both = [call("c"), call("c"), output_line("c", "1"), output_line("c", "2"), *said(1)]
    assert cuts(both) == [4]


ANY = st.lists(
    st.sampled_from([message_line("user", "x"), call("a"), call("b")])
    | st.sampled_from(["a", "b"]).map(lambda one: output_line(one, "x")),
    max_size=20,
)


@pytest.mark.slices
@given(ANY)
def test_no_cut_separates_an_output_from_its_call(lines: list[Line]) -> None:
    whole = Rendering("", lines).result().mended
    steps = cuts(lines)
    assert steps == sorted(set(steps))
    assert all(0 < step < len(lines) for step in steps)
    for step in steps:
        rest = Rendering("", lines[step:]).result().mended
        rule = "outputs without a call"
        assert rest.get(rule, 0) <= whole.get(rule, 0)


@given(ANY)
def test_the_oldest_part_can_be_cut_unless_a_call_spans_it(lines: list[Line]) -> None:
    old, pair = message_line("user", "old"), [call("c"), output_line("c", "x")]
    for history in ([old, *lines], [pair[0], *lines, pair[1]]):
        is_spanned = history[0] is not old
        assert (shortened([*history, PROMPT], 0) is None) == (is_spanned or not lines)
