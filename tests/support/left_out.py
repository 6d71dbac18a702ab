"""What version 0.171.0 of the reference has, and the published schema at hand leaves out."""

from typing import Any

from tests.following.published import Published

_U32 = {"format": "uint32", "minimum": 0.0, "type": "integer"}
_U64 = {"format": "uint64", "minimum": 0.0, "type": "integer"}
_BYTES = {**_U64, "type": ["integer", "null"]}
METHODS = {
    "server/diagnostics": {
        "experimental": True,
        "params": "ServerDiagnosticsParams",
        "response": "ServerDiagnosticsResponse",
    }
}


def _holds(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


DEFINITIONS = {
    "ServerDiagnosticsParams": {"type": "object"},
    "ServerDiagnosticsGauge": _holds(["name", "value"], name={"type": "string"}, value=_U64),
    "ServerDiagnosticsProcess": _holds(
        ["id"], id=_U32, physicalFootprintBytes=_BYTES, residentMemoryBytes=_BYTES
    ),
    "ServerDiagnosticsResponse": _holds(
        ["gauges", "process"],
        gauges={"items": {"$ref": "#/definitions/ServerDiagnosticsGauge"}, "type": "array"},
        process={"$ref": "#/definitions/ServerDiagnosticsProcess"},
    ),
}


def with_left_out(published: Published) -> Published:
    """A published version, and what it leaves out."""
    return published._replace(
        methods={**published.methods, **METHODS},
        definitions={**published.definitions, **DEFINITIONS},
    )
