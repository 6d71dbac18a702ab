"""What a server asks its user, as clients know such questions; and what they answer."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from threadhost.actors.ports import ElicitationAnswer

FORM_BYTES_MAX = 64 * 1024
FIELDS_MAX = 64
TEXT_CHARS_MAX = 16 * 1024
_COMMON = ("type", "title", "description", "default")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "string": (*_COMMON, "minLength", "maxLength", "format", "enum", "enumNames", "oneOf"),
    "number": (*_COMMON, "minimum", "maximum"),
    "integer": (*_COMMON, "minimum", "maximum"),
    "boolean": _COMMON,
    "array": (*_COMMON, "items", "minItems", "maxItems"),
}
"""What a field of a form may say, by its type."""
_ACTIONS = frozenset({"accept", "decline", "cancel"})


def request_of(server: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What clients are asked. Raises ValueError for what they could not read."""
    head = {
        "serverName": server,
        "mode": "url" if params.get("mode") == "url" else "form",
        "_meta": None,
        "message": str(params.get("message", ""))[:TEXT_CHARS_MAX],
    }
    if head["mode"] == "url":
        url, named = params.get("url"), params.get("elicitationId")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise ValueError("the `url` of an elicitation must begin with https:// or http://")
        return {**head, "url": url[:TEXT_CHARS_MAX], "elicitationId": str(named)}
    return {**head, "requestedSchema": _form(params.get("requestedSchema"))}


def answer_of(answer: ElicitationAnswer) -> dict[str, Any]:
    """What the server is told; who is not there, or not in time, has cancelled."""
    if answer.outcome == "policy":
        return {"action": "decline"}
    action = answer.outcome if answer.outcome in _ACTIONS else "cancel"
    told: dict[str, Any] = {"action": action}
    return {**told, "content": answer.content or {}} if action == "accept" else told


def _form(schema: object) -> dict[str, Any]:
    fields = schema.get("properties", {}) if isinstance(schema, dict) else None
    if not isinstance(schema, dict) or not isinstance(fields, dict) or len(fields) > FIELDS_MAX:
        raise ValueError(f"`requestedSchema` must be an object of at most {FIELDS_MAX} fields")
    form: dict[str, Any] = {
        "type": "object",
        "properties": {str(name): _field(str(name), field) for name, field in fields.items()},
    }
    required = schema.get("required")
    if isinstance(required, list):
        form["required"] = [name for name in required if name in fields]
    if len(to_json(form)) > FORM_BYTES_MAX:
        raise ValueError(f"`requestedSchema` has more than {FORM_BYTES_MAX} bytes")
    return form


def _field(name: str, field: object) -> dict[str, Any]:
    keys = _KEYS.get(str(field.get("type"))) if isinstance(field, dict) else None
    if not isinstance(field, dict) or keys is None:
        raise ValueError(f"the field {name[:80]!a} must have a type: {', '.join(_KEYS)}")
    return {key: field[key] for key in keys if field.get(key) is not None}
