"""The reference pages of the protocol: each parameter, each key of an answer, each notification."""

import json
from collections.abc import Iterable, Iterator

from threadhost.adapters.jsonrpc.schema.protocol import Operation, protocol
from threadhost.adapters.jsonrpc.schema.shapes import (
    EXPERIMENTAL,
    Schema,
    named_in,
    reachable,
)
from threadhost.adapters.jsonrpc.schema.typescript import type_of

HEAD = "| {} | type | default | meaning |"
RULE = "| --- | --- | --- | --- |"
PARAMETER, ANSWER = "parameter", "key of the answer"


def parameters() -> Iterator[str]:
    """Each method with what it takes and what it answers."""
    for operation in sorted(protocol().requests, key=lambda one: one.method):
        yield from _heading(operation)
        yield from _fields(PARAMETER, operation.params)
        yield from _fields(ANSWER, operation.result)


def notifications() -> Iterator[str]:
    """Each notification, then each request of the host, with their params."""
    document = protocol()
    for operation in sorted(document.notifications, key=lambda one: one.method):
        yield from _heading(operation)
        yield from _fields(PARAMETER, operation.params)
    for operation in sorted(document.server_requests, key=lambda one: one.method):
        yield from _heading(operation, " (a request)")
        yield from _fields(PARAMETER, operation.params)
        yield from _fields(ANSWER, operation.result)


def objects() -> Iterator[str]:
    """Every type that stands in another."""
    known = protocol().definitions
    operations = _operations()
    heads = [model.__name__ for one in operations for model in (one.params, one.result) if model]
    inner = {name for head in heads for name in named_in(known[head])}
    for name, schema in reachable(known, inner).items():
        yield from (f"## {name}", "", schema.get("description", ""), "")
        if "properties" in schema:
            yield from _table("key", schema)
        else:
            yield from (f"`{type_of(schema)}`".replace("\n", " "), "")


def _operations() -> tuple[Operation, ...]:
    document = protocol()
    return *document.requests, *document.notifications, *document.server_requests


def _heading(operation: Operation, more: str = "") -> Iterator[str]:
    gate = " Experimental." if operation.experimental else ""
    yield from (f"## {operation.method}{more}", "", f"{operation.summary}{gate}", "")


def _fields(what: str, model: type | None) -> Iterable[str]:
    known = protocol().definitions
    schema = known[model.__name__] if model else {}
    none = "No parameters." if what == PARAMETER else "The answer is empty: `{}`."
    return _table(what, schema) if schema.get("properties") else (none, "")


def _table(what: str, schema: Schema) -> Iterator[str]:
    required = schema.get("required", ())
    always = "required" if what == PARAMETER else "always there"
    yield from (HEAD.format(what), RULE)
    for name, inner in schema["properties"].items():
        gate = " Experimental." if EXPERIMENTAL.keys() <= inner.keys() else ""
        without = always if name in required else _default(inner)
        kind = type_of(inner).replace("|", "\\|").replace("\n", " ")
        said = inner["description"].replace("|", "\\|")
        yield f"| `{name}` | `{kind}` | {without} | {said}{gate} |"
    yield ""


def _default(schema: Schema) -> str:
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else "may be absent"
