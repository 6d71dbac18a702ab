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


def test_braces_in_the_value_of_a_row_are_not_expanded() -> None:
    assert render("{a} {b}", {"a": "{b} }} {{", "b": "two"}) == "{b} }} {{ two"


def test_an_instruction_that_would_exceed_its_limit_is_refused_before_it_is_built() -> None:
    with pytest.raises(ValueError, match="more than 1000000 letters"):
        render("{a}" * 10_000, {"a": "x" * 1_000_000})


@given(st.text(), st.dictionaries(st.text(), st.text()))
@tries(200)
def test_an_instruction_without_braces_is_unchanged(text: str, row: dict[str, str]) -> None:
    plain = text.replace("{", "").replace("}", "")
    assert render(plain, row) == plain


@given(st.text())
@tries(200)
def test_doubled_braces_render_any_text(text: str) -> None:
    assert render(text.replace("{", "{{").replace("}", "}}"), {"a": "b"}) == text


@each(
    ("value", "text"),
    [("a", "a"), (None, ""), (0, "0"), (True, "true"), (1.5, "1.5"), ({"k": [1]}, '{"k":[1]}')],
)
def test_values_are_written_as_json_and_texts_unchanged(value: object, text: str) -> None:
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
def test_the_default_output_file_is_beside_the_input(path: str, output: str) -> None:
    assert job_name(JOB) == "agent-job-9f31c2e7"
    assert default_output(path, JOB) == output


def test_jobs_of_the_same_minute_have_different_names() -> None:
    assert len({job_name(TimeOrderedIds().new()) for _ in range(20)}) == 20
