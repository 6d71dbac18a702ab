"""Every field that a client can send has a limit, and a larger value is refused by its name."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import from_json

from tests.support.each import each
from tests.support.field_reference import Field, all_fields
from threadhost.adapters.config import FieldLimits
from threadhost.adapters.jsonrpc import field_limits
from threadhost.adapters.jsonrpc.errors import INVALID_REQUEST, RpcError
from threadhost.adapters.jsonrpc.field_limits import (
    BOUNDS,
    DECLARED,
    GROWTH_MAX,
    IDS,
    declare,
    require_bounded,
    require_few,
    require_within,
    small_enough_bytes,
)
from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.models.thread_start import ThreadStartParams
from threadhost.adapters.jsonrpc.models.turn_start import TurnStartParams

SMALL = FieldLimits(*[8] * len(FieldLimits._fields))
FIELDS = [field for field, _ in all_fields().values()]
NAMES = [f"{field.model.__name__}.{field.name}" for field in FIELDS]


def refused(params: Wire, limits: FieldLimits = SMALL) -> RpcError:
    with pytest.raises(RpcError) as caught:
        require_bounded(params, limits)
    return caught.value


def holding(field: Field, value: Any) -> Wire:
    return field.model.model_construct({field.name}, **{field.name: value})


def too_large(field: Field, what: str) -> Any:
    """A value with nine entries where eight are allowed, in a shape that fits the field."""
    if what == "entries":
        return dict.fromkeys(map(str, range(9)), "") if dict in field.types else [""] * 9
    if what == "whole":
        return ["xxx"] * 3 if list in field.types else {"x": "123456789"}
    if list in field.types:
        return ["", "123456789"]
    return {"k": "123456789"} if dict in field.types else "123456789"


@each("field", FIELDS, ids=NAMES)
def test_every_field_of_any_size_has_a_limit_that_is_kept(field: Field) -> None:
    bound = field.bound
    assert bound is not None, "a new field needs a bound: field_limits.declare in its noun's models"
    assert bound.limits
    for what, limit in bound._asdict().items():
        if limit:
            error = refused(holding(field, too_large(field, what)))
            assert error.code == INVALID_REQUEST
            assert f"expected at most 8 (at `{field.model.wire_name(field.name)}" in error.message


def test_every_listed_limit_is_of_a_field_that_exists() -> None:
    there = {field.name for field in FIELDS} | set(NAMES)
    assert {*BOUNDS, *DECLARED} <= there


def test_a_field_that_a_noun_declares_is_limited_and_declared_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(field_limits, "DECLARED", {})
    declare(pins=IDS)
    with pytest.raises(ValueError, match=r"twice: pins$"):
        declare(pins=IDS, others=IDS)
    with pytest.raises(ValueError, match="thread_id"):
        declare(thread_id=IDS)
    with pytest.raises(RpcError, match=r"9, expected at most 8 \(at `pins`\)"):
        require_few({"pins": [""] * 9}, Wire, SMALL)


def test_every_limit_is_of_some_field() -> None:
    used = {limit for bound in BOUNDS.values() for limit in bound.limits}
    assert used == set(FieldLimits._fields)


@each(
    ("said", "place", "actual"),
    [
        ({"cwd": "/" + "d" * 5000}, "cwd", 5001),
        ({"cwd": "é" * 2049}, "cwd", 4098),
        ({"config": {"a": {"b": "x" * 2**20}}}, "config", 2**20 + 14),
        ({"runtimeWorkspaceRoots": ["/a", "/" + "b" * 4096]}, "runtimeWorkspaceRoots[1]", 4097),
        (
            {"dynamicTools": [{"name": "n", "description": "d" * 70_000, "inputSchema": {}}]},
            "dynamicTools[0].description",
            70_000,
        ),
        ({"multiAgentMode": {"custom": "x" * 2**21}}, "multiAgentMode.custom", 2**21),
    ],
    ids=["path", "utf-8", "json", "list", "tool", "mode"],
)
def test_a_refusal_names_the_field_its_size_and_the_limit(
    said: dict[str, Any], place: str, actual: int
) -> None:
    error = refused(ThreadStartParams.from_wire(said), FieldLimits())
    data: Any = error.data
    assert data["code"] == "too_large"
    assert (data["field"], data["actual"]) == (place, actual)
    assert data["max"] == getattr(FieldLimits(), data["limit"])
    assert error.message == (
        f"Invalid request: invalid length: {actual} bytes, expected at most {data['max']}"
        f" (at `{place}`)"
    )


def test_keys_of_a_map_have_the_limit_of_a_text() -> None:
    said = {"threadId": "t", "input": [], "responsesapiClientMetadata": {"k" * 70_000: "v"}}
    error = refused(TurnStartParams.from_wire(said), FieldLimits())
    assert "70000 bytes" in error.message


def test_all_tools_together_have_a_limit() -> None:
    tool = {"name": "n", "description": "d" * 60_000, "inputSchema": {}}
    error = refused(ThreadStartParams.from_wire({"dynamicTools": [tool] * 80}), FieldLimits())
    assert error.data["limit"] == "tools_bytes_max"  # type: ignore[index]


def test_large_messages_of_real_clients_are_below_every_limit() -> None:
    """Long instructions, a config with many keys, a picture of some megabytes."""
    url = "data:image/png;base64," + "A" * 12_000_000
    start = {
        "cwd": "/" + "d" * 4000,
        "baseInstructions": "i" * 500_000,
        "config": {f"key{n}": "v" * 100 for n in range(1000)},
        "dynamicTools": [{"name": "n", "description": "d" * 9000, "inputSchema": {}}] * 100,
    }
    turn = {
        "threadId": "t",
        "input": [{"type": "image", "url": url}, {"type": "text", "text": "t" * 4_000_000}],
    }
    require_bounded(ThreadStartParams.from_wire(start), FieldLimits())
    require_bounded(TurnStartParams.from_wire(turn), FieldLimits())


def test_a_value_that_grows_over_several_requests_has_the_limit_of_its_field() -> None:
    require_within("config", {"a": "x"}, SMALL._replace(json_bytes_max=9))
    with pytest.raises(RpcError, match=r"expected at most 8 \(at `config`\)"):
        require_within("config", {"a": "x"}, SMALL)


MANY = [{"type": "text", "text": ""}] * 9


@each(
    ("said", "place"),
    [
        ({"input": MANY}, "input"),
        (["t", MANY], "input"),
        ({"environments": [{"runtimeWorkspaceRoots": [1] * 9}]}, "environments[0].runtime"),
        ({"input": [{"text_elements": [None] * 9}]}, "input[0].text_elements"),
        ({"additionalContext": dict.fromkeys("abcdefghi")}, "additionalContext"),
    ],
    ids=["list", "by position", "camel", "snake", "map"],
)
def test_many_entries_are_refused_before_any_of_them_is_read(said: Any, place: str) -> None:
    with pytest.raises(RpcError, match=r"invalid length: 9, expected at most 8") as caught:
        require_few(said, TurnStartParams, SMALL)
    assert place in caught.value.message


def test_a_field_of_any_shape_may_have_any_number_of_entries() -> None:
    anything = {"input": [1] * 99, "tools": [1] * 99}
    said = {"config": anything, "dynamicTools": [{"inputSchema": anything}]}
    require_few(said, ThreadStartParams, SMALL)
    require_few([1] * 99, ThreadStartParams, SMALL)
    require_few("no params", ThreadStartParams, SMALL)


PIECES = st.sampled_from(["1e15", "-9e15", "1E-5", "true", "[]", '"\\u00e9"', '"\\n/"', "0.0"])


@given(st.lists(PIECES, min_size=1).map(lambda pieces: f'{{"k":[{",".join(pieces)}]}}'))
@example('{"k":[' + ",".join(["1e15"] * 99) + "]}")
def test_params_that_are_too_short_to_exceed_a_limit_are_never_refused_by_the_full_check(
    raw: str,
) -> None:
    limits = FieldLimits(*[GROWTH_MAX * len(raw)] * len(FieldLimits._fields))
    assert small_enough_bytes(limits) == len(raw)
    params = ThreadStartParams(config=from_json(raw), base_instructions=raw)
    require_bounded(params, limits)


def test_the_length_below_which_params_are_not_checked_follows_from_the_smallest_limit() -> None:
    assert small_enough_bytes(FieldLimits()) == FieldLimits().id_bytes_max
    assert small_enough_bytes(FieldLimits(json_bytes_max=40)) == 10
