"""Large JSON in pieces: the same value as in one, the same fault, the same limits."""

import json
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import from_json

from tests.adapters.jsonrpc.malformed import MALFORMED, Case
from tests.support.each import each
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc import envelope, json_large, json_pieces
from threadhost.adapters.jsonrpc.json_faults import Limited
from threadhost.adapters.jsonrpc.json_large import LargeJson
from threadhost.adapters.jsonrpc.json_pieces import PIECE_BYTES, pieces

LIMITS = Limits()
LETTERS = '",[]{}:\\ \n\u00e90ae-\ud83d\ude00'.encode("utf-16", "surrogatepass").decode("utf-16")


def whole(data: bytes) -> object:
    """The parsed value, or the parser's error message."""
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        return str(error)


LEAST = 13
"""A pair of surrogates in escapes, and one more."""


def in_pieces(data: bytes, piece_bytes: int) -> object:
    with patch.object(json_pieces, "PIECE_BYTES", piece_bytes):
        try:
            return LargeJson(data, LIMITS).read()
        except ValueError as error:
            return str(error)


def any_json() -> st.SearchStrategy[object]:
    texts = st.text(alphabet=LETTERS, max_size=80)
    leaves = st.none() | st.booleans() | st.integers(-999, 999) | st.just(1.5) | texts
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
        max_leaves=30,
    )


@given(any_json(), st.integers(LEAST, 40), st.sampled_from([None, 1]))
def test_any_json_is_the_same_in_pieces(
    value: object, piece_bytes: int, indent: int | None
) -> None:
    data = json.dumps(value, ensure_ascii=piece_bytes % 2 == 0, indent=indent).encode()
    assert in_pieces(data, piece_bytes) == value


@given(st.text(alphabet='[]{}",:1a', max_size=60), st.integers(1, 20))
@example('[,1,"a"]', 1)
@example("[1,]", 1)
@example('{"a":1,}', 1)
@example("1,2", 1)
@example('{"a":1,"b":2,"a":[1,2],"c":3}', 1)
@example('{"a":{"x":1},"b":2,"a":{"y":[3,4],"y":[5,6]},"c":3}', 3)
@example("[1],[2]", 1)
@example('{"a":[1,2}]', 1)
@example('["1234567\t"]', 2)
def test_any_text_is_parsed_in_pieces_as_it_is_in_one(text: str, piece_bytes: int) -> None:
    data = text.encode()
    assert in_pieces(data, piece_bytes) == whole(data)


@pytest.mark.parametrize("inside", [b"\\x41", b"\t", b"\\ud83d", b"\xff"], ids=repr)
def test_a_fault_within_a_long_text_is_named_with_its_place(inside: bytes) -> None:
    data = b'{"a":"%b%b%b"}' % (b"x" * 300_000, inside, b"x" * 300_000)
    found = in_pieces(data, PIECE_BYTES)
    assert found == whole(data)
    assert "column 3000" in str(found)


@given(st.lists(st.sampled_from(["[", "]", "1", ",", " " * 9, "\n" * 5, "{}"]), max_size=12))
def test_white_space_between_values_does_not_change_what_is_parsed_in_pieces(
    tokens: list[str],
) -> None:
    data = "".join(tokens).encode()
    one, other = in_pieces(data, 4), whole(data)
    if isinstance(one, str):
        one, other = (str(fault).partition(" at line")[0] for fault in (one, other))
    assert one == other


@each("case", MALFORMED, ids=lambda case: case.name)
def test_a_malformed_message_has_the_same_fault_if_it_is_parsed_in_pieces(case: Case) -> None:
    with patch.object(json_pieces, "PIECE_BYTES", 4096), patch.object(envelope, "PIECE_BYTES", 0):
        found = envelope.parse(case.data, LIMITS)
    assert isinstance(found, envelope.Malformed)
    assert (found.code, found.id, found.answers) == (case.code, case.id, case.answers)
    assert case.words in found.message


LARGE_TEXT = '[{,\\"' * PIECE_BYTES


def test_a_long_text_in_json_is_one_piece_with_a_short_outline() -> None:
    data = json.dumps([1, {"k": LARGE_TEXT, LARGE_TEXT: LARGE_TEXT}, 2]).encode()
    assert LargeJson(data, LIMITS).read() == json.loads(data)
    assert max(len(piece.outline) for piece in pieces(data)) < 5 * PIECE_BYTES
    assert max(piece.end - piece.start for piece in pieces(data)) > len(LARGE_TEXT)


@pytest.mark.slices
def test_json_without_long_texts_is_cut_into_pieces() -> None:
    for unit in (b"1,", b'"a,b",', b"[],", b'{"a":[{}]},', b"[[1,2],3],", b'"\\"\\\\",'):
        data = b"[" + unit * (3 * PIECE_BYTES // len(unit)) + b"0]"
        sizes = [piece.end - piece.start for piece in pieces(data)]
        limits = LIMITS._replace(json_containers_max=10**6, json_values_max=10**6)
        assert max(sizes) <= PIECE_BYTES
        assert len(sizes) > 2
        assert LargeJson(data, limits).read() == json.loads(data)


@pytest.mark.few(1)
@pytest.mark.parametrize("unit", [b"1,", b"[],", b'"[,",', b'{"a":1},'], ids=repr)
def test_values_and_containers_are_counted_over_all_pieces(unit: bytes) -> None:
    data = b"[" + unit * 100_000 + b"0]"
    brackets = 100_001 if unit[:1] in b"[{" else 1
    values = brackets + 100_000
    exactly = LIMITS._replace(json_containers_max=brackets, json_values_max=values)
    assert len(LargeJson(data, exactly).read()) == 100_001
    for limits, words in (
        (exactly._replace(json_containers_max=brackets - 1), f"{brackets - 1} objects and arrays"),
        (exactly._replace(json_values_max=values - 1), f"more than {values - 1} values"),
    ):
        with pytest.raises(Limited, match=words):
            LargeJson(data, limits).read()


def test_a_duplicate_member_of_the_message_is_found_across_pieces() -> None:
    filling = b",".join(b'"%d":"%b"' % (n, b"x" * 200) for n in range(900))
    for name in (b"id", b"\\u0069d"):
        data = b'{"id":1,"method":"m",%b,"%b":2}' % (filling, name)
        with pytest.raises(Limited, match="duplicate field `id`"):
            LargeJson(data, LIMITS).read()
    nested = b'{"id":1,"method":"m","params":{%b,"id":2,"method":[]}}' % filling
    assert LargeJson(nested, LIMITS).read()["params"]["id"] == 2


@pytest.mark.slices
def test_a_text_within_a_message_cannot_pass_for_the_marks_between_pieces() -> None:
    other = json_large.AFTER.replace(
        json_large.AFTER[0], "0" if json_large.AFTER[0] != "0" else "1"
    )
    for text in (other, "<", ">", ""):
        value = [{"a": [text, {text: 1}]}] * 30_000
        assert LargeJson(json.dumps(value).encode(), LIMITS).read() == value
