"""The error messages for params that do not fit."""

import re
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from tests.support.each import each
from tests.support.methods import METHODS
from threadhost.adapters.jsonrpc.errors import (
    RpcError,
    invalid_params_error,
    invalid_params_message,
    one_of,
    received,
)
from threadhost.adapters.jsonrpc.models.base import Params, Wire
from threadhost.adapters.jsonrpc.models.scalars import I64, U32, AbsolutePath


class Color(StrEnum):
    RED = "red"
    GREEN = "green"


class Text(Wire):
    type: Literal["text"]
    text: str


class Image(Wire):
    type: Literal["image"]
    url: str


Content = Annotated[Text | Image, Field(discriminator="type")]


class Client(Wire):
    display_name: str


class Everything(Params):
    thread_id: str = ""
    limit: U32 | None = None
    offset: I64 = 0
    plain: int = 0
    ratio: float = 0.0
    archived: bool = False
    sort: Literal["a", "b", "c"] = "a"
    only: Literal["x"] = "x"
    color: Annotated[Color, Field(strict=False)] = Color.RED
    names: list[str] = Field(default_factory=list)
    table: dict[str, U32] = Field(default_factory=dict)
    client: Client | None = None
    content: list[Content] = Field(default_factory=list)
    cwd: AbsolutePath | None = None
    code: Annotated[str, Field(min_length=2, max_length=3)] = "ab"
    positive: Annotated[int, Field(gt=0)] = 1
    pair: Annotated[list[int], Field(min_length=2, max_length=2)] = Field(default=[1, 2])
    percent: Annotated[int, Field(ge=0, le=100)] = 0
    said: Annotated[str, Field(pattern=r"\S")] = "x"
    form: Annotated[str, Field(pattern=r"^a$")] = "a"
    even: int = 0

    @field_validator("even")
    @classmethod
    def _is_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("odd numbers are out")
        return value


class Required(Params):
    thread_id: str
    client_info: Client


def fault(params: object, model: type[Params] = Everything) -> str:
    with pytest.raises(ValidationError) as caught:
        model.from_wire(params)
    return invalid_params_message(caught.value)


@each(
    ("params", "words"),
    [
        ({"threadId": 7}, "invalid type: integer `7`, expected a string (at `threadId`)"),
        ({"threadId": None}, "invalid type: null, expected a string (at `threadId`)"),
        ({"threadId": ["a"]}, "invalid type: sequence, expected a string (at `threadId`)"),
        ({"threadId": {}}, "invalid type: map, expected a string (at `threadId`)"),
        ({"limit": -1}, "invalid value: integer `-1`, expected u32 (at `limit`)"),
        ({"limit": 2**32}, "invalid value: integer `4294967296`, expected u32 (at `limit`)"),
        ({"limit": "5"}, 'invalid type: string "5", expected u32 (at `limit`)'),
        ({"limit": True}, "invalid type: boolean `true`, expected u32 (at `limit`)"),
        ({"limit": 1.5}, "invalid type: floating point `1.5`, expected u32 (at `limit`)"),
        ({"limit": 1.0}, "invalid type: floating point `1.0`, expected u32 (at `limit`)"),
        ({"offset": 2**63}, f"invalid value: integer `{2**63}`, expected i64 (at `offset`)"),
        ({"plain": "1"}, 'invalid type: string "1", expected i64 (at `plain`)'),
        ({"ratio": "1"}, 'invalid type: string "1", expected f64 (at `ratio`)'),
        ({"archived": "yes"}, 'invalid type: string "yes", expected a boolean (at `archived`)'),
        ({"archived": 1}, "invalid type: integer `1`, expected a boolean (at `archived`)"),
        ({"archived": None}, "invalid type: null, expected a boolean (at `archived`)"),
        ({"sort": "x"}, "unknown variant `x`, expected one of `a`, `b`, `c` (at `sort`)"),
        ({"sort": 5}, "invalid type: integer `5`, expected one of `a`, `b`, `c` (at `sort`)"),
        ({"only": "y"}, "unknown variant `y`, expected `x` (at `only`)"),
        ({"color": "blue"}, "unknown variant `blue`, expected `red` or `green` (at `color`)"),
        ({"names": "a"}, 'invalid type: string "a", expected a sequence (at `names`)'),
        ({"names": ["a", 5]}, "invalid type: integer `5`, expected a string (at `names[1]`)"),
        ({"table": []}, "invalid type: sequence, expected a map (at `table`)"),
        ({"table": {"k": -1}}, "invalid value: integer `-1`, expected u32 (at `table.k`)"),
        ({"client": 1}, "invalid type: integer `1`, expected struct Client (at `client`)"),
        ({"client": {}}, "missing field `displayName` (at `client`)"),
        (
            {"content": [{"type": "x"}]},
            "unknown variant `x`, expected `text` or `image` (at `content[0]`)",
        ),
        ({"content": [{}]}, "missing field `type` (at `content[0]`)"),
        ({"cwd": "a"}, "path is not absolute: `a` (at `cwd`)"),
        (
            {"code": "a"},
            "invalid length: 1, expected at least 2 characters (at `code`)",
        ),
        (
            {"positive": 0},
            "invalid value: integer `0`, expected more than 0 (at `positive`)",
        ),
        ({"code": "abcd"}, "invalid length: 4, expected at most 3 characters (at `code`)"),
        ({"pair": [1]}, "invalid length: 1, expected at least 2 entries (at `pair`)"),
        ({"pair": [1, 2, 3]}, "invalid length: 3, expected at most 2 entries (at `pair`)"),
        ({"percent": -1}, "invalid value: integer `-1`, expected at least 0 (at `percent`)"),
        ({"percent": 101}, "invalid value: integer `101`, expected at most 100 (at `percent`)"),
        (
            {"said": " "},
            'invalid value: string " ", expected text that is not blank (at `said`)',
        ),
        ({"form": "b"}, 'invalid value: string "b", expected text of the form `^a$` (at `form`)'),
        ({"even": 3}, "odd numbers are out (at `even`)"),
        (5, "invalid type: integer `5`, expected struct Everything"),
        (None, "invalid type: null, expected struct Everything"),
    ],
    ids=repr,
)
def test_a_wrong_value_is_named_with_what_was_expected_and_where(
    params: object, words: str
) -> None:
    assert fault(params) == f"Invalid request: {words}"


