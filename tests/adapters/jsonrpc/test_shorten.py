"""Cutting JSON to a size: within the limit, still JSON, with a note on what is missing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadhost.adapters.jsonrpc.shorten import shortened


def cut(value: Any, bytes_max: int) -> Any:
    """The value after shortening."""
    shorter = shortened(json.dumps(value, ensure_ascii=False).encode(), bytes_max)
    assert shorter is not None
    assert len(shorter) <= bytes_max
    return json.loads(shorter)


def test_json_within_the_limit_is_left_unchanged() -> None:
    value = b'{"a": 1}'
    assert shortened(value, 8) is value


def test_a_long_text_is_cut_and_says_how_many_bytes_are_missing() -> None:
    found = cut({"text": "x" * 10_000, "id": "short"}, 1_000)
    kept, mark = found["text"].split("… [")
    assert set(kept) == {"x"}
    assert len(kept) > 800
    assert mark == f"{10_000 - len(kept)} bytes left out]"
    assert found["id"] == "short"


def test_only_the_longest_of_many_texts_are_cut() -> None:
    texts = ["a" * 100, "b" * 5_000, "c" * 400, "d" * 9_000]
    found = cut(texts, 4_000)
    assert found[0] == texts[0]
    assert found[2] == texts[2]
    assert found[1].startswith("bbb")
    assert found[1].endswith("bytes left out]")
    assert abs(len(found[1]) - len(found[3])) < 10


def test_bytes_are_counted_and_not_characters() -> None:
    found = cut({"text": "é" * 10_000}, 1_000)
    kept = found["text"].split("… [")[0]
    assert f"[{2 * (10_000 - len(kept))} bytes left out]" in found["text"]
    assert cut({"text": "\x01" * 10_000}, 2_000)["text"].startswith("\x01")


def test_a_picture_in_a_url_is_left_out_as_a_whole() -> None:
    url = "data:image/png;base64," + "A" * 5_000
    assert cut({"url": url}, 1_000) == {"url": f"data:,{len(url)}%20bytes%20left%20out"}


@pytest.mark.parametrize("value", [["x" * 20] * 1_000, list(range(5_000)), [[]] * 3_000])
def test_json_that_is_large_for_its_many_parts_cannot_be_cut(value: Any) -> None:
    assert shortened(json.dumps(value).encode(), 1_000) is None


TEXTS = st.text(max_size=300) | st.builds(str.__mul__, st.text(max_size=3), st.integers(0, 3_000))
VALUES = st.recursive(
    TEXTS | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(VALUES, st.integers(50, 5_000))
def test_shortened_json_of_any_value_is_within_the_limit_and_keeps_its_form(
    value: Any, bytes_max: int
) -> None:
    whole = json.dumps(value).encode()
    shorter = shortened(whole, bytes_max)
    if shorter is None:
        assert len(whole) > bytes_max
        return
    assert len(shorter) <= bytes_max
    assert form(json.loads(shorter)) == form(value)


def form(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: form(one) for name, one in value.items()}
    return [form(one) for one in value] if isinstance(value, list) else type(value)
