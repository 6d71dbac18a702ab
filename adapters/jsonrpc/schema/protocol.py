"""The whole protocol: its operations, from the registry and the models, and its messages."""

import inspect
from collections.abc import Mapping
from functools import cache

from threadhost.adapters.jsonrpc import methods as _methods  # noqa: F401  (fills the registry)
from threadhost.adapters.jsonrpc.models.base import Notification, Params, Result
from threadhost.adapters.jsonrpc.models.catalog import NOTIFICATIONS, SERVER_REQUESTS, MethodModels
from threadhost.adapters.jsonrpc.reasons import REASONS
from threadhost.adapters.jsonrpc.registry import registry
from threadhost.adapters.jsonrpc.schema.definitions import definitions
from threadhost.adapters.jsonrpc.schema.shapes import (
    DIALECT,
    EXPERIMENTAL,
    NULL,
    Definitions,
    Schema,
    ref,
)
from threadhost.events.named_tuple import NamedTuple

TITLE = "threadhost"
REASON = "The kind of the refusal; later versions may have more."
EMITTED_AT = "The time at which the host made the notification, in milliseconds since 1970."
POSITION = (
    "Extension of this host: the position in the log of its event; the client has all"
    " notifications up to there. Absent if the notification has no event in the log."
)
INT64: Schema = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}


class Operation(NamedTuple):
    """One method of a request or a notification; a notification has no `result`."""

    method: str
    params: type[Params | Notification] | None
    result: type[Result] | None
    summary: str
    experimental: bool = False


class Protocol(NamedTuple):
    """All messages between a client and this host."""

    requests: tuple[Operation, ...]
    notifications: tuple[Operation, ...]
    server_requests: tuple[Operation, ...]
    definitions: Definitions
    """The definitions of all their models, and of each kind of message."""


@cache
def protocol() -> Protocol:
    """The protocol of this version."""
    requests = tuple(
        Operation(
            method.name,
            method.params_model,
            method.result_model,
            _first(inspect.getdoc(method.handler) or ""),
            method.experimental,
        )
        for method in sorted(registry, key=lambda method: method.name)
    )
    notifications = tuple(
        Operation(name, model, None, _first(model.__doc__ or ""))
        for name, model in NOTIFICATIONS.items()
    )
    server_requests = _server_requests(SERVER_REQUESTS)
    received = [operation.params for operation in requests if operation.params] + [
        operation.result for operation in server_requests if operation.result
    ]
    sent = [operation.result for operation in requests if operation.result] + [
        operation.params for operation in (*notifications, *server_requests) if operation.params
    ]
    schemas = definitions(received, sent)
    messages = _messages(requests, notifications, server_requests)
    return Protocol(
        requests, notifications, server_requests, dict(sorted((schemas | messages).items()))
    )


def json_schema() -> Schema:
    """One document with a definition for each model and each kind of message."""
    return {"$schema": DIALECT, "title": TITLE, "definitions": protocol().definitions}


def _server_requests(table: Mapping[str, MethodModels]) -> tuple[Operation, ...]:
    return tuple(
        Operation(name, params, result, _first((params.__doc__ if params else None) or ""))
        for name, (params, result) in table.items()
    )


def _first(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split())


def _messages(
    requests: tuple[Operation, ...],
    notifications: tuple[Operation, ...],
    server_requests: tuple[Operation, ...],
) -> Definitions:
    ids = {"id": ref("RequestId")}
    times = {
        "emittedAtMs": {"description": EMITTED_AT, **INT64},
        "position": {"description": POSITION, **INT64},
    }
    data = _object({"reason": ref("ErrorReason")})
    error = _object({"code": INT64, "message": {"type": "string"}, "data": data})
    unions = {
        "ClientRequest": [_call(operation, ids) for operation in requests],
        "ServerNotification": [_call(operation, times, "position") for operation in notifications],
        "ServerRequest": [_call(operation, ids) for operation in server_requests],
    }
    return {
        "RequestId": {"anyOf": [{"type": "string"}, INT64]},
        "ClientNotification": _object({"method": _word("initialized")}),
        "Response": _object({**ids, "result": {"type": "object"}}),
        "ErrorReason": {"description": REASON, "enum": sorted(REASONS), "type": "string"},
        "ErrorResponse": _object({"error": error, "id": {"anyOf": [ref("RequestId"), NULL]}}),
        **{name: {"anyOf": choices} for name, choices in unions.items() if choices},
    }


def _call(operation: Operation, members: Schema, *optional: str) -> Schema:
    params = {"params": ref(operation.params.__name__)} if operation.params else {}
    marks = EXPERIMENTAL if operation.experimental else {}
    schema = _object({"method": _word(operation.method), **params, **members}, *optional)
    return {"description": operation.summary, **marks, **schema}


def _object(properties: Schema, *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _word(text: str) -> Schema:
    return {"type": "string", "const": text}
