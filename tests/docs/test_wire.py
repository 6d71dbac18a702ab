"""What pages show of a wire is compared member by member."""

import json
from typing import Any

from tests.support.each import each
from tests.support.wire import Names, filled, matches, messages


def shown(text: str) -> Any:
    [(_, message)] = messages(f"<- {text}")
    return message


@each(
    ("text", "got", "fits"),
    [
        ('{"a": 1}', {"a": 1}, True),
        ('{"a": 1}', {"a": 1, "b": 2}, False),
        ('{"a": 1, …}', {"a": 1, "b": 2}, True),
        ('{"a": 1, …}', {"b": 2}, False),
        ('{"a": …}', {"a": [3]}, True),
        ('{"a": "x…"}', {"a": "xyz"}, True),
        ('{"a": "x…"}', {"a": "zyx"}, False),
        ("[1, …]", [1, 2], True),
        ("[1]", [1, 2], False),
        ("[1, 2, …]", [1], False),
        ('{"a": true}', {"a": 1}, False),
        ('{"a": "ID", "b": "ID"}', {"a": "x", "b": "x"}, True),
        ('{"a": "ID", "b": "ID"}', {"a": "x", "b": "y"}, False),
    ],
)
def test_a_message_matches_its_example_on_the_page_and_no_other_message_does(
    text: str, got: Any, *, fits: bool
) -> None:
    names: Names = {}
    assert matches(shown(text), got, names) is fits


def test_a_name_bound_by_an_answer_is_sent_as_its_value() -> None:
    names: Names = {}
    assert matches(shown('{"thread": {"id": "THREAD", …}}'), {"thread": {"id": "t", "n": 0}}, names)
    sent = filled({"threadId": "THREAD", "input": [{"text": "hello"}]}, names)
    assert json.dumps(sent) == '{"threadId": "t", "input": [{"text": "hello"}]}'
