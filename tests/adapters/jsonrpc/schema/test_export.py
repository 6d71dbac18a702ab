"""The exported schema is up to date, valid, and fits the messages that are really sent."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft7Validator, Registry, meta

from tests.adapters.jsonrpc.models import examples
from tests.support import schema, transcripts
from tests.support.each import each
from tests.support.methods import METHODS
from threadhost.adapters.cli.schema import (
    JSON_SCHEMA,
    OPENRPC,
    TYPESCRIPT,
    json_files,
    typescript_file,
)
from threadhost.adapters.jsonrpc.models.base import Notification, Result
from threadhost.adapters.jsonrpc.models.catalog import NOTIFICATIONS, SERVER_REQUESTS
from threadhost.adapters.jsonrpc.registry import registry
from threadhost.adapters.jsonrpc.schema.openrpc import COMPONENTS, openrpc
from threadhost.adapters.jsonrpc.schema.protocol import json_schema, protocol
from threadhost.adapters.jsonrpc.schema.shapes import AT, DIALECT, Definitions

GOLDEN = Path(__file__).parents[3] / "golden" / "schema"
RESULTS = {f"{method} {at}": (method, one) for at, (method, one) in enumerate(examples.RESULTS)}
SENT = {f"{one.method} {at}": one for at, one in enumerate(examples.NOTIFICATIONS)}


def faults(name: str, value: object) -> list[str]:
    """The violations of a definition by a value."""
    return schema.faults(definition(name), value)


@cache
def definition(name: str) -> Draft7Validator:
    """A validator of one exported definition."""
    return schema.validator(document(), AT + name)


@cache
def document() -> Registry:
    """All definitions; made on demand, as this takes longer than collecting the file."""
    return schema.registry(definitions())


def definitions() -> Definitions:
    """Each definition by its name."""
    return protocol().definitions


def references(value: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


@pytest.mark.parametrize("name", [JSON_SCHEMA, OPENRPC, TYPESCRIPT])
def test_the_checked_in_schema_files_match_the_models(name: str) -> None:
    made = {**json_files(), TYPESCRIPT: typescript_file()}[name]
    # Compared as one value: the difference of such texts takes a test runner minutes to show.
    is_current = (GOLDEN / name).read_text() == made
    assert is_current, "run: make docs"


def test_every_exported_definition_is_a_valid_schema_and_refers_only_to_existing_ones() -> None:
    meta.validate(json_schema())
    assert {found.removeprefix(AT) for found in references(definitions())} <= set(definitions())
    assert [name for name in definitions() if not name.isidentifier() or "__" in name] == []


def test_every_exported_definition_is_referred_to() -> None:
    named = {found.removeprefix(AT) for found in references(definitions())}
    results = {one.result.__name__ for one in (*METHODS.values(), *SERVER_REQUESTS.values())}
    messages = {"ClientNotification", "Response", "ErrorResponse"}
    unions = {"ClientRequest", "ServerNotification", "ServerRequest"}
    assert set(definitions()) - named - results - unions == messages


@each(("method", "result"), RESULTS.values(), ids=RESULTS.keys())
def test_every_result_of_the_host_fits_the_exported_schema(method: str, result: Result) -> None:
    assert faults(METHODS[method].result.__name__, json.loads(result.encode())) == []


@each("sent", SENT.values(), ids=SENT.keys())
def test_every_notification_of_the_host_fits_the_exported_schema(sent: Notification) -> None:
    message = {"method": sent.method, "params": json.loads(sent.encode()), "emittedAtMs": 1}
    assert faults("ServerNotification", message) == []
    assert faults("ServerNotification", {**message, "position": 7}) == []
    assert faults("ServerNotification", {**message, "params": {}}) != []


def test_every_recorded_request_that_the_reference_accepted_fits_the_exported_schema() -> None:
    taken = [one for one in transcripts.exchanges() if one.method in METHODS and not one.error]
    assert taken
    for one in taken:
        if METHODS[one.method].params is not None:
            request = {"id": 1, "method": one.method, "params": one.params}
            assert faults("ClientRequest", request) == [], request


@pytest.mark.parametrize(
    "request_",
    [
        {"id": 1, "method": "thread/read", "params": {}},
        {"id": 1, "method": "thread/read", "params": {"threadId": 1}},
        {"id": 1, "method": "thread/read"},
        {"method": "thread/read", "params": {"threadId": "x"}},
        {"id": None, "method": "thread/read", "params": {"threadId": "x"}},
        {"id": 1, "method": "thread/reed", "params": {"threadId": "x"}},
        {"id": 1, "method": "turn/start", "params": {"threadId": "x", "input": [{"text": "hi"}]}},
        {"id": 1, "method": "turn/start", "params": {"threadId": "x", "input": [{"type": "a"}]}},
    ],
    ids=str,
)
def test_a_request_that_would_be_refused_does_not_fit_the_exported_schema(
    request_: dict[str, Any],
) -> None:
    assert faults("ClientRequest", request_) != []


def test_both_kinds_of_answer_have_their_definition() -> None:
    answer = {"id": "a", "result": {}}
    refusal = {
        "error": {"code": -32600, "message": "no", "data": {"reason": "threadNotFound"}},
        "id": None,
    }
    assert faults("Response", answer) == faults("ErrorResponse", refusal) == []
    assert faults("Response", refusal) != []
    assert faults("ErrorResponse", answer) != []


def test_the_registry_and_the_export_have_the_same_methods_and_experimental_marks() -> None:
    gated = {method.name for method in registry if method.experimental}
    assert {method.name for method in registry} == set(METHODS)
    assert [one.method for one in protocol().requests] == list(METHODS)
    assert {one.method for one in protocol().requests if one.experimental} == gated
    choices = definitions()["ClientRequest"]["anyOf"]
    marked = [c["properties"]["method"]["const"] for c in choices if "x-experimental" in c]
    assert set(marked) == gated
    described = {one["name"] for one in openrpc()["methods"] if "x-experimental" in one}
    assert described == gated


def test_every_exported_method_has_a_summary() -> None:
    said = protocol()
    every = (*said.requests, *said.notifications, *said.server_requests)
    assert [one.method for one in every if len(one.summary.split()) < 2] == []


def test_the_openrpc_document_has_the_parts_that_its_specification_asks_for() -> None:
    made = openrpc()
    assert made["openrpc"].startswith("1.3.")
    assert {"title", "version"} <= set(made["info"])
    assert {one["name"] for one in made["methods"]} == set(METHODS)
    assert {one["name"] for one in made["x-notifications"]} == set(NOTIFICATIONS)
    components = made["components"]["schemas"]
    assert {found.removeprefix(COMPONENTS) for found in references(made)} == set(components)
    for one in made["methods"]:
        assert set(one) - {"x-experimental"} == {
            *("name", "summary", "paramStructure", "params", "result")
        }
        for part in (*one["params"], one["result"]):
            meta.validate({"$schema": DIALECT, **part["schema"]})
    meta.validate({"$schema": DIALECT, "definitions": components})


def test_the_openrpc_document_has_each_field_of_params_as_a_param() -> None:
    for one in openrpc()["methods"]:
        model = METHODS[one["name"]].params
        fields = model.model_fields.values() if model else ()
        names = model.wire_names() if model else []
        wanted = [(n, field.is_required()) for n, field in zip(names, fields, strict=True)]
        assert [(part["name"], part["required"]) for part in one["params"]] == wanted


def test_requests_of_the_host_to_clients_are_exported_with_params_and_results() -> None:
    choices = definitions()["ServerRequest"]["anyOf"]
    assert [c["properties"]["method"]["const"] for c in choices] == list(SERVER_REQUESTS)
    assert {tuple(c["required"]) for c in choices} == {("method", "params", "id")}
    described = {one["name"]: one for one in openrpc()["x-serverRequests"]}
    text = typescript_file()
    for name, (params, result) in SERVER_REQUESTS.items():
        assert params is not None
        assert [part["name"] for part in described[name]["params"]] == params.wire_names()
        given = f"{{ params: {params.__name__}; result: {result.__name__} }};"
        assert f'"{name}": {given}' in text


def test_the_typescript_declares_every_definition_once_and_every_method() -> None:
    text = typescript_file()
    declared = [line.split()[2] for line in text.splitlines() if line.startswith("export type ")]
    assert declared == [*definitions(), "ClientMethods", "ServerMethods"]
    for name, (params, result) in METHODS.items():
        given = params.__name__ if params else "undefined"
        assert f'"{name}": {{ params: {given}; result: {result.__name__} }};' in text
    assert text.count("{") == text.count("}")
