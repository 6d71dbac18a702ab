"""Arguments of tool calls: read whatever texts are in them, refused where they are too many."""

import json
from contextlib import suppress
from time import thread_time

import pytest

from tests.support.bystander import HELD_MS_MAX
from tests.support.slowness import require_below
from threadhost.actors.arguments import CHARS_MAX, VALUES_MAX, arguments_of

FEW = "make several calls with less"


def test_a_long_text_in_arguments_counts_as_one_value() -> None:
    table = '1,2,[3],{4}\n"5" \\' * 40_000
    assert arguments_of(json.dumps({"path": "a.csv", "content": table}))["content"] == table


@pytest.mark.few(2)
@pytest.mark.parametrize("value", ["[]", "1", '"a,b"', "[1]", '{"a":1}'])
def test_values_in_arguments_are_counted_at_any_depth(value: str) -> None:
    few = f'{{"a":[{",".join([value] * 6_000)}]}}'
    assert len(arguments_of(few)["a"]) == 6_000
    many = f'{{"a":[{",".join([value] * (VALUES_MAX + 1))}]}}'
    with pytest.raises(ValueError, match=f"have more than {VALUES_MAX} values; {FEW}"):
        arguments_of(many)


def test_arguments_with_too_many_letters_are_refused_with_their_number() -> None:
    long = json.dumps({"a": "x" * CHARS_MAX})
    with pytest.raises(ValueError, match=f"have {len(long)} letters, more than {CHARS_MAX}; {FEW}"):
        arguments_of(long)


WORST = {
    "lists": "[]," * (CHARS_MAX // 3),
    "lists as many as may be": f'{{"a":[{"[]," * (VALUES_MAX // 2 - 2)}0]}}',
    "objects": f'{{"a":[{",".join(["{}"] * (VALUES_MAX // 2 - 2))}]}}',
    "escapes": '{"a":"' + "\\n" * (CHARS_MAX // 2 - 20_010) + "," * 20_005 + '"}',
    "quotes": '"' * (CHARS_MAX - 20_001) + "," * 20_001,
    "a text that does not end": '{"a":"' + "x," * (CHARS_MAX // 2 - 6),
    "texts": '"",' * (CHARS_MAX // 3),
}


@pytest.mark.slices
@pytest.mark.parametrize("text", WORST.values(), ids=list(WORST))
def test_arguments_of_any_form_are_looked_at_in_little_time(text: str) -> None:
    def took_ms() -> float:
        began = thread_time()
        with suppress(ValueError):
            arguments_of(text)
        return (thread_time() - began) * 1000

    # The least of ten: other programs on the machine make the same work take longer.
    require_below(min(took_ms() for _ in range(10)), HELD_MS_MAX)