def test_a_missing_field_is_named_as_on_the_wire() -> None:
    client = {"clientInfo": {"displayName": "x"}}
    assert fault(client, Required) == "Invalid request: missing field `threadId`"
    assert fault({"threadId": "a"}, Required) == "Invalid request: missing field `clientInfo`"


def test_of_several_faults_in_params_the_first_is_reported() -> None:
    told = fault({"threadId": 1, "limit": -1, "archived": 2})
    assert told.endswith("expected a string (at `threadId`)")


def test_a_long_value_is_cut_in_the_error() -> None:
    assert len(fault({"limit": "x" * 10_000})) < 400
    assert len(fault({"limit": 10**350})) < 400
    assert len(fault({"sort": "x" * 10_000})) < 400


def test_a_long_name_of_a_field_is_cut_in_the_error() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.from_wire({"table": {"k" * 5_000: "x"}})
    refused = invalid_params_error(caught.value)
    assert isinstance(refused.data, dict)
    for words in (refused.message, refused.data["field"]):
        assert "kkk…" in words
        assert len(words) < 350


def test_quotes_in_a_value_are_escaped() -> None:
    assert received('a"b\n') == 'string "a\\"b\\n"'


def test_a_list_of_choices_is_written_as_english_for_any_length() -> None:
    assert one_of([]) == "nothing"
    assert one_of(["a"]) == "`a`"
    assert one_of(["a", "b"]) == "`a` or `b`"
    assert one_of(["a", "b", "c"]) == "one of `a`, `b`, `c`"


def test_a_refusal_is_an_exception_with_code_message_and_data() -> None:
    refusal = RpcError(-32602, "input too large", {"max": 1})
    assert (refusal.code, str(refusal), refusal.data) == (-32602, "input too large", {"max": 1})


PARAMS = sorted({one.params for one in METHODS.values() if one.params}, key=lambda m: m.__name__)
ODD: list[object] = [None, True, 7, -1, 1.5, "", " ", "é", "x" * 2_000, [], ["a"], {}, {"a": 1}]
FITTING: list[object] = ["x", 1, [], {"name": "x", "version": "1"}, "enabled"]
OF_A_LIBRARY = re.compile(r"should|Input|pattern|valid (string|integer|dictionary|list)|\\S|\[A-Za")


@each("model", PARAMS, ids=lambda model: model.__name__)
def test_errors_of_params_contain_no_pattern_and_no_text_of_the_validation_library(
    model: type[Params],
) -> None:
    fitting = {name: value for name in model.wire_names() for value in fits(model, name)}
    model.from_wire(fitting)
    for name in model.wire_names():
        for value in ODD:
            try:
                model.from_wire({**fitting, name: value})
            except ValidationError as error:
                told = invalid_params_error(error)
                assert not OF_A_LIBRARY.search(told.message), told.message
                assert told.reason == "invalidParams"
                assert isinstance(told.data, dict)
                assert told.data["field"]


def fits(model: type[Params], name: str) -> list[object]:
    """A value that a required field takes, in a list; nothing for a field that may be absent."""
    if not any(fault["loc"] == (name,) for fault in faults(model, {})):
        return []
    fitting = [
        one for one in FITTING if not any(f["loc"][0] == name for f in faults(model, {name: one}))
    ]
    return fitting[:1]


def faults(model: type[Params], params: object) -> list[ErrorDetails]:
    """Everything that is wrong with some params."""
    try:
        model.from_wire(params)
    except ValidationError as error:
        return error.errors()
    return []
