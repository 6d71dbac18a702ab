"""Every parameter and every other key on the wire is described in the exported schema."""

import ast
import inspect
import marshal
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.methods import METHODS
from threadhost.adapters.jsonrpc import methods, models
from threadhost.adapters.jsonrpc.models.base import Wire
from threadhost.adapters.jsonrpc.registry import Method, registry
from threadhost.adapters.jsonrpc.schema.common_fields import COMMON
from threadhost.adapters.jsonrpc.schema.descriptions import (
    description_of,
    fields_of,
    own_text,
    wire_models,
)
from threadhost.adapters.jsonrpc.schema.openrpc import openrpc
from threadhost.adapters.jsonrpc.schema.protocol import protocol
from threadhost.adapters.jsonrpc.schema.typescript import typescript

SENTENCE_CHARS_MAX = 260
BEGINNING_CHARS = 40
UNUSED = "Ignored:"
OF_NOTHING = re.compile(r"\bnull\b|[Aa]bsent|[Ii]gnored|[Aa]lways|but the host has none")
"""How a description says what a field means that holds no value."""
METHODS_FOLDER = Path(str(methods.__file__)).parent
MODELS = wire_models()


def test_every_parameter_of_every_method_that_is_answered_is_described() -> None:
    listed = {one["name"]: one["params"] for one in openrpc()["methods"]}
    counted = 0
    for method in registry:
        fields = method.params_model.wire_names() if method.params_model else []
        described = [one["name"] for one in listed[method.name] if one["description"]]
        assert described == fields, method.name
        counted += len(described)
    assert len(listed) == len(METHODS) == len(registry)
    assert counted > 250


def test_every_key_of_every_object_on_the_wire_is_described() -> None:
    keys = [
        (name, key, schema.get("description"))
        for name, definition in protocol().definitions.items()
        if name in MODELS or name.removesuffix("Param") in MODELS
        for key, schema in definition.get("properties", {}).items()
    ]
    assert len(keys) > 875
    assert [key for key in keys if not key[2]] == []


def test_the_description_of_a_nullable_key_says_what_null_means() -> None:
    fields = [
        (name, key, schema["description"])
        for name, definition in protocol().definitions.items()
        if name in MODELS
        for key, schema in definition.get("properties", {}).items()
        if {"type": "null"} in schema.get("anyOf", ())
    ]
    assert len(fields) > 300
    assert [field for field in fields if not OF_NOTHING.search(field[2])] == []


def test_every_method_and_every_notification_is_described() -> None:
    document = protocol()
    groups = (*document.requests, *document.notifications, *document.server_requests)
    assert [one.method for one in groups if not one.summary.endswith(".")] == []


@each("name", sorted(MODELS))
def test_a_description_is_a_short_sentence(name: str) -> None:
    for key, text in fields_of(MODELS[name]):
        assert text.endswith("."), key
        assert text[:1].isupper() or text.startswith("`"), key
        assert len(text) <= SENTENCE_CHARS_MAX, key


def test_every_shared_description_is_used_by_at_least_two_fields() -> None:
    users = dict.fromkeys(COMMON, 0)
    for model in MODELS.values():
        for field in inspect.get_annotations(model):
            if field in COMMON and not own_text(model, field):
                users[field] += 1
    assert [field for field, count in users.items() if count < 2] == []


def test_a_field_without_a_description_stops_the_export() -> None:
    class Silent(Wire):
        nobody_knows: str

    with pytest.raises(LookupError, match=r"Silent\.nobody_knows has no text"):
        description_of(Silent, "nobody_knows")


def test_starting_a_host_reads_no_descriptions() -> None:
    """Texts under fields are left out by the compiler; a `Field(description=...)` is not."""
    for name in ("job", "thread_start", "turn_start"):
        module = import_module(f"{models.__name__}.{name}")
        code = compile(Path(str(module.__file__)).read_text(), name, "exec", dont_inherit=True)
        said = [
            text
            for model in MODELS.values()
            if model.__module__ == module.__name__
            for field in inspect.get_annotations(model)
            if len(text := own_text(model, field)) > BEGINNING_CHARS
        ]
        assert said
        compiled = marshal.dumps(code)
        assert [text for text in said if text[:BEGINNING_CHARS].encode() in compiled] == []


def described_params() -> list[tuple[Method, str, str]]:
    """Each field of the params of each method, with its description."""
    return [
        (method, field, description_of(method.params_model, field))
        for method in registry
        if method.params_model
        for field in method.params_model.model_fields
    ]


@cache
def readers() -> list[tuple[set[str], str]]:
    """Every function with params: their types, and its source."""
    nodes = [
        node
        for path in METHODS_FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return [
        ({*ast.unparse(given.annotation).split(" | ")}, ast.unparse(node))
        for node in nodes
        for given in node.args.args
        if given.arg == "params" and given.annotation is not None
    ]


def readers_of(model: type[Wire] | None) -> str:
    """The functions with params of this type, or of one that it inherits from."""
    names = {one.__name__ for one in (model.__mro__ if model else ())}
    return "\n".join(source for types, source in readers() if names & types)


def test_no_method_uses_a_param_whose_description_calls_it_unused() -> None:
    for method, field, text in described_params():
        if text.startswith(UNUSED):
            used = re.search(rf"params\.{field}\b", readers_of(method.params_model))
            assert used is None, f"{method.name} uses {field}"


def test_every_param_that_is_not_described_as_unused_is_used() -> None:
    sources = [*METHODS_FOLDER.glob("*.py"), METHODS_FOLDER.parent / "client_profile.py"]
    source = "\n".join(path.read_text() for path in sources)
    unused = [
        f"{method.name} {field}"
        for method, field, text in described_params()
        if not text.startswith(UNUSED) and not re.search(rf'\.{field}\b|"{field}"', source)
    ]
    assert unused == []


def test_the_typescript_has_the_description_above_each_field() -> None:
    lines = typescript(protocol()).splitlines()
    (at,) = [number for number, line in enumerate(lines) if line == "  jobId: string;"][:1]
    assert lines[at - 1] == f"  /** {COMMON['job_id']} */"
