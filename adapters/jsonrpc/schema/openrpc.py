"""The protocol as an OpenRPC document."""

from collections.abc import Iterator
from typing import Any

from threadhost.adapters.jsonrpc.schema.protocol import TITLE, Operation, protocol
from threadhost.adapters.jsonrpc.schema.shapes import (
    EXPERIMENTAL,
    Definitions,
    Schema,
    named_in,
    reachable,
    with_names,
)
from threadhost.adapters.version import PROTOCOL_VERSION

OPENRPC = "1.3.2"
COMPONENTS = "#/components/schemas/"
ABOUT = (
    "Messages are those of JSON-RPC 2.0 without the member `jsonrpc`; params are always an object."
    " What the host says of itself stands in `x-notifications` and `x-serverRequests`."
)


def openrpc() -> dict[str, Any]:
    """The document: the methods of clients, and as extensions the host's own messages."""
    document = protocol()
    operations = {
        "methods": document.requests,
        "x-notifications": document.notifications,
        "x-serverRequests": document.server_requests,
    }
    definitions = document.definitions
    roots = (
        n
        for group in operations.values()
        for operation in group
        for n in _roots(operation, definitions)
    )
    components = reachable(definitions, roots)
    return {
        "openrpc": OPENRPC,
        "info": {"title": TITLE, "version": PROTOCOL_VERSION, "description": ABOUT},
        **{
            part: [_method(operation, definitions) for operation in group]
            for part, group in operations.items()
        },
        "components": {"schemas": {name: _pointing(schema) for name, schema in components.items()}},
    }


def _method(operation: Operation, definitions: Definitions) -> dict[str, Any]:
    params = definitions[operation.params.__name__] if operation.params else {}
    required = params.get("required", ())
    described: dict[str, Any] = {
        "name": operation.method,
        "summary": operation.summary,
        "paramStructure": "by-name",
        "params": [
            _param(name, schema, is_required=name in required)
            for name, schema in params.get("properties", {}).items()
        ],
    }
    if operation.result is not None:
        result = operation.result.__name__
        described["result"] = {"name": result, "schema": {"$ref": COMPONENTS + result}}
    return {**described, **EXPERIMENTAL} if operation.experimental else described


def _param(name: str, schema: Schema, *, is_required: bool) -> dict[str, Any]:
    """A parameter, with the description moved to it from its schema."""
    undescribed = {key: value for key, value in schema.items() if key != "description"}
    bare = undescribed["allOf"][0] if [*undescribed] == ["allOf"] else undescribed
    described = {"name": name, "description": schema["description"]}
    return {**described, "required": is_required, "schema": _pointing(bare)}


def _roots(operation: Operation, definitions: Definitions) -> Iterator[str]:
    if operation.params is not None:
        yield from named_in(definitions[operation.params.__name__])
    if operation.result is not None:
        yield operation.result.__name__


def _pointing(schema: Schema) -> Schema:
    return with_names(schema, lambda name: COMPONENTS + name)
