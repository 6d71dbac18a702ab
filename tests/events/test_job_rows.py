"""What a worker is told of its row, and how values become cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.each import each
from tests.support.searching import tries
from threadhost.events.ids import TimeOrderedIds
from threadhost.events.job_rows import cell, default_output, job_name, render

JOB = "0193c0de-0000-7000-8000-00019f31c2e7"


@each(
    ("instruction", "said"),
    [
        ("Call {name} in {city}.", "Call Ann in {city}."),
        ("{name}{name}", "AnnAnn"),
        ("{{name}} is {name}", "{name} is Ann"),
        ("{{{name}}}", "{Ann}"),
        ("{{}} {} {unknown} {", "{} {} {unknown} {"),
        ("{full name}", "Ann Lee"),
        ("{NAME} { name }", "{NAME} { name }"),
        ("{count} {tags} {nothing}|", '3 ["a","ü"] |'),
    ],
)
def test_columns_are_filled_in_and_all_else_stays(instruction: str, said: str) -> None:
    row = {"name": "Ann", "full name": "Ann Lee", "count": 3, "tags": ["a", "ü"], "nothing": None}
    assert render(instruction, row) == said


def test_what_a_row_says_is_not_read_as_an_instruction() -> None:
    assert render("{a} {b}", {"a": "{b} }} {{", "b": "two"}) == "{b} }} {{ two"


def test_an_instruction_that_grows_beyond_bounds_is_refused_before_it_is_made() -> None:
    with pytest.raises(ValueError, match="more than 1000000 letters"):
        render("{a}" * 10_000, {"a": "x" * 1_000_000})


@given(st.text(), st.dictionaries(st.text(), st.text()))
@tries(200)
def test_a_text_without_braces_is_said_as_it_is(text: str, row: dict[str, str]) -> None:
    plain = text.replace("{", "").replace("}", "")
    assert render(plain, row) == plain


@given(st.text())
@tries(200)
def test_doubled_braces_say_any_text(text: str) -> None:
    assert render(text.replace("{", "{{").replace("}", "}}"), {"a": "b"}) == text


@each(
    ("value", "text"),
    [("a", "a"), (None, ""), (0, "0"), (True, "true"), (1.5, "1.5"), ({"k": [1]}, '{"k":[1]}')],
)
def test_values_are_shown_as_json_but_texts_as_they_are(value: object, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    ("path", "output"),
    [
        ("data/in.csv", "data/in.agent-job-9f31c2e7.csv"),
        ("/a/in.jsonl", "/a/in.agent-job-9f31c2e7.csv"),
        ("in", "in.agent-job-9f31c2e7.csv"),
        (".csv", ".csv.agent-job-9f31c2e7.csv"),
    ],
)
def test_rows_go_beside_their_input_where_nobody_said_where(path: str, output: str) -> None:
    assert job_name(JOB) == "agent-job-9f31c2e7"
    assert default_output(path, JOB) == output


def test_jobs_that_begin_in_the_same_minute_are_called_otherwise() -> None:
    assert len({job_name(TimeOrderedIds().new()) for _ in range(20)}) == 20
