"""Bytes in, messages out, and the other way round."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.adapters.jsonrpc.malformed import DEPTH, DIGITS, MALFORMED, Case, nested, numbered
from tests.support.each import each
from threadhost.adapters.config import Limits
from threadhost.adapters.jsonrpc.envelope import (
    MISSING,
    Answer,
    Malformed,
    Notification,
    Request,
    error_bytes,
    not_text,
    notification_bytes,
    oversize,
    parse,
    result_bytes,
)

LIMITS = Limits()
SMALL = LIMITS._replace(frame_bytes_max=40)

VALID = [
    b'{"id":1,"method":"thread/read","params":{"threadId":"a","includeTurns":true}}',
    b'{"method":"initialized"}',
    b'{"id":"x","result":{"a":[1,2.5,null,"\\ud83d\\ude00"]}}',
    b'{"id":-9,"error":{"code":-1,"message":"no"}}',
]


def parsed_json(data: bytes) -> object:
    return json.loads(data)


@each("case", MALFORMED, ids=lambda case: case.name)
def test_a_malformed_message_is_answered_with_its_fault(case: Case) -> None:
    found = parse(case.data, LIMITS)
    assert isinstance(found, Malformed)
    assert (found.code, found.id, found.answers) == (case.code, case.id, case.answers)
    assert case.words in found.message
    assert len(error_bytes(found.id, found.code, found.message)) < 1000


def test_the_table_of_malformed_messages_has_sixty_different_rows() -> None:
    assert len({case.data for case in MALFORMED}) == len(MALFORMED) >= 60


@each("id", [0, 1, -1, 2**63 - 1, -(2**63), 9007199254740993, "", "a", "1", "ü"], ids=repr)
def test_an_id_comes_back_with_its_type(id: str | int) -> None:
    request = parse(json.dumps({"id": id, "method": "m"}).encode(), LIMITS)
    assert request == Request(id, "m", MISSING)
    assert type(request.id) is type(id)
    assert parsed_json(result_bytes(request.id, {})) == {"id": id, "result": {}}


def test_a_request_without_id_is_a_notification() -> None:
    assert parse(b'{"method":"initialized"}', LIMITS) == Notification("initialized", MISSING)


@each("params", [None, {}, [], 5, "x", {"a": None}], ids=repr)
def test_params_are_kept_as_they_came_and_null_differs_from_absence(params: object) -> None:
    data = json.dumps({"id": 1, "method": "m", "params": params}).encode()
    assert parse(data, LIMITS) == Request(1, "m", params)


def test_unknown_members_of_a_message_are_ignored() -> None:
    data = b'{"jsonrpc":"2.0","id":1,"method":"m","params":{},"trace":null,"other":1}'
    assert parse(data, LIMITS) == Request(1, "m", {})


def test_an_answer_holds_a_result_or_an_error() -> None:
    assert parse(b'{"id":904,"result":null}', LIMITS) == Answer(904, None, None)
    assert parse(b'{"id":904,"result":{},"error":null}', LIMITS) == Answer(904, {}, None)
    error = {"code": -1, "message": "no"}
    data = json.dumps({"id": "a", "error": error, "result": None}).encode()
    assert parse(data, LIMITS) == Answer("a", None, error)


@pytest.mark.parametrize("data", [b"", b" ", b"\r", b"\n\t \r\n"], ids=repr)
def test_a_blank_line_is_ignored(data: bytes) -> None:
    assert parse(data, LIMITS) is None


@pytest.mark.parametrize(
    "data", [b' {"method":"m"}', b'{"method":"m"}\r', b'\n{"method":"m"}\n'], ids=repr
)
def test_white_space_around_a_message_does_no_harm(data: bytes) -> None:
    assert parse(data, LIMITS) == Notification("m", MISSING)


def test_a_message_at_each_limit_passes() -> None:
    assert isinstance(parse(nested(DEPTH), LIMITS), Request)
    assert isinstance(parse(numbered(b"9" * DIGITS), LIMITS), Request)
    assert isinstance(parse(numbered(b"1e308"), LIMITS), Request)
    assert isinstance(parse(b" " * 18 + b'{"id":1,"method":"mm"}', SMALL), Request)


def test_a_message_over_the_size_limit_is_refused_without_being_parsed() -> None:
    found = parse(b" " * 19 + b'{"id":1,"method":"mm"}', SMALL)
    assert found == oversize(SMALL, b'{"id":1,"method":"mm"}')
    assert (found.id, oversize(SMALL).id) == (1, None)
    assert "larger than 40 bytes" in oversize(SMALL).message


def test_a_binary_message_is_refused_under_the_id_of_the_request_or_answer() -> None:
    assert not_text(b'{"id":7,"method":"m"}').id == 7
    assert not_text(b'{"id":4,"result":1}')[::4] == (None, 4)
    assert not_text(b"\x00\xff").id is None


def test_brackets_and_digits_inside_strings_do_not_count_towards_limits() -> None:
    text = "[{" * 600_000 + "9" * 500 + "1e999" + "," + '\\"' + "9" * 500 + '\\"\\\\'
    data = json.dumps({"id": 1, "method": "m", "params": {"text": text}}).encode()
    assert parse(data, LIMITS) == Request(1, "m", {"text": text})


def test_a_nested_member_of_the_same_name_is_no_duplicate() -> None:
    params = {"id": 1, "method": [{"id": 2, "params": "\u0069\u00e9"}], 'a"b': "}"}
    data = json.dumps({"params": params, "id": 3, "method": "m"}).encode()
    assert parse(data, LIMITS) == Request(3, "m", params)


def test_a_duplicate_of_an_unused_member_is_ignored() -> None:
    data = b'{"id":1,"x":{"id":2},"x":{"id":3},"method":"m"}'
    assert parse(data, LIMITS) == Request(1, "m", MISSING)


class Reply(BaseModel):
    a: int | None = None
    b: float = float("inf")


def test_a_result_may_be_a_model_a_mapping_or_json_already() -> None:
    assert result_bytes(1, Reply(a=None)) == b'{"id":1,"result":{"a":null,"b":null}}'
    assert result_bytes("ü", {"a": None}) == '{"id":"ü","result":{"a":null}}'.encode()
    assert result_bytes(1, {"a": float("-inf")}) == b'{"id":1,"result":{"a":null}}'
    assert result_bytes(-1, b'{"a":1}') == b'{"id":-1,"result":{"a":1}}'


def test_an_error_holds_data_only_when_there_is_some() -> None:
    plain = b'{"error":{"code":-32600,"message":"n\\"o"},"id":null}'
    assert error_bytes(None, -32600, 'n"o') == plain
    with_data = b'{"error":{"code":1,"message":"no","data":{"a":null}},"id":"x"}'
    assert error_bytes("x", 1, "no", {"a": None}) == with_data


def test_an_error_text_with_lone_surrogates_is_still_written() -> None:
    assert b'"message":"file a?"' in error_bytes(1, 1, "file a\udcff")


def test_a_notification_carries_its_time_and_if_known_its_position_and_cursor() -> None:
    with_position = b'{"method":"m","params":{"a":1},"emittedAtMs":5,"position":9}'
    assert notification_bytes("m", b'{"a":1}', 5, 9) == with_position
    with_cursor = b'{"method":"m","params":{},"emittedAtMs":5,"position":9,"cursor":"l.9.t"}'
    assert notification_bytes("m", b"{}", 5, 9, "l.9.t") == with_cursor
    assert notification_bytes("m", b"{}", 5) == b'{"method":"m","params":{},"emittedAtMs":5}'


def assert_answered(data: bytes) -> None:
    found = parse(data, LIMITS)
    if isinstance(found, Malformed):
        assert isinstance(parsed_json(error_bytes(found.id, found.code, found.message)), dict)
    elif found is not None:
        assert isinstance(json.loads(data), dict)


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    assert_answered(data)


@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 3), st.binary(max_size=3)), max_size=4),
)
def test_any_damage_to_a_message_gets_an_answer(
    data: bytes, edits: list[tuple[int, int, bytes]]
) -> None:
    for start, length, insert in edits:
        data = data[:start] + insert + data[start + length :]
    assert_answered(data)


def any_json() -> st.SearchStrategy[object]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    keys = st.sampled_from(["id", "method", "params", "result", "error", "x"])
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
        max_leaves=10,
    )


@given(any_json())
def test_any_json_gets_an_answer(value: object) -> None:
    assert_answered(json.dumps(value).encode())
