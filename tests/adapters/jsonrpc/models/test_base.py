"""How every wire model reads and writes: names, nulls, absences and strictness."""

from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from tests.support.each import each
from tests.support.methods import METHODS
from threadhost.adapters.jsonrpc.models.base import Empty, Params, SnakeWire, Wire
from threadhost.adapters.jsonrpc.models.catalog import NOTIFICATIONS
from threadhost.adapters.jsonrpc.models.thread_list import ThreadListParams
from threadhost.adapters.jsonrpc.models.thread_notifications import ThreadDeletedNotification
from threadhost.adapters.jsonrpc.models.thread_read import ThreadReadParams
from threadhost.adapters.jsonrpc.models.thread_start import ThreadStartParams


class Sample(Params):
    kind: ClassVar[str] = "never on the wire"
    first_key: str
    second_key: int = 2
    third_key: str | None = None


def fault(model: type[Params], value: object) -> tuple[str, tuple[Any, ...]]:
    """The type and place of the first error in `value`."""
    with pytest.raises(ValidationError) as caught:
        model.from_wire(value)
    first = caught.value.errors()[0]
    return first["type"], first["loc"]


def test_keys_are_camel_case_in_field_order_and_nulls_are_written() -> None:
    assert (
        Sample(first_key="é").encode() == '{"firstKey":"é","secondKey":2,"thirdKey":null}'.encode()
    )


def test_python_builds_by_field_name_and_the_wire_reads_by_its_own_spelling_only() -> None:
    assert Sample.from_wire({"firstKey": "x"}) == Sample(first_key="x")
    assert fault(Sample, {"first_key": "x"}) == ("missing", ("firstKey",))


def test_unknown_keys_are_ignored_and_not_written_again() -> None:
    assert Sample.from_wire({"firstKey": "x", "more": 1}).encode() == Sample(first_key="x").encode()


def test_snake_case_objects_keep_their_names_on_the_wire() -> None:
    class Snake(SnakeWire):
        some_key: int

    assert Snake.from_wire({"some_key": 1}).encode() == b'{"some_key":1}'


def test_a_result_without_content_is_an_empty_object() -> None:
    assert Empty().encode() == b"{}"


@each("value", [None, "x", 7, True, 1.5])
def test_params_that_are_no_object_and_no_array_are_refused(value: object) -> None:
    assert fault(ThreadReadParams, value) == ("model_type", ())


def test_elements_of_an_array_are_the_fields_in_order() -> None:
    assert Sample.from_wire(["x", 5]) == Sample(first_key="x", second_key=5)


def test_elements_beyond_the_last_field_are_ignored_as_unknown_keys_are() -> None:
    assert Sample.from_wire(["x", 5, "y", "more"]) == Sample(
        first_key="x", second_key=5, third_key="y"
    )


def test_an_empty_array_lacks_the_required_fields() -> None:
    assert fault(Sample, []) == ("missing", ("firstKey",))


@each(
    ("value", "error"),
    [
        ({"threadId": "x", "includeTurns": None}, ("bool_type", ("includeTurns",))),
        ({"threadId": "x", "includeTurns": 1}, ("bool_type", ("includeTurns",))),
        ({"threadId": "x", "includeTurns": "true"}, ("bool_type", ("includeTurns",))),
        ({"threadId": None}, ("string_type", ("threadId",))),
        ({"threadId": 7}, ("string_type", ("threadId",))),
        ({"threadId": b"x"}, ("string_type", ("threadId",))),
        ({"includeTurns": True}, ("missing", ("threadId",))),
    ],
)
def test_values_are_not_coerced_and_null_is_no_value(value: object, error: object) -> None:
    assert fault(ThreadReadParams, value) == error


def test_an_absent_key_and_null_are_distinguished_where_the_answer_depends_on_it() -> None:
    absent = ThreadStartParams.from_wire({})
    null = ThreadStartParams.from_wire({"serviceTier": None})
    assert absent.service_tier is null.service_tier is None
    assert "service_tier" not in absent.model_fields_set
    assert "service_tier" in null.model_fields_set


def test_a_list_of_threads_without_a_project_differs_from_one_of_all_threads() -> None:
    unassigned = ThreadListParams.from_wire({"projectId": None, "sectionId": None})
    assert unassigned.model_fields_set == {"project_id", "section_id"}
    assert ThreadListParams.from_wire({}).model_fields_set == set()


def test_models_cannot_be_changed_once_they_are_built() -> None:
    sample = Sample(first_key="x")
    with pytest.raises(ValidationError):
        sample.first_key = "y"


def test_a_notification_class_names_its_method_without_writing_the_name_into_the_params() -> None:
    assert ThreadDeletedNotification.method == "thread/deleted"
    assert ThreadDeletedNotification(thread_id="x").encode() == b'{"threadId":"x"}'


@pytest.mark.few(10)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_exports_a_json_schema_for_both_directions(method: str) -> None:
    params, result = METHODS[method]
    exported: dict[type[Wire], Any] = {result: result.model_json_schema(mode="serialization")}
    if params is not None:
        exported[params] = params.model_json_schema(mode="validation")
    for model, schema in exported.items():
        assert schema["type"] == "object"
        assert set(schema.get("properties", {})) == set(model.wire_names())


@pytest.mark.slices
@each("method", NOTIFICATIONS)
def test_every_notification_exports_a_json_schema(method: str) -> None:
    exported = NOTIFICATIONS[method].model_json_schema(mode="serialization")
    assert set(exported["properties"]) == set(NOTIFICATIONS[method].wire_names())


def test_the_exported_schema_contains_models_that_are_built_late() -> None:
    exported = METHODS["thread/read"].result.model_json_schema(mode="serialization")
    assert {"Turn", "UserMessageItem", "ActiveStatus", "TurnError"} <= set(exported["$defs"])
